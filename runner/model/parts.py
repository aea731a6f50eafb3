"""The small tables of the language: what stands inside a step (LANGUAGE section 3). Never loaded to check a file."""

from __future__ import annotations

from typing import Any, Literal

from attrs import frozen

from runner.model.forms import (
    Condition,
    Cores,
    Devices,
    Duration,
    ExitCode,
    Factor,
    Flag,
    HandlerName,
    Kind,
    Name,
    No,
    Number,
    Path,
    PlainText,
    Positive,
    RangeEnd,
    RefText,
    Rounds,
    Size,
    Text,
    key,
)  # fmt: skip


@frozen(kw_only=True)
class TypeSpec:
    """The type of one parameter. Without a value in `[params]` the parameter must be given."""

    type: Kind | None = key("The kind of value; else the kind of the parameter's default.")
    enum: list[Any] | None = key("The only values allowed.", at_least=1)
    minimum: Number | None = key("The smallest value allowed.")
    maximum: Number | None = key("The largest value allowed.")
    pattern: Text | None = key("A regular expression that a text must match.")
    items: TypeSpec | None = key("The type of each item of a list.")
    description: Text | None = key("What the parameter is for.")


@frozen(kw_only=True)
class Retry:
    """Runs a failed attempt again."""

    attempts: Positive | None = key("How often the command may run in all.", default=1)
    delay: Duration | None = key("The pause before the second attempt.", default="0s")
    factor: Factor | None = key("Each further pause is this many times longer.", default=1)
    max_delay: Duration | None = key("No pause is longer than this.")
    on: list[ExitCode] | None = key("Exit codes worth another attempt; all by default, 78 never.", at_least=1)


@frozen(kw_only=True)
class Resources:
    """What the step needs of a machine."""

    cpu: Cores | None = key("Cores, a number such as 2 or 0.5.")
    memory: Size | None = key('Memory, such as "512Mi" or "2Gi".')
    gpu: Devices | None = key("Graphics processors, a number.")
    gpu_type: RefText | None = key("The kind of graphics processor, in the executor's words.")
    disk: Size | None = key('Scratch space, such as "10Gi".')
    shm: Size | None = key('Shared memory, such as "1Gi".')


@frozen(kw_only=True)
class Container:
    """An image run untouched, its own entry point kept."""

    image: RefText = key("The image.", required=True)
    command: list[RefText] | None = key("Replaces the image's entry point; one element is one argument.", at_least=1)
    args: list[RefText] | None = key("Arguments for the entry point.")


@frozen(kw_only=True)
class Stub:
    """Nothing runs; the returns are given as they are."""

    returns: dict[Name, Any] | None = key("What the step gives: name = value.")


@frozen(kw_only=True)
class Range:
    """Whole numbers: `range = 5` is 0 to 4, `range = [from, to, step]` as in Python."""

    range: RangeEnd | list[RangeEnd] = key("A count, or [from, to] or [from, to, step].", required=True, at_least=1)


@frozen(kw_only=True)
class Glob:
    """The files that a pattern matches; the item is what its one wildcard stands for."""

    glob: Path = key('A pattern such as "data/*.csv".', required=True)
    optional: Flag | None = key("No match is a success with no items, not an error.", default=False)


@frozen(kw_only=True)
class ItemsFile:
    """The list that stands in a JSON file, or one item a line."""

    file: Path = key("The path of the file.", required=True)


@frozen(kw_only=True)
class Repeat:
    """Runs the step in rounds until a condition holds."""

    until: Condition = key("Asked after each round, over the step's own returns.", required=True)
    max: Rounds = key("At most so many rounds.", required=True)
    as_: Name | None = key("The name of the round's number, counted from 1.")
    delay: Duration | None = key("The pause between two rounds.", default="0s")
    exhausted: Literal["fail", "succeed"] | None = key(
        "What the step is when `max` rounds have passed.",
        default="fail",
        values={"fail": "failed, with the reason not-converged", "succeed": "succeeded, with the last values"},
    )


@frozen(kw_only=True)
class OnFailure:
    """What runs when the step has failed for good."""

    run: HandlerName = key("The name of a `[handlers.NAME]`.", required=True)
    recover: No | Literal["continue", "skip"] | None = key(
        "What a handler's success changes; false: nothing, the run stays failed.",
        default=False,
        values={
            "continue": "the handler's returns and outputs stand for the step's, and the run goes on",
            "skip": "what needs the step is skipped, and the run may succeed",
        },
    )


@frozen(kw_only=True)
class Return:
    """One value that the step gives."""

    name: Name = key("The name of the value.", required=True)
    kind: Literal["json", "metric", "object"] | None = key(
        "How it travels.",
        default="json",
        values={
            "json": "a value of JSON",
            "metric": "a number, also shown in reports",
            "object": "any Python object, stored by a serialiser",
        },
    )
    type: Kind | None = key("The type that text from outside is read as.")
    serialiser: PlainText | None = key("The plug-in that stores an object.")
    from_: PlainText | None = key('On groups: the inner "STEP.NAME" that it comes from.')


@frozen(kw_only=True)
class FileReturn:
    """One value that this file gives when it is used as a step."""

    name: Name = key("The name of the value.", required=True)
    from_: PlainText | None = key('The inner "STEP.NAME" that it comes from.')


@frozen(kw_only=True)
class Input:
    """A file that must be there before the step starts."""

    path: Path = key("The path, from the project's root; may be a pattern.", required=True)
    optional: Flag | None = key("It may be missing.", default=False)


@frozen(kw_only=True)
class Output:
    """A file that the step makes."""

    path: Path = key(
        "The path, from the project's root; may be a pattern, or a folder with a trailing /.", required=True
    )
    kind: Literal["file", "metrics", "plot", "figure", "table", "report"] | None = key(
        "What it is, for reports.",
        default="file",
        values={
            "file": "any file",
            "metrics": "numbers by name, JSON or TOML",
            "plot": "data to be drawn over `x` and `y`",
            "figure": "a picture",
            "table": "rows, CSV or TSV",
            "report": "a page to read, HTML or Markdown",
        },
    )
    x: Text | None = key("The column of a plot's x axis.")
    y: Text | list[Text] | None = key("The column or columns of a plot's y axis.")
    optional: Flag | None = key("The step may leave it out.", default=False)
    always: Flag | None = key("Stored also when the step fails.", default=False)
    carry: Flag | None = key("A checkpoint: stored whatever the end, and given to the next attempt.", default=False)
    keep: Flag | None = key("False: may be removed once nobody needs it any more.", default=True)


@frozen(kw_only=True)
class SecretFile:
    """A secret that is handed over as a file in memory."""

    name: PlainText = key("The secret's name at the provider.", required=True)
    file: Flag | None = key("The variable holds the path of a file with the secret, not the secret.", default=False)


@frozen(kw_only=True)
class Runtime:
    """A virtual or conda environment: first on PATH, and the Python of `python` and `notebook`."""

    type: Literal["venv", "conda"] | None = key(
        "Which kind of environment.",
        values={"venv": "a virtual environment", "conda": "a conda environment"},
    )
    file: Path = key("Its folder, or the file that describes it.", required=True)


@frozen(kw_only=True)
class Cache:
    """When an earlier success may stand for running the step again."""

    code: list[Path] | None = key("Patterns of further files that count as code.", at_least=1)
    ignore: list[Name] | None = key("Parameters that don't count.", at_least=1)
    expires: Duration | None = key("A success older than this doesn't count.")

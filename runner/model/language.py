"""The language: every key that a file may have, with its description. `make schema` turns it into schema/*.json.

Marks: T tasks only, G groups too, D allowed in `[defaults]`, P a profile may set it (LANGUAGE section 3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import attrs
from attrs import frozen

from runner.model.forms import (
    Condition,
    Duration,
    EnvName,
    FixedSize,
    Flag,
    Function,
    HandlerName,
    Name,
    NeededStep,
    NotNegative,
    ParameterName,
    Path,
    PlainText,
    Positive,
    ProfileName,
    Reducer,
    Reference,
    RefText,
    Script,
    SecretName,
    Setting,
    StepName,
    StepPath,
    Tag,
    TemplateName,
    Text,
    UsedFile,
    ValueName,
    Versions,
    Yes,
    key,
)  # fmt: skip
from runner.model.parts import (
    Cache,
    Container,
    FileReturn,
    Glob,
    Input,
    ItemsFile,
    OnFailure,
    Output,
    Range,
    Repeat,
    Resources,
    Retry,
    Return,
    Runtime,
    SecretFile,
    Stub,
    TypeSpec,
)  # fmt: skip

TASKS = ("shell", "command", "python", "notebook", "container", "stub")
GROUPS = ("steps", "choose", "uses")
KINDS = ("shell", "command", "python", "notebook", "container", "steps", "choose", "uses", "stub")

Source = list[Any] | Reference | Range | Glob | ItemsFile


@frozen(kw_only=True)
class Step:
    """One step of a pipeline: exactly one of shell, command, python, notebook, container, steps, choose, uses, stub."""

    shell: Script | None = key(
        "A script of the shell. Parameters reach it as variables: `$RUNNER_PARAM_name`.", marks="T", only="shell"
    )
    command: list[RefText] | None = key(
        "A program and its arguments, run without a shell. A reference to a list becomes one argument an item.",
        marks="T", only="command", at_least=1,
    )  # fmt: skip
    python: Function | None = key("A function, called by the names of its arguments.", marks="T", only="python")
    notebook: Path | None = key(
        "A notebook. It is run with the values of its cell tagged `parameters` replaced.", marks="T", only="notebook"
    )
    container: Container | None = key(
        "An image run as it is, by executors that run images.", marks="T", only="container"
    )
    steps: dict[StepName, Step] | None = key(
        "Steps inside this one: a graph of their own.", marks="G", only="steps", at_least=1
    )
    choose: Condition | None = key(
        "Picks the one of `cases` that has this value for its name.", marks="G", only="choose"
    )
    uses: UsedFile | None = key(
        'Another file, run as a step: a path, "std:NAME" or "PACKAGE:NAME".', marks="G", only="uses"
    )
    stub: Yes | Stub | None = key(
        "Nothing runs: a place to fill later. A table says what it returns.", marks="T", only="stub"
    )

    cases: dict[PlainText, Step] | None = key(
        "The steps to choose from, by value.", marks="G", only="choose", at_least=1
    )
    default: Step | None = key("The step for every other value of `choose`.", marks="G", only="choose")
    extends: TemplateName | None = key(
        "Starts from `[templates.NAME]`: tables are merged, everything else is replaced.", marks="G"
    )
    description: Text | None = key("What the step is for; shown by `list`.", marks="GD")
    tags: list[Tag] | None = key("Words that select steps (`--tag`) and carry a profile's settings.", marks="GD")
    needs: list[NeededStep] | None = key(
        "Steps that must succeed first, beside those whose files or values this one uses.", marks="G"
    )
    after: list[NeededStep] | None = key("Steps that must have ended first, well or not.", marks="G")
    when: Condition | None = key(
        "The step runs only if this is true. Asked of each item where it names an item of `for-each`.", marks="G"
    )
    for_each: dict[Name, Source] | None = key(
        "Runs the step once for each item of a list: name = list. Several names: every combination.",
        marks="G",
        at_least=1,
    )
    stop_when: Condition | None = key("Once this is true of the returns of an item, no further item starts.", marks="G")
    max_parallel: Positive | None = key("How many items, or steps inside, run at once.", marks="GP")
    batch: Positive | None = key("Items packed into one job.", marks="GP", default=1)
    tolerate: NotNegative | None = key("How many items may fail while the step still succeeds.", marks="GP", default=0)
    reduce: Function | dict[Name, Reducer] | None = key(
        "Makes one value of what the items return: a function, or for each return a function or `list`, `first`, "
        "`last`, `sum`, `min`, `max`, `mean`, `all`, `any`, `concat`.",
        marks="G",
        at_least=1,
    )
    repeat: Repeat | None = key("Runs the step again and again, until a condition holds.", marks="G")
    params: list[ValueName] | dict[Name, Any] | None = key(
        "The parameters that go in: names, or name = value. Without it, all that are known here.", marks="GP"
    )
    returns: list[Name | Return] | None = key("Names of the values that the step gives.", marks="G")
    inputs: list[Path | Input] | dict[Name, Path | Input] | None = key(
        "Files that must be there before the start. One with a name is a parameter of the step, too.", marks="T"
    )
    outputs: list[Path | Output] | dict[Name, Path | Output] | None = key(
        "Files that the step makes; they are kept when it succeeds. One with a name is a parameter, too.", marks="T"
    )
    on_failure: HandlerName | OnFailure | None = key(
        "The handler that runs when the step has failed for good.", marks="G"
    )
    retry: Retry | None = key("Runs a failed attempt again.", marks="TDP")
    timeout: Duration | None = key('The longest time of one attempt, such as "30m".', marks="GTDP")
    env: dict[EnvName, Setting] | None = key(
        "Environment variables: NAME = text with ${}, number or boolean.", marks="TDP"
    )
    secrets: list[SecretName] | dict[EnvName, PlainText | SecretFile] | None = key(
        "Secrets, as environment variables: names, or VARIABLE = where its provider has it.", marks="TDP"
    )
    resources: Resources | None = key("What the step needs of a machine.", marks="TDP")
    image: RefText | None = key(
        "The container image, for executors that run images; they pass over `runtime`.", marks="TDP"
    )
    runtime: Path | Runtime | None = key(
        "A virtual or conda environment: its programs come first on PATH.", marks="TDP"
    )
    interpreter: PlainText | list[PlainText] | None = key(
        "What runs the script. sh, bash, dash, zsh and ksh are told to stop at errors.", marks="TDP", only="shell",
        default="bash", at_least=1,
    )  # fmt: skip
    workdir: Path | None = key(
        "The folder in which the command starts. Paths in this file still count from the project's root.", marks="TDP"
    )
    isolate: Flag | None = key(
        "Runs in a folder of its own, with the project's files and the inputs; only outputs come back.",
        marks="TDP",
        default=False,
    )
    cache: Flag | Cache | None = key(
        "Skips the step if it has succeeded before with the same definition, inputs and code.",
        marks="TDP",
        default=False,
    )
    defaults: Defaults | None = key("Settings for all tasks inside.", marks="G", only="steps choose uses")


UNTOUCHED = ("image", "runtime", "interpreter")  # a `container` step says its image itself, and nothing of ours goes in


def taken_by(kind: str) -> list[str]:
    """The fields of Step that a step of that kind may have."""
    found = []
    for field in attrs.fields(Step):
        marks, only = field.metadata["marks"], field.metadata["only"]
        fits = kind in only if only else "G" in marks or ("T" in marks and kind in TASKS)
        if fits and not (kind == "container" and field.name in UNTOUCHED):
            found.append(field.name)
    return found


def part_of(whole: type, name: str, about: str, keep: Callable[[Any], bool], *more: Any) -> Any:
    """A table of those keys of another that `keep` says yes to, and `more` (name, type, field)."""
    fields = [
        (field.name, whole.__annotations__[field.name], field.metadata) for field in attrs.fields(whole) if keep(field)
    ]
    body: dict[str, Any] = {name: attrs.field(default=None, metadata=metadata) for name, _, metadata in fields}
    body |= {name: field for name, _, field in more}
    kinds = {name: kind for name, kind, _ in fields} | {name: kind for name, kind, _ in more}
    return frozen(kw_only=True)(
        type(name, (), {**body, "__annotations__": kinds, "__doc__": about, "__module__": __name__})
    )


def marked(mark: str) -> Callable[[Any], bool]:
    """Says yes to the keys of Step that bear a mark."""
    return lambda field: mark in field.metadata["marks"]


UNSET = ("unset", "list[PlainText] | None", key('Dotted keys that weaker layers may not set, such as "env.DEBUG".'))
if TYPE_CHECKING:
    Defaults = Any
    ProfileDefaults = Any
    Overlay = Any
    Template = Any
else:
    Defaults = part_of(
        Step, "Defaults", "Settings for every task below, weaker than what a step says itself.", marked("D")
    )
    ProfileDefaults = part_of(
        Step,
        "ProfileDefaults",
        "Settings for every task, weaker than what the pipeline says of one step.",
        marked("D"),
        UNSET,
    )
    Overlay = part_of(
        Step, "Overlay", "Settings for the steps that this table names.", marked("P"), UNSET,
        ("profile", "ProfileName | None", key("The step runs as this profile runs it.")),
        ("params", "dict[Name, Any] | None", key("What goes in: name = value.")),
    )  # fmt: skip
    Template = part_of(Step, "Template", "Keys to share, taken in by `extends`.", lambda field: True)


@frozen(kw_only=True)
class Pipeline:
    """A pipeline: `[steps.NAME]` tables, or a job: one `[job]` table."""

    schema_: Text | None = key("The JSON Schema of this file, for editors; not read.", name="$schema")
    name: PlainText | None = key("The name in runs and manifests; the file's or folder's name by default.")
    description: Text | None = key("What the pipeline is for; shown by `list`.")
    requires_runner: Versions | None = key('Versions of runner-up that may run it, such as ">=1.2".')
    include: list[Path] | None = key(
        "Files, or patterns, whose steps, params, types, templates, handlers and finally belong to this pipeline."
    )
    params: dict[Name, Any] | None = key("Parameters and their defaults.")
    types: dict[ParameterName, TypeSpec] | None = key("The types of parameters.")
    defaults: Defaults | None = key("Settings for every task of this file.")
    templates: dict[StepName, Template] | None = key("Keys to share, taken in by `extends`.")
    steps: dict[StepName, Step] | None = key("The steps of the pipeline, each with a name.", at_least=1)
    job: Step | None = key("A file with a single step has this table in place of `[steps]`.")
    handlers: dict[StepName, Step] | None = key("Steps that run only through `on-failure`.")
    finally_: dict[StepName, Step] | None = key("Steps that run at the very end, whatever happened.")
    returns: list[Name | FileReturn] | None = key("The values that this file gives when it is used as a step.")
    max_parallel: Positive | None = key("Steps and items that run at once.")
    timeout: Duration | None = key('The longest time of the whole run, such as "2h".')


NOT_IN_JOBS = ("steps", "include", "templates", "returns", "defaults", "max_parallel")
SHARED = ("schema_", "params", "types", "templates", "steps", "handlers", "finally_")
Included = part_of(Pipeline, "Included", "A file that a pipeline includes.", lambda field: field.name in SHARED)


@frozen(kw_only=True)
class Volume:
    """A volume, in the executor's words."""

    claim: Text | None = key("The claim that it stands for; the engine's volume of that name.")
    secret: Text | None = key("The Secret that it shows as files.")
    config_map: Text | None = key("The ConfigMap that it shows as files.")
    size: FixedSize | None = key("The limit of a folder that is empty at the start of a step.")
    mount: Text | None = key("Where steps see it.")
    here: Text | None = key("Where this machine sees it, if it does.")
    sub_path: Text | None = key("The folder of it that they see.")
    read_only: Flag | None = key("Steps may not write to it.", default=False)


@frozen(kw_only=True)
class Build:
    """An image with the project in it, made when `executor.image` is not given."""

    base: Text | None = key('The image to start from, such as "python:3.12-slim".')
    apt: list[Text] | None = key("Packages of the distribution (Debian, Ubuntu) to install.")
    requirements: Text | list[Text] | None = key("Files that list what to install with pip.")
    pyproject: Text | None = key("A pyproject.toml; its dependencies are installed with pip.")
    extras: list[Text] | None = key("Its optional dependencies that are wanted too.")
    include: list[Text] | None = key(
        'Files to put in, or patterns; without it all of the project, where `executor.code` is "image".'
    )
    user: Text | None = key("Who the image's processes are when nobody says; that of the base.")
    dockerfile: Text | None = key("A Dockerfile to use instead. It sees the project's files, or what `include` names.")
    tag: RefText | None = key(
        "The image's name; a tag made of what it consists of is added. `penguins:1` is always the newest.",
        default="runner-build",
    )


@frozen(kw_only=True)
class Schedule:
    """When the pipeline starts by itself."""

    cron: PlainText | list[PlainText] = key('Cron times, such as "0 3 * * *".', required=True, at_least=1)
    timezone: PlainText | None = key('The timezone of `cron`, such as "Europe/Zurich".', default="UTC")
    overlap: Literal["allow", "forbid", "replace"] | None = key(
        "What happens when the run before is still going.",
        default="allow",
        values={"allow": "both run", "forbid": "the new one is left out", "replace": "the old one is cancelled"},
    )
    catch_up: Flag | None = key("Runs the last missed time once.", default=False)
    suspended: Flag | None = key("Nothing starts by itself.", default=False)


@frozen(kw_only=True)
class Profile:
    """A profile: where and how pipelines run."""

    schema_: Text | None = key("The JSON Schema of this file, for editors; not read.", name="$schema")
    extends: ProfileName | list[ProfileName] | None = key(
        'Profiles to start from: "std:NAME", "PACKAGE:NAME", a path or a name; later ones win.', default="local"
    )
    description: Text | None = key("What the profile is for; shown by `list --profiles`.")
    shared: Flag | None = key(
        "Used by several pipelines: settings for steps that a pipeline does not have are passed over.", default=False
    )
    volumes: dict[StepName, Volume] | None = key("Volumes by name, in the executor's words.")
    build: Build | None = key("An image with the project in it, when `executor.image` is not given.")
    schedule: Schedule | None = key("When the pipeline starts by itself.")
    params: dict[ParameterName, Any] | None = key("Values of the pipeline's parameters here.")
    max_parallel: Positive | None = key("Steps and items that run at once.")
    defaults: ProfileDefaults | None = key("Settings for every task, weaker than what the pipeline says of one step.")
    tags: dict[Tag, Overlay] | None = key("Settings for the steps that bear a tag.")
    steps: dict[StepPath, Overlay] | None = key(
        'Settings for one step, by its dotted path or a pattern: `[steps."a.b"]`.'
    )


SERVICES = {
    "executor": ("executors", "What runs the steps."),
    "run-log": ("run_logs", "Where the records of runs are kept."),
    "catalog": ("catalogs", "Where the files that steps make are kept."),
    "secrets": ("secrets", "Where secrets come from."),
}


@frozen(kw_only=True)
class Plugins:
    """Plug-ins of this project: name = "module:Class"."""

    executors: dict[StepName, Function] | None = key('What runs steps: name = "module:Class".')
    run_logs: dict[StepName, Function] | None = key("Where the records of runs are kept.")
    catalogs: dict[StepName, Function] | None = key("Where files of steps are kept.")
    secrets: dict[StepName, Function] | None = key("Where secrets come from.")
    serialisers: dict[StepName, Function] | None = key("How Python objects are stored between steps.")
    views: dict[StepName, Function] | None = key("What shows a run while it goes on.")
    blocks: dict[StepName, Function] | None = key("Steps to use.")


@frozen(kw_only=True)
class Project:
    """`runner.toml`: marks the root of a project."""

    schema_: Text | None = key("The JSON Schema of this file, for editors; not read.", name="$schema")
    profile: ProfileName | None = key("The profile that is taken without `--profile`.", default="local")
    plugins: Plugins | None = key("Plug-ins of this project.")

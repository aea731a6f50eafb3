"""The command `runner`: finds the verb, reads its options, turns what was raised into text and an exit code.

`runner --help`, `--version` and a mistyped verb are answered without importing argparse or any verb (design 7).
Exit codes: 0 ok, 1 a step failed, 2 usage, 3 the files are wrong, 4 environment, 5 plug-in, 6 plan or file differs,
70 a fault of the runner itself, 124 timed out, 128 + n ended by signal n (141: the reader of our output ended first).
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from runner.text.diagnostics import Diagnostic

GARBAGE = 100_000  # new objects between two looks for garbage: what verbs make stays, and next to none of it in circles

GROUPS: dict[str, dict[str, str]] = {
    "to run": {
        "up": "run a pipeline",
        "retry": "go on from a run: what failed runs again, and the steps that are named",
        "cancel": "end a run, here or in its cluster",
    },
    "before a run": {
        "check": "find every mistake in pipelines and profiles; nothing runs",
        "plan": "show what would run, what is cached, and why",
        "explain": "show where each value comes from, or what a code such as E250 means",
        "list": "list the steps of a pipeline, or the profiles",
        "graph": "draw a pipeline or a run: tree, mermaid, dot, SVG, HTML",
        "render": "write the files that a platform takes, such as a Workflow of Argo",
    },
    "during and after it": {
        "runs": "list the runs of this project",
        "show": "show a run, or one step of it",
        "logs": "print what the steps of a run printed",
        "report": "write one HTML file about a run: graph, timeline, logs, metrics, files",
        "diff": "tell what differs between two runs, what explains it first",
        "trace": "print the attempts of a run as rows, as a timeline, or as JUnit",
        "catalog": "list, bring back, compare and clear away the files that steps put",
    },
    "to write files": {
        "init": "write a pipeline to start from",
        "add": "add a step to a pipeline, in its file",
        "set": "set a key of a pipeline or profile, in its file",
        "fmt": "bring pipelines and profiles into one form, comments and meaning kept",
        "schema": "write the JSON Schemas for editors",
        "completion": "print the script by which a shell completes all of this",
    },
    "the place it runs in": {
        "doctor": "look whether all is there that a profile needs; made for bug reports",
        "build": "make the image that a profile describes, if anything of it has changed",
        "plugins": "list, check, register and write plug-ins",
    },
}
VERBS: dict[str, str] = {verb: about for verbs in GROUPS.values() for verb, about in verbs.items()}
AGENT = {
    "execute-node": "run one node of a plan, with nothing but its stores",
    "execute-job": "run the one step of a job so",
}
"""What executors call in a step's place; the zipped agent has the same commands."""

COMPLETING = "complete-words"  # what shells call; nobody types it, so no help has it

MEANT = {
    "run": "up",
    "start": "up",
    "exec": "up",
    "validate": "check",
    "lint": "check",
    "status": "show",
    "ps": "runs",
    "history": "runs",
    "stop": "cancel",
    "kill": "cancel",
    "resume": "retry",
    "new": "init",
    "gc": "catalog gc",
    "format": "fmt",
    "clean": "catalog gc",
    "prune": "catalog gc",
}
"""Verbs of other tools."""

OK, USAGE, ENVIRONMENT, SOFTWARE, INTERRUPTED, BROKEN_PIPE = 0, 2, 4, 70, 130, 141


def help_text() -> str:
    """What `runner --help` prints."""
    width = max(map(len, (*VERBS, *AGENT)))
    listed = "\n\n".join(
        "\n".join((f"{head}:", *(f"  {verb:<{width}}  {about}" for verb, about in verbs.items())))
        for head, verbs in (*GROUPS.items(), ("for authors of executors", AGENT))
    )
    return f"""\
usage: runner VERB [OPTIONS]

Runs a pipeline that is written in TOML: on this machine, or wherever a profile says.

{listed}

options:
  -h, --help     this text; `runner VERB --help` has the options of a verb
  -V, --version  the version

environment:
  RUNNER_UP_<OPTION>      sets an option of a verb: RUNNER_UP_FAIL_FAST=true is --fail-fast
                          (true or false where an option takes no value; words, where it may be repeated;
                          empty is not set; the command line wins)
  RUNNER_UP_SET_<name>    sets the parameter <name> of the pipeline
  NO_COLOR, FORCE_COLOR   never, always colour

exit codes:
  0 ok                    3 a file is wrong         6 a plan or file differs
  1 a step failed         4 environment             124 the run timed out
  2 usage                 5 plug-in                 129, 130, 143 ended by HUP, INT, TERM
"""


def version_text() -> str:
    """What `runner --version` prints."""
    import runner

    version = getattr(runner, "__version__", None)
    if version is None:
        from importlib.metadata import PackageNotFoundError, version as installed

        try:
            version = installed("runner-up")
        except PackageNotFoundError:
            version = "(not installed)"
    return f"runner-up {version}\n"


def script() -> NoReturn:
    """The command: `main`, then the end of the process at once; taking the interpreter down first would take longer
    than many runs."""
    gc.set_threshold(GARBAGE)
    code = main()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # who read it has gone
        code = code or BROKEN_PIPE
    os._exit(code)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (without the program's name); returns the exit code and never raises."""
    words = list(sys.argv[1:] if argv is None else argv)
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal cannot spell is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _dispatch(words)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _forget_stdout()
        return BROKEN_PIPE
    except Exception as fault:
        return _report(fault)


def _open_streams() -> None:
    """Whatever the caller closed: 0, 1, 2 are open, so that no file of ours gets their numbers, and can be written."""
    while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)


def _dispatch(words: list[str]) -> int:
    if not words:
        sys.stderr.write(help_text())
        return USAGE
    verb, rest = words[0], words[1:]
    if verb == "help":
        verb, rest = (rest[0], ["--help"]) if rest else ("--help", [])
    if verb in ("-h", "--help"):
        sys.stdout.write(help_text())
        return OK
    if verb in ("-V", "--version"):
        sys.stdout.write(version_text())
        return OK
    if verb in AGENT:
        from runner.agent.__main__ import main as agent

        return agent([verb, *rest])
    if verb == COMPLETING:
        from runner.commands.completing import answer

        return answer(rest, VERBS)
    if verb not in VERBS:
        return _unknown(verb)
    from importlib import import_module

    from runner import options

    module = import_module(f"runner.commands.{verb}")
    try:
        args = options.read(verb, VERBS[verb], module.OPTIONS, rest, os.environ)
        if file := getattr(args, "file", None):
            from runner.commands.refreshing import refresh

            refresh([file] if isinstance(file, str) else file)
        code: int = module.run(args)
    except options.Helped:
        return OK
    return code


def _unknown(verb: str) -> int:
    from runner.text.diagnostics import diagnose, near

    if verb.startswith("-"):
        hint = "options come after the verb: `runner VERB --help`"
        problem = diagnose("E911", None, option=verb, verb="runner", hint=hint)
    else:
        like = MEANT.get(verb) or near(verb, VERBS)
        hint = f"did you mean `{like}`?" if like else "`runner --help` lists all verbs"
        if verb.endswith(".toml") or os.path.exists(verb):
            hint = f"to run this file: `runner up {verb}`"
        problem = diagnose("E910", None, verb=verb, hint=hint)
    show([problem])
    return USAGE


def show(problems: Sequence[Diagnostic]) -> None:
    """Print problems to stderr; imported late, since help and version have none."""
    from runner.views import problems as view

    view.show(problems)


def _report(fault: Exception) -> int:
    """Text and exit code of what a verb raised: problems in files, what the machine refused, or a fault of our own."""
    refused = _refused(fault)
    try:
        from runner.text.diagnostics import Refused

        if isinstance(fault, Refused):
            show(fault.problems)
            return fault.exit_code
        if refused is not None:
            from runner.text.trouble import trouble

            problem = trouble(refused)
            if problem is not None:
                show([problem])
                return ENVIRONMENT
        from runner.crash import keep

        try:
            kept = keep(fault)
        except OSError as second:
            kept = f"(not kept: {second.strerror})"
    except (OSError, ImportError) as second:  # too many open files: not even the words for it can be read
        sys.stderr.write(f"error[E705]: {refused or _refused(second) or second}\n")
        return ENVIRONMENT
    sys.stderr.write(
        f"runner: unexpected {type(fault).__name__}: this is a fault of runner, not of your pipeline\n"
        f"  traceback: {kept}\n"
        f"  please report it with the output of `runner doctor` and the command you typed\n"
    )
    return SOFTWARE


def _refused(fault: BaseException | None) -> OSError | None:
    """What the machine refused: the fault itself, or what a module was looked for in vain to explain."""
    while isinstance(fault, ImportError):
        fault = fault.__context__
    return fault if isinstance(fault, OSError) else None


def _forget_stdout() -> None:
    """The reader of our output has ended: nothing more is written, not even when the interpreter flushes."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.close(nothing)

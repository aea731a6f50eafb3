"""`runner up`: run a pipeline. The road of DESIGN 3, from text to views."""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import IO, Any, cast

from runner.commands.asking import FILE
from runner.commands.selecting import SELECT, selected
from runner.views.choose import MODES

Table = dict[str, Any]
OPTIONS: list[Any] = [
    *FILE,
    (("-j", "--jobs"), {"type": int, "metavar": "N", "help": "attempts at once (the number of processors)"}),
    (("--fail-fast",), {"action": "store_true", "help": "stop at the first failure"}),
    *SELECT,
    (("--isolate",), {"action": "store_true", "help": "run every step in a folder of its own with what it declares"}),
    (("--name",), {"metavar": "NAME", "help": "the run's name (one is made up)"}),
    (("--dry-run",), {"action": "store_true", "help": "show the plan; nothing runs"}),
    (("--output",), {"choices": MODES, "default": "auto", "help": "how the run is shown (auto)"}),
    (("--json",), {"action": "store_true", "help": "print the run as JSON when it has ended"}),
]


def run(args: argparse.Namespace) -> int:
    """Plan, begin, walk, fold, tell; the exit code is that of DESIGN 3.3."""
    from runner.commands.making import made

    if args.dry_run:
        from runner.commands.plan import show

        return show(made(args)[0], args)
    from runner.crash import hide
    from runner.run.adopt import adopt, enter
    from runner.run.begin import begin, finish, new_run
    from runner.run.services import declared, open_executor, open_store, read_secrets
    from runner.run.signals import Signals
    from runner.run.traverse import Driver

    plan, behind = made(args)
    root, profile = behind.sources.root, plan["profile"]
    plugins = behind.resolved.files.plugins
    chosen = selected(args, plan)
    secrets = read_secrets(profile["secrets"], declared(plan, chosen), root, os.environ, plugins)
    adopted = adopt(plan, chosen, root, plugins)
    env = {name: text for name, text in os.environ.items() if name not in secrets.variables}
    executor = open_executor(profile["executor"], root, env, plugins)
    wanted = _wanted(args, plan, executor, secrets.values, chosen)
    started = new_run(plan, root, args.name, chosen)
    store = open_store(profile["run-log"], root, started["run"], plugins)
    begin(plan, started, store, root, str(behind.ask.file))
    enter(adopted, started, store)
    place = _place(plan, started, root, args)
    with Signals() as signals, _view(args) as view:
        view.see(_event("run-start", {key: started[key] for key in ("run", "name")} | {"plan": plan}))
        driver = Driver(
            plan, started, executor, store, place, secrets.values, view.see, wanted, adopted=adopted, tick=view.tick
        )
        try:
            status = driver.walk(signals)
        except BaseException as fault:  # one of ours leaves no process behind and shows no secret
            hide(fault, secrets.values.values())
            executor.close()
            raise
        ended = finish(started, status, root)
        driver.close(status, ended)
    return _tell(plan, started, store, root, args, signals.first, driver.timed_out)


def _wanted(
    args: argparse.Namespace, plan: Table, executor: Any, secrets: dict[str, str], chosen: frozenset[str] | None
) -> Any:
    from runner.run.limits import processors
    from runner.run.traverse import Wanted
    from runner.text.diagnostics import Refused, diagnose
    from runner.views.problems import show

    if args.jobs is not None and args.jobs < 1:
        raise Refused([diagnose("E934", None, given=args.jobs)])
    asked = args.jobs or plan["max_parallel"] or processors()
    given = min(asked, executor.room())
    warnings = [diagnose("W704", None, name=name) for name, value in secrets.items() if len(value) < 6]
    if given < asked:
        warnings.append(diagnose("W705", None, wanted=asked, given=given))
    if warnings:
        show(warnings)
    return Wanted(given, args.fail_fast, chosen, plan["timeout"])


def _place(plan: Table, started: Table, root: Path, args: argparse.Namespace) -> Any:
    from runner.agent.call import DEFAULT_GRACE, Place
    from runner.model.units import seconds

    grace = plan["profile"]["executor"].get("grace")
    folder = root / ".runner" / "runs" / started["run"]
    return Place(
        str(root),
        str(folder),
        plan["profile"]["catalog"],
        {"id": started["run"], "name": started["name"]},
        seconds(grace) if grace else DEFAULT_GRACE,
        args.isolate,
        os.environ,
    )


def _view(args: argparse.Namespace) -> Any:
    from runner.views.choose import choose
    from runner.views.steady import Steady

    return choose(cast(IO[str], Steady(sys.stderr)), os.environ, args.output)


def _event(what: str, data: Table) -> Any:
    from runner.run.events import Event

    return Event(time.time(), what, None, data)


def _tell(
    plan: Table, started: Table, store: Any, root: Path, args: argparse.Namespace, signal: int | None, timed_out: bool
) -> int:
    """The digest to stderr, the run as JSON to stdout where that was asked for; the exit code."""
    from runner.run.fold import fold
    from runner.run.records import read
    from runner.views.digest import digest
    from runner.views.exits import exit_code
    from runner.views.logfile import tail
    from runner.views.steady import Steady
    from runner.views.terminal import coloured, symbols

    folded = fold(plan, read(store, started["run"]))
    store.close()
    if args.json:
        import json

        print(json.dumps(folded, indent=2, ensure_ascii=False))
    if args.output != "json":
        logs = root / ".runner" / "runs" / started["run"] / "logs"
        text = digest(
            folded, plan, lambda id, key, n: tail(logs / f"{id}.{key}.{n}", 10),
            again=_words(args), colour=coloured(sys.stderr, os.environ), signs=symbols(sys.stderr),
        )  # fmt: skip
        told = Steady(sys.stderr)
        told.write(text)
        told.flush()
    return exit_code(str(folded["status"]), signal=signal, timed_out=timed_out)


def _words(args: argparse.Namespace) -> list[str]:
    """The words that ask for the same run once more."""
    words = [str(args.file)]
    if args.profile:
        words += ["--profile", args.profile]
    for flag, values in (("--param", args.param), ("--set", args.set)):
        words += [word for value in values for word in (flag, value)]
    return words

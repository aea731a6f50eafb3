"""`runner up`: run a pipeline. The road of DESIGN 3, from text to views."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from runner.commands.asking import FILE, RESUME
from runner.commands.selecting import SELECT, selected
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]
OPTIONS: list[Any] = [
    *FILE,
    (("-j", "--jobs"), {"type": int, "metavar": "N", "help": "attempts at once (the number of processors)"}),
    (("--fail-fast",), {"action": "store_true", "help": "stop at the first failure"}),
    *SELECT,
    *RESUME,
    (("--isolate",), {"action": "store_true", "help": "run every step in a folder of its own with what it declares"}),
    (("--name",), {"metavar": "NAME", "help": "the run's name (one is made up)"}),
    (("--dry-run",), {"action": "store_true", "help": "show the plan; nothing runs"}),
    (("--output",), {"metavar": "VIEW", "default": "auto", "help": "live, plain, quiet, github, gitlab, json (auto)"}),
    (("--json",), {"action": "store_true", "help": "print the run as JSON when it has ended"}),
]


def run(args: argparse.Namespace) -> int:
    """Plan, begin, walk, fold, tell; the exit code is that of DESIGN 3.3."""
    from runner.commands.planning import planned

    parent = None
    if args.resume is not None or args.changed:
        from runner.commands.resuming import recall

        parent = recall(args)
    made = planned(args)
    plan, root, plugins = made.plan, made.root, made.plugins
    if args.dry_run:
        from runner.commands.plan import show

        return show(plan, args, root, plugins, parent)
    from runner.commands.halting import close_store, halting, note_end
    from runner.commands.telling import tell
    from runner.run.adopt import adopt, enter
    from runner.run.begin import begin, new_run
    from runner.run.claims import hold
    from runner.run.mutex import mutex
    from runner.run.services import open_services, open_store
    from runner.run.signals import Signals
    from runner.run.traverse import Driver
    from runner.views.choose import choose

    chosen = selected(args, plan)
    adopted = adopt(plan, chosen, root, plugins)
    services = open_services(plan, chosen, root, plugins, made.where)
    wanted = _wanted(args, plan, services, chosen, made)
    view = choose(sys.stderr, os.environ, args.output, plugins)
    asked = {"profile": args.profile, "set": args.set}
    with ExitStack() as held:
        with mutex(root):  # names and paths are taken by one run at a time
            run = new_run(plan, root, args.name, chosen, asked, parent.run if parent else None)
            paths = held.enter_context(hold(plan, run, root, made.output))
            store = open_store(plan["profile"]["run-log"], root, run["run"], plugins, where=made.where)
            entry = begin(plan, made.text, run, store, root, str(made.ask.file))
        if paths.warnings:
            from runner.views.problems import show as warn

            warn(paths.warnings)
        held.enter_context(halting(args.file, run["name"]))
        if parent:
            from runner.run.resume import claim

            claim(parent, run, root, plugins)
        enter(adopted, run, store)
        driver = Driver(plan, run, services, store, _place(plan, run, root, args), view, wanted, adopted, parent)
        with Signals() as signals, view:
            try:
                status = driver.walk(signals)
            except BaseException as fault:  # whatever ends it leaves no process behind and shows no secret
                from runner.crash import hide

                hide(fault, services.secrets.values())
                services.executor.close()
                raise
            at = driver.clock.now()
            folded = driver.close(status, at)
            note_end(entry, status, root, at)
        close_store(store, run["run"], root)
        return tell(plan, folded, root, args, signal=signals.first, timed_out=driver.timed_out)


def _wanted(args: argparse.Namespace, plan: Table, services: Any, chosen: frozenset[str] | None, made: Any) -> Any:
    from runner.plan.excess import asked_of, excess
    from runner.run.capacity import jobs
    from runner.run.traverse import Wanted

    if args.jobs is not None and args.jobs < 1:
        raise Refused([diagnose("E934", None, given=args.jobs)])
    asked = args.jobs or plan["max_parallel"] or jobs()
    given = min(asked, services.executor.room())
    warnings = [diagnose("W704", None, name=name) for name, value in services.secrets.items() if len(value) < 6]
    if given < asked:
        warnings.append(diagnose("W705", None, wanted=asked, given=given))
    stock = services.executor.stock() if any(map(asked_of, plan["nodes"].values())) else None
    if stock:
        warnings += excess(plan, made.behind().built.tree, stock, chosen)
    if warnings:
        from runner.views.problems import show

        show(warnings)
    return Wanted(given, args.fail_fast, chosen, plan["timeout"], stock)


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

"""`runner up`: run a pipeline. The road of DESIGN 3, from text to views."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.commands.asking import FILE, RESUME
from runner.commands.selecting import SELECT, selected
from runner.text.diagnostics import Refused, diagnose

if TYPE_CHECKING:
    from runner.commands.planning import Planned
    from runner.run.resume import Parent
    from runner.run.signals import Signals
    from runner.run.traverse import Driver

Table = dict[str, Any]
OPTIONS: list[Any] = [
    *FILE,
    (("-j", "--jobs"), {"type": int, "metavar": "N", "help": "attempts at once (the number of processors)"}),
    (("--fail-fast",), {"action": "store_true", "help": "stop at the first failure"}),
    *SELECT,
    *RESUME,
    (("--isolate",), {"action": "store_true", "help": "run every step in a folder of its own with what it declares"}),
    (("--mock",), {"action": "store_true", "help": "nothing runs: each step ends as `[executor.steps]` says"}),
    (("--detach",), {"action": "store_true", "help": "submit it, and leave it to the cluster"}),
    (("--name",), {"metavar": "NAME", "help": "the run's name (one is made up)"}),
    (("--dry-run",), {"action": "store_true", "help": "show the plan; nothing runs"}),
    (
        ("--output",),
        {"metavar": "VIEW", "default": "auto", "help": "live, plain, grouped, jsonl, quiet, github, gitlab (auto)"},
    ),
    (("--json",), {"action": "store_true", "help": "print the run as JSON when it has ended"}),
    (("--junit",), {"metavar": "FILE", "help": "write it as JUnit XML when it has ended, for a CI service"}),
]


class Begun(NamedTuple):
    """A run that others see: its `run.json`, its log to write, its line in the index."""

    run: Table
    store: Any
    entry: Table


def run(args: argparse.Namespace) -> int:
    """Plan; show, or begin, walk and tell. The exit code is that of DESIGN 3.3."""
    from runner.commands.planning import parent_of, planned

    parent = parent_of(args)
    made = planned(args)
    if parent and parent.again and not any(id in made.plan["nodes"] for id, _ in parent.again):
        from runner.resolve.hints import like

        paths = [str(node["path"]) for node in made.plan["nodes"].values()]
        raise Refused([diagnose("E921", None, flag="retry", name=args.steps[0], **like(args.steps[0], paths))])
    if args.dry_run:
        from runner.commands.plan import show

        return show(made.plan, args, made.root, made.plugins, parent)
    if any("build" in one for one in (made.plan["profile"], *made.plan.get("profiles", {}).values())):
        from runner.commands.building import pinned

        made = pinned(made, quiet=args.output in ("jsonl", "json", "quiet"))
    return _up(args, made, parent)


def _up(args: argparse.Namespace, made: Planned, parent: Parent | None) -> int:
    """Begin, walk, tell; what can be refused without a trace is refused before."""
    from runner.commands.halting import close_store
    from runner.commands.telling import detached, tell
    from runner.plan.mocked import all_mocked
    from runner.plan.nearby import nearby
    from runner.run import elsewhere
    from runner.run.adopt import adopt, enter
    from runner.run.services import open_services
    from runner.run.signals import Signals
    from runner.run.traverse import Driver
    from runner.views.choose import choose

    root, plugins = made.root, made.plugins
    plan = {**made.plan, "profile": nearby(made.plan["profile"], plugins)}
    made = made._replace(plan=plan)
    if parent and all_mocked(plan):
        raise Refused([diagnose("E940", None)])
    chosen = selected(args, plan)
    adopted = adopt(plan, chosen, root, plugins)
    elsewhere.sweep(root, os.environ, plugins)
    services = open_services(plan, chosen, root, plugins, made.where, made.secrets)
    strange = parent is not None and "own" not in parent.run
    if hasattr(services.executor, "halt") and (strange or chosen is not None):
        what = "what a run left to do that was elsewhere" if strange else "some of its steps"
        raise Refused([diagnose("E740", None, executor=plan["profile"]["executor"]["type"], what=what)])
    if args.detach and args.fail_fast:
        raise Refused([diagnose("E941", None)])
    if args.detach and not hasattr(services.executor, "halt"):
        raise Refused([diagnose("E742", None, executor=plan["profile"]["executor"]["type"])])
    if parent:
        from runner.commands.fetching import fetched

        parent = fetched(parent, plan, services.catalog, root, plugins)
    wanted = _wanted(args, plan, services, chosen, made)
    view = choose(sys.stderr, os.environ, args.output, plugins)
    with ExitStack() as held:
        begun = _begin(args, made, chosen, parent, held)
        enter(adopted, begun.run, begun.store)
        signals = held.enter_context(Signals())  # who has begun something in a cluster ends it there, too
        if hasattr(services.executor, "begin"):
            if parent and "own" in parent.run:
                begun.run["goes_on_from"] = parent.run["own"]
            limited = {**plan, "max_parallel": args.jobs or plan["max_parallel"]}
            _submitted(services.executor.begin(limited, made.text, begun.run, adopted), plan, begun, root)
        if args.detach:
            return detached(services.executor, begun, root, args)
        place = _place(plan, begun.run, root, args)
        driver = Driver(plan, begun.run, services, begun.store, place, view, wanted, adopted, parent)
        with view:
            folded = _walk(driver, signals, begun, root)
        close_store(begun.store, begun.run["run"], root)
        return tell(made, folded, root, args, signal=signals.first, timed_out=driver.timed_out)


def _begin(
    args: argparse.Namespace, made: Planned, chosen: frozenset[str] | None, parent: Parent | None, held: ExitStack
) -> Begun:
    """Take a name, the paths that it writes and its parent; from here on what the machine refuses halts it."""
    from runner.commands.halting import halting
    from runner.run.begin import begin, new_run
    from runner.run.claims import hold
    from runner.run.mutex import mutex
    from runner.run.services import open_store

    plan, root = made.plan, made.root
    asked = {"profile": args.profile, "set": args.set}
    with mutex(root):  # names and paths are taken by one run at a time
        run = new_run(plan, root, args.name, chosen, asked, parent.run if parent else None)
        paths = held.enter_context(hold(plan, run, root, made.output))
        store = open_store(plan["profile"]["run-log"], root, run["run"], made.plugins, where=made.where)
        entry = begin(plan, made.text, run, store, root, str(made.ask.file))
    if paths.warnings:
        from runner.views.problems import show

        show(paths.warnings)
    held.enter_context(halting(args.file, run["name"]))
    if parent:
        from runner.run.resume import claim

        claim(parent, run, root, made.plugins)
    return Begun(run, store, entry)


def _submitted(more: Table | None, plan: Table, begun: Begun, root: Path) -> None:
    """Note what a place calls the run that it was given, where it has a name for it: its steps see that one."""
    from runner.rules.answers import parameters
    from runner.rules.keys import dumps, run_key
    from runner.run import index

    if not more:
        return
    run = begun.run
    run.update(more)
    run["params"] = parameters(plan, {**run["first"], "date": run["date"], "scheduled": run["scheduled"]})
    begun.store.put(run_key(run["run"], "run"), dumps(run))
    begun.entry["own"] = more.get("own")
    index.note(root, begun.entry)


def _walk(driver: Driver, signals: Signals, begun: Begun, root: Path) -> Table:
    """Run to the end and note it; the Run, as `fold` tells it."""
    from runner.commands.halting import note_end
    from runner.crash import hide

    try:
        status = driver.walk(signals)
    except BaseException as fault:  # whatever ends it leaves no process behind and shows no secret
        hide(fault, driver.secrets.values())
        with suppress(OSError, Refused):
            driver.store.flush()
        with suppress(Refused):
            driver.executor.close()
        raise
    at = driver.clock.now()
    try:
        folded = driver.close(status, at)
    except Refused as fault:
        hide(fault, driver.secrets.values())
        raise
    note_end(begun.entry, status, root, at)
    return folded


def _wanted(args: argparse.Namespace, plan: Table, services: Any, chosen: frozenset[str] | None, made: Any) -> Any:
    from runner.plan.excess import asked_of, excess
    from runner.plan.mocked import all_mocked
    from runner.run.capacity import jobs
    from runner.run.traverse import Wanted

    if args.jobs is not None and args.jobs < 1:
        raise Refused([diagnose("E934", None, given=args.jobs)])
    room = services.executor.room()
    asked = args.jobs or plan["max_parallel"] or (room if hasattr(services.executor, "emit") else jobs())
    given = min(asked, room)
    warnings = [diagnose("W704", None, name=name) for name, value in services.secrets.items() if len(value) < 6]
    if all_mocked(plan):
        warnings.append(diagnose("W703", None))
    if given < asked:
        warnings.append(diagnose("W705", None, wanted=asked, given=given))
    pools = services.pools() if any(map(asked_of, plan["nodes"].values())) else []
    for pool in pools:
        warnings += excess(plan, made.behind().built.tree, chosen, *pool)
    if warnings:
        from runner.views.problems import show

        show(warnings)
    return Wanted(given, args.fail_fast, chosen, plan["timeout"], pools)


def _place(plan: Table, started: Table, root: Path, args: argparse.Namespace) -> Any:
    from runner.agent.call import Place
    from runner.run.services import grace_of

    folder = root / ".runner" / "runs" / started["run"]
    return Place(
        str(root),
        str(folder),
        plan["profile"]["catalog"],
        {"id": started["run"], "name": started["name"], "plan": plan["digest"], "run-log": plan["profile"]["run-log"]},
        grace_of(plan["profile"]["executor"]),
        args.isolate,
        os.environ,
    )

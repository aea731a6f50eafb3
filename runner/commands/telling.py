"""The end of `runner up`: the digest to stderr, the run as JSON to stdout where that was asked for, the exit code."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands.unanswered import Unanswered
from runner.plan.mocked import all_mocked
from runner.views.digest import digest
from runner.views.exits import exit_code
from runner.views.lines import lines
from runner.views.logfile import tail
from runner.views.steady import Steady
from runner.views.terminal import coloured, symbols

if TYPE_CHECKING:
    from runner.commands.planning import Planned

Table = dict[str, Any]
LAST = 10  # lines of a log
ENVIRONMENT = 4


def tell(
    made: Planned,
    folded: Table,
    root: Path,
    args: argparse.Namespace,
    *,
    signal: int | None,
    timed_out: bool,
) -> int:
    """Tell a run that has ended, as it was folded. signal: the first one that asked the run to stop."""
    plan = made.plan
    logs = root / ".runner" / "runs" / folded["run"] / "logs"
    if args.json:
        sys.stdout.writelines(lines(folded))
    if args.output not in ("jsonl", "json"):
        text = digest(
            folded,
            plan,
            lambda id, key, n: tail(logs / f"{id}.{key}.{n}", LAST),
            more=Unanswered(made, folded).lines,
            again=[] if all_mocked(plan) else _way_on(args, folded["name"]),
            colour=coloured(sys.stderr, os.environ),
            signs=symbols(sys.stderr, os.environ),
        )
        told = Steady(sys.stderr)
        told.write(text)
        told.flush()
    code = exit_code(str(folded["status"]), signal=signal, timed_out=timed_out)
    return code if args.junit is None or _tests(folded, plan, logs, args.junit) else code or ENVIRONMENT


def _tests(folded: Table, plan: Table, logs: Path, path: str) -> bool:
    """Write the run as JUnit XML; whether that could be done."""
    from runner.commands.writing import write
    from runner.text.diagnostics import Refused
    from runner.views.junit import LINES, junit
    from runner.views.problems import show

    def log(address: str, n: int) -> list[str]:
        return tail(logs / f"{address.replace(' ', '.')}.{n}", LINES)

    try:
        write(junit(folded, plan, log, host=os.uname().nodename), path)
    except Refused as refused:
        show(refused.problems)
        return False
    return True


def detached(executor: Any, begun: Any, root: Path, args: argparse.Namespace) -> int:
    """Leave a run to the cluster that it was brought to; the exit code. begun: its `run.json`, log and line."""
    from runner.run import index
    from runner.run.mutex import mutex

    executor.close()
    begun.store.close()
    with mutex(root):
        index.note(root, {**begun.entry, "detached": True})
    name, own = begun.run["name"], begun.run["own"]
    if args.json:
        print(json.dumps({"run": begun.run["run"], "name": name, "own": own}))
    else:
        print(name)
    if args.output not in ("jsonl", "json", "quiet"):
        told = Steady(sys.stderr)
        told.write(f"{name} runs as the Workflow {own['workflow']} in the namespace {own['namespace']}\n")
        told.write(f"  runner show {name}     what it has done so far\n  runner cancel {name}   ends it\n")
        told.flush()
    return 0


def _way_on(args: argparse.Namespace, name: str) -> list[str]:
    """The words that go on from a run with what it was about: `up --resume` takes all steps unless told again."""
    if getattr(args, "steps", None) is not None or args.only or args.start or args.until or args.tag:
        return ["retry", name]
    return ["up", str(args.file), "--resume", name]

"""The end of `runner up`: the digest to stderr, the run as JSON to stdout where that was asked for, the exit code."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from runner.plan.mocked import all_mocked
from runner.views.digest import digest
from runner.views.exits import exit_code
from runner.views.lines import lines
from runner.views.logfile import tail
from runner.views.steady import Steady
from runner.views.terminal import coloured, symbols

Table = dict[str, Any]
LAST = 10  # lines of a log


def tell(
    plan: Table,
    folded: Table,
    root: Path,
    args: argparse.Namespace,
    *,
    signal: int | None,
    timed_out: bool,
) -> int:
    """Tell a run that has ended, as it was folded. signal: the first one that asked the run to stop."""
    if args.json:
        sys.stdout.writelines(lines(folded))
    if args.output != "json":
        logs = root / ".runner" / "runs" / folded["run"] / "logs"
        text = digest(
            folded,
            plan,
            lambda id, key, n: tail(logs / f"{id}.{key}.{n}", LAST),
            again=[] if all_mocked(plan) else _way_on(args, folded["name"]),
            colour=coloured(sys.stderr, os.environ),
            signs=symbols(sys.stderr),
        )
        told = Steady(sys.stderr)
        told.write(text)
        told.flush()
    return exit_code(str(folded["status"]), signal=signal, timed_out=timed_out)


def _way_on(args: argparse.Namespace, name: str) -> list[str]:
    """The words that go on from a run with what it was about: `up --resume` takes all steps unless told again."""
    if getattr(args, "steps", None) is not None or args.only or args.start or args.until or args.tag:
        return ["retry", name]
    return ["up", str(args.file), "--resume", name]

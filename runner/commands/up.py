"""`runner up`: run a pipeline. The road of DESIGN 3 from text to views."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from runner.commands.asking import FILE
from runner.commands.selecting import SELECT, selected

OPTIONS: list[Any] = [
    *FILE,
    (("-j", "--jobs"), {"type": int, "metavar": "N", "help": "attempts at once (the number of processors)"}),
    (("--fail-fast",), {"action": "store_true", "help": "stop at the first failure"}),
    *SELECT,
    (
        ("--isolate",),
        {"action": "store_true", "help": "run every step in a folder of its own, with declared files only"},
    ),
    (("--name",), {"metavar": "NAME", "help": "the run's name (made up)"}),
    (("--dry-run",), {"action": "store_true", "help": "show the plan; nothing runs"}),
    (
        ("--output",),
        {
            "choices": ["auto", "live", "plain", "quiet", "github", "gitlab", "json"],
            "default": "auto",
            "help": "how the run is shown (auto)",
        },
    ),
    (("--json",), {"action": "store_true", "help": "print the run as JSON at the end"}),
]


def run(args: argparse.Namespace) -> int:
    """Plan, begin, walk, fold, tell. The exit code is that of DESIGN 3.3."""
    if args.dry_run:
        from runner.commands import plan as dry

        return dry.run(args)
    from runner.commands.making import made
    from runner.run.begin import begin
    from runner.run.local import Ways, walk

    plan, behind = made(args)
    chosen = selected(args, plan)
    root = behind.sources.root
    ways = Ways.open(plan, behind, args)
    started = begin(plan, ways, root, name=args.name, file=str(behind.ask.file))
    outcome = walk(plan, started, ways, chosen, args)
    from runner.commands.telling import tell

    return tell(outcome, args)


__all__ = ["OPTIONS", "Path", "json", "os", "run", "sys"]

"""`runner diff`: what differs between two runs, what most likely explains it first. It exits with 0 either way."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from runner.commands.asking import JSON, ROOT
from runner.text.diagnostics import Refused, diagnose
from runner.views.terminal import is_terminal, size, symbols

OPTIONS: list[Any] = [
    (
        ("before",),
        {
            "nargs": "?",
            "metavar": "RUN",
            "help": "name or unique prefix (of the same pipeline the run before)",
        },
    ),
    (("after",), {"nargs": "?", "default": "@last", "metavar": "RUN", "help": "the run to compare it with (@last)"}),
    ROOT,
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Print what differs. Raises Refused: there is no such run."""
    from runner.commands.collecting import uncollected

    with uncollected():
        return _told(args)


def _told(args: argparse.Namespace) -> int:
    from runner.commands.common import open_run
    from runner.commands.diffing import steps
    from runner.commands.earlier import earlier
    from runner.run.compare import Side, compare
    from runner.views.differences import data, text

    root = Path(args.root) if args.root else None
    late = open_run(args.after, root)
    early = open_run(args.before, root) if args.before else None
    if early is None or early.run["run"] == late.run["run"]:
        early = earlier(late)
    if early is None:
        why = f"there is no run of `{late.plan['name']}` before {late.run['name']}"
        raise Refused([diagnose("E930", None, text="diff", why=why)])
    before, after = (Side(one.plan, one.run, one.state) for one in (early, late))
    found = compare(before, after)
    names = (str(before.run["name"]), str(after.run["name"]))
    if args.json:
        both = [
            {"run": one.run["run"], "name": one.run["name"], "pipeline": one.plan["name"], "status": one.status}
            for one in (before, after)
        ]
        said = {"before": both[0], "after": both[1], **data(found)}
        print(json.dumps(said, indent=2, ensure_ascii=False))
        return 0
    width = size(sys.stdout, os.environ)[0] if is_terminal(sys.stdout) else None
    arrow = symbols(sys.stdout, os.environ).arrow
    sides = [f"{side.run['name']} ({side.status})" for side in (before, after)]
    what = dict.fromkeys((before.plan["name"], after.plan["name"]))
    sys.stdout.write(f"{f' {arrow} '.join(what)}  {f' {arrow} '.join(sides)}\n\n")
    sys.stdout.write(text(found, names, steps(before.plan, after.plan, names), width, arrow))
    return 0

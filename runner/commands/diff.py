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
    from runner.commands.common import open_run, project_root
    from runner.commands.diffing import steps
    from runner.run import index
    from runner.run.compare import Side, compare
    from runner.views.differences import data, text

    root = Path(args.root) if args.root else None
    home = project_root(root)
    late = index.find(home, args.after)
    early = index.find(home, args.before) if args.before else None
    if early is None or early["run"] == late["run"]:
        early = _before(late, home)
    opened = [open_run(entry["run"], root) for entry in (early, late)]
    before, after = (Side(one.plan, one.run, one.state) for one in opened)
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


def _before(late: dict[str, Any], home: Path) -> dict[str, Any]:
    """The newest run of the same pipeline that began before this one."""
    from runner.run import index

    for entry in index.newest(home, str(late.get("pipeline"))):
        if entry["run"] < late["run"]:
            return entry
    why = f"there is no run of `{late.get('pipeline')}` before {late['name']}"
    raise Refused([diagnose("E930", None, text="diff", why=why)])

"""`runner runs`: the runs of this project, newest first; `--profile P`: also those that others have started there."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from runner.commands.asking import FILE, JSON, ROOT
from runner.run import index
from runner.views.table import table
from runner.views.terminal import is_terminal, size
from runner.views.times import age, took

STATUSES = ("succeeded", "failed", "cancelled", "running", "detached", "lost")
HEAD = ("RUN", "STATUS", "STARTED", "TOOK", "PIPELINE", "PROFILE")
OPTIONS: list[Any] = [
    *FILE,
    (
        ("--status",),
        {
            "action": "append",
            "choices": STATUSES,
            "metavar": "STATUS",
            "help": f"{', '.join(STATUSES)}; may be repeated",
        },
    ),
    (("--pipeline",), {"metavar": "NAME", "help": "only runs of this pipeline"}),
    (("-n", "--number"), {"type": int, "metavar": "N", "help": "only the newest N"}),
    ROOT,
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Print the list; an empty one is no failure. Raises Refused, where a profile's place is asked."""
    from runner.commands.common import list_runs

    if args.profile:
        from runner.commands.noting import noted

        noted(args)
    found: list[dict[str, Any]] = []
    for entry in list_runs(Path(args.root) if args.root else None):
        if args.status and index.status(entry) not in args.status:
            continue
        if args.pipeline and entry.get("pipeline") != args.pipeline:
            continue
        if args.number is not None and len(found) >= args.number:
            break
        found.append(entry)
    if args.json:
        print(json.dumps([{**one, "status": index.status(one)} for one in found], indent=2, ensure_ascii=False))
        return 0
    now = time.time()
    rows = [_row(entry, now) for entry in found]
    if not rows:
        print("no runs", file=sys.stderr)
        return 0
    width = size(sys.stdout, os.environ)[0] if is_terminal(sys.stdout) else None
    sys.stdout.write(
        table(("RUN", "STATUS", "STARTED", "TOOK", "PIPELINE", "PROFILE"), rows, width=width, right="TOOK")
    )
    return 0


def _row(entry: dict[str, Any], now: float) -> tuple[str, ...]:
    status = index.status(entry) + (" (mock)" if entry.get("mock") else "")
    last = (str(entry.get("pipeline") or ""), str(entry.get("profile") or ""))
    return str(entry.get("name")), status, age(entry.get("start"), now), took(entry), *last

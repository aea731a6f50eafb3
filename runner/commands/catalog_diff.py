"""`runner catalog diff`: which files differ between two runs. It exits with 0 either way."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from runner.commands.asking import JSON, ROOT
from runner.views.table import table
from runner.views.terminal import is_terminal, size

OPTIONS: list[Any] = [
    (("before",), {"metavar": "RUN", "help": "name, unique prefix, @last, @failed"}),
    (("after",), {"nargs": "?", "default": "@last", "metavar": "RUN", "help": "the run to compare it with (@last)"}),
    (("--path",), {"metavar": "PATH", "help": "only this path, folder or pattern, such as `made/` or `**/*.csv`"}),
    ROOT,
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Print what was added, removed, changed; raises Refused."""
    from runner.commands.shelving import Shelf
    from runner.run.shelf import changes, chosen

    shelf = Shelf(Path(args.root) if args.root else None)
    both = [shelf.of(args.before), shelf.of(args.after)]
    if args.path:
        both = [{path: puts[path] for path in chosen(puts, args.path)} for puts in both]
    found = changes(*both)
    if args.json:
        said = {
            "added": [_said(put) for put in found.added],
            "removed": [_said(put) for put in found.removed],
            "changed": [{"path": one.path, "before": _said(one), "after": _said(two)} for one, two in found.changed],
        }
        print(json.dumps(said, indent=2, ensure_ascii=False))
        return 0
    rows = [("added", put.path, "", f"{put.size:,}", shelf.label(put)) for put in found.added]
    rows += [("removed", put.path, f"{put.size:,}", "", shelf.label(put)) for put in found.removed]
    rows += [("changed", two.path, f"{one.size:,}", f"{two.size:,}", shelf.label(two)) for one, two in found.changed]
    if not rows:
        print("no differences", file=sys.stderr)
        return 0
    width = size(sys.stdout, os.environ)[0] if is_terminal(sys.stdout) else None
    sys.stdout.write(table(("CHANGE", "PATH", "BEFORE", "AFTER", "STEP"), rows, width=width, right="BEFORE AFTER"))
    return 0


def _said(put: Any) -> dict[str, Any]:
    return {"path": put.path, "size": put.size, "sha256": put.sha256}

"""`runner catalog ls`: the files that steps put, each from the newest run that has it."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands.asking import JSON, ROOT
from runner.views.table import table
from runner.views.terminal import is_terminal, size

if TYPE_CHECKING:
    from runner.commands.shelving import Shelf
    from runner.run.shelf import Put

OPTIONS: list[Any] = [
    (("run",), {"nargs": "?", "metavar": "RUN", "help": "only what this run put: name, unique prefix, @last, @failed"}),
    (("--path",), {"metavar": "PATH", "help": "only this path, folder or pattern, such as `made/` or `**/*.csv`"}),
    (("--all",), {"action": "store_true", "help": "each file of each run, not only the newest of a path"}),
    ROOT,
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Print the list; an empty one is no failure. Raises Refused."""
    from runner.commands.shelving import Shelf
    from runner.run.shelf import chosen, newest

    shelf = Shelf(Path(args.root) if args.root else None)
    runs = [shelf.of(args.run)] if args.run else list(shelf.each())
    listed = runs if args.all else [newest(runs)]
    found = [puts[path] for puts in listed for path in (chosen(puts, args.path) if args.path else sorted(puts))]
    if args.json:
        print(json.dumps([row(shelf, put) for put in found], indent=2, ensure_ascii=False))
        return 0
    if not found:
        print("no files", file=sys.stderr)
        return 0
    width = size(sys.stdout, os.environ)[0] if is_terminal(sys.stdout) else None
    rows = [
        (put.path, f"{put.size:,}", put.sha256[:12] if here(shelf, put) else "gone", shelf.label(put), shelf.name(put))
        for put in found
    ]
    sys.stdout.write(table(("PATH", "BYTES", "SHA256", "STEP", "RUN"), rows, width=width, right="BYTES"))
    return 0


def row(shelf: Shelf, put: Put) -> dict[str, Any]:
    """A file as JSON; `kept`: whether its content is in the catalog."""
    said = {"path": put.path, "size": put.size, "sha256": put.sha256, "mode": put.mode, "kept": here(shelf, put)}
    return {**said, "step": shelf.label(put), "run": shelf.name(put)}


def here(shelf: Shelf, put: Put) -> bool:
    """Whether the content of a file is in its catalog."""
    return bool(shelf.catalog(put).has(put.sha256))

"""`runner catalog gc`: what no run needs any more is shown, and with `--force` removed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands.asking import JSON, ROOT
from runner.model.units import seconds

if TYPE_CHECKING:
    from runner.run.sweep import Found


def duration(text: str) -> float:
    """`30d` in seconds."""
    try:
        return seconds(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not a duration, such as `30d` or `12h`") from None


def number(text: str) -> int:
    """A whole number from 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number from 0")
    return int(text)


OPTIONS: list[Any] = [
    (("-f", "--force"), {"action": "store_true", "help": "remove it; without this it is only shown"}),
    (("--keep",), {"type": number, "metavar": "N", "help": "remove runs too, but the newest N of each pipeline"}),
    (("--older",), {"type": duration, "metavar": "TIME", "help": "remove runs too that ended longer ago, as in 30d"}),
    (("--run",), {"action": "append", "default": [], "metavar": "RUN", "help": "remove this run; again for more"}),
    (("--outside",), {"action": "store_true", "help": "catalogs outside of the project too: nobody else uses them"}),
    ROOT,
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Show or remove; raises Refused."""
    from runner.commands.common import plugins_of
    from runner.commands.home import project_root
    from runner.run import elsewhere, index
    from runner.run.sweep import Asked, clear, look

    root = project_root(Path(args.root) if args.root else None)
    names = frozenset(index.find(root, text)["run"] for text in args.run)
    asked = Asked(args.keep, args.older, names, args.outside)
    plugins = plugins_of(root)
    if args.force:
        elsewhere.sweep(root, os.environ, plugins)
    found = clear(root, plugins, asked) if args.force else look(root, plugins, asked)
    if args.json:
        print(json.dumps({"removed": args.force, **said(found, root)}, indent=2, ensure_ascii=False))
        return 0
    sys.stdout.write(text(found, root))
    for each in found.left:
        print(f"left alone: {each}", file=sys.stderr)
    if not args.force and any((found.runs, found.entries, found.blobs, found.leftovers)):
        print("nothing was removed: `--force` does it", file=sys.stderr)
    return 0


def said(found: Found, root: Path) -> dict[str, Any]:
    """As JSON; sizes in bytes."""
    return {
        "runs": [{"name": run.entry["name"], "run": run.entry["run"], "size": run.size} for run in found.runs],
        "cache": [{"path": _near(one.path, root), "size": one.size} for one in found.entries],
        "blobs": [{"sha256": blob.sha256, "size": blob.size} for _, blob in found.blobs],
        "leftovers": [{"path": _near(one.path, root), "size": one.size} for one in found.leftovers],
        "left": found.left,
    }


def text(found: Found, root: Path) -> str:
    """As a table: runs and leftovers one by one, the rest by number."""
    from runner.views.table import table

    rows = [("run", str(run.entry["name"]), f"{run.size:,}") for run in found.runs]
    if found.entries:
        rows.append(("cache", f"{len(found.entries):,} entries", f"{sum(one.size for one in found.entries):,}"))
    if found.blobs:
        rows.append(("blobs", f"{len(found.blobs):,} files", f"{sum(blob.size for _, blob in found.blobs):,}"))
    rows += [("leftover", _near(one.path, root), f"{one.size:,}") for one in found.leftovers]
    total = sum(run.size for run in found.runs) + sum(blob.size for _, blob in found.blobs)
    total += sum(one.size for one in (*found.entries, *found.leftovers))
    return table(("WHAT", "", "BYTES"), [*rows, ("total", "", f"{total:,}")], right="BYTES")


def _near(path: str, root: Path) -> str:
    near = os.path.relpath(path, root)
    return path if near.startswith("..") else near

"""`runner catalog`: the files that steps have put: listed, brought back, compared, cleared away."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from typing import Any

PARTS = {
    "ls": "list the files that steps put",
    "get": "bring a file back from the catalog",
    "diff": "compare the files of two runs",
    "gc": "remove what no run needs any more; shows it first",
}
OPTIONS: list[Any] = [
    (
        ("part",),
        {
            "choices": PARTS,
            "metavar": "|".join(PARTS),
            "help": "; ".join(f"{name}: {about}" for name, about in PARTS.items()),
        },
    ),
    (("words",), {"nargs": argparse.REMAINDER, "metavar": "...", "help": "see `runner catalog PART --help`"}),
]


def run(args: argparse.Namespace) -> int:
    """Read the options of the part and run it; raises Refused, and Helped after its `--help`."""
    from runner import options

    part = import_module(f"runner.commands.catalog_{args.part}")
    words = options.read(f"catalog {args.part}", PARTS[args.part], part.OPTIONS, args.words, os.environ)
    code: int = part.run(words)
    return code

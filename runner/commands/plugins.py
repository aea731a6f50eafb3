"""`runner plugins`: the services that others bring: listed, checked, registered, begun."""

from __future__ import annotations

import argparse
import os
from importlib import import_module
from typing import Any

PARTS = {
    "list": "list all services, ours and others, with where they come from",
    "check": "import every plug-in that is not ours, and say what is wrong with it",
    "add": "register a plug-in of this project in runner.toml",
    "new": "write a package with a plug-in that passes its tests",
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
    (("words",), {"nargs": argparse.REMAINDER, "metavar": "...", "help": "see `runner plugins PART --help`"}),
]
KINDS = {
    "executor": "executors",
    "run-log": "run_logs",
    "catalog": "catalogs",
    "secrets": "secrets",
    "serialiser": "serialisers",
    "view": "views",
}
"""What people call a group."""


def run(args: argparse.Namespace) -> int:
    """Read the options of the part and run it; raises Refused, and Helped after its `--help`."""
    from runner import options

    part = import_module(f"runner.commands.plugins_{args.part}")
    words = options.read(f"plugins {args.part}", PARTS[args.part], part.OPTIONS, args.words, os.environ)
    code: int = part.run(words)
    return code

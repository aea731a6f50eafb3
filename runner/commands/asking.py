"""Options that several verbs share, declared once."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from runner.resolve.ask import Ask

Option = tuple[tuple[str, ...], dict[str, Any]]

JSON: Option = (("--json",), {"action": "store_true", "help": "print JSON"})

FILE: list[Option] = [
    (("file",), {"nargs": "?", "default": "pipeline.toml", "metavar": "FILE", "help": "the pipeline (pipeline.toml)"}),
    (("--profile",), {"metavar": "NAME", "help": "where and how it runs (local)"}),
    (("--param",), {"action": "append", "default": [], "metavar": "NAME=VALUE", "help": "set a parameter"}),
    (("--set",), {"action": "append", "default": [], "metavar": "KEY=VALUE", "help": "set a key of the profile"}),
]

RESUME: list[Option] = [
    (
        ("--resume",),
        {
            "nargs": "?",
            "const": "@last",
            "metavar": "RUN",
            "help": "go on from this run, keep what it has done (the newest)",
        },
    ),
    (
        ("--changed",),
        {"action": "store_true", "help": "what was done with other code than lies there now runs again, too"},
    ),
]

ROOT: Option = (
    ("--root",),
    {"metavar": "DIR", "help": "the project (the nearest folder from here upward that has runner.toml or .runner)"},
)

RUN: Option = (
    ("run",),
    {"nargs": "?", "default": "@last", "metavar": "RUN", "help": "name, unique prefix, @last, @failed (@last)"},
)


def ask_of(args: argparse.Namespace) -> Ask:
    """The question that a verb's options ask."""
    given, mock = getattr(args, "given", {}), bool(getattr(args, "mock", False))
    sets = ("executor.type=mock", *args.set) if mock else tuple(args.set)
    return Ask(Path(args.file), args.profile, tuple(args.param), sets, os.environ, given, mock)

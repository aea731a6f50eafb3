"""Options that several verbs share, declared once."""

from __future__ import annotations

from typing import Any

Option = tuple[tuple[str, ...], dict[str, Any]]

JSON: Option = (("--json",), {"action": "store_true", "help": "print JSON"})

FILE: list[Option] = [
    (("file",), {"nargs": "?", "default": "pipeline.toml", "metavar": "FILE", "help": "the pipeline (pipeline.toml)"}),
    (("--profile",), {"metavar": "NAME", "help": "where and how it runs (local)"}),
    (("--param",), {"action": "append", "default": [], "metavar": "NAME=VALUE", "help": "set a parameter"}),
    (("--set",), {"action": "append", "default": [], "metavar": "KEY=VALUE", "help": "set a key of the profile"}),
]

ROOT: Option = (
    ("--root",),
    {"metavar": "DIR", "help": "the project (the nearest folder from here upward that has runner.toml or .runner)"},
)

RUN: Option = (
    ("run",),
    {"nargs": "?", "default": "@last", "metavar": "RUN", "help": "name, unique prefix, @last, @failed (@last)"},
)

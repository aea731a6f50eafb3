"""The options that select steps, and what they select (N1)."""

from __future__ import annotations

import argparse
from typing import Any

from runner.run.select import again, select

SELECT: list[Any] = [
    (("--only",), {"action": "append", "default": [], "metavar": "STEP", "help": "this step alone; again for more"}),
    (
        ("--from",),
        {
            "action": "append",
            "default": [],
            "dest": "start",
            "metavar": "STEP",
            "help": "this step and all that needs it",
        },
    ),
    (("--until",), {"action": "append", "default": [], "metavar": "STEP", "help": "this step and all that it needs"}),
    (("--tag",), {"action": "append", "default": [], "metavar": "TAG", "help": "steps with this tag"}),
]


def selected(args: argparse.Namespace, plan: dict[str, Any]) -> frozenset[str] | None:
    """The ids that the options name, or that a run was about which is retried; None: all. Raises Refused."""
    kept = getattr(args, "selected", None)
    if kept is not None:
        return again(plan, kept)
    return select(plan, args.only, args.start, args.until, args.tag)

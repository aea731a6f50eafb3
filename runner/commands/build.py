"""`runner build`: the image of a profile, made of what `[build]` says, unless it is there already."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from runner.commands.asking import FILE, JSON

OPTIONS: list[Any] = [
    *FILE,
    (("--fresh",), {"action": "store_true", "help": "make it anew though nothing of it has changed"}),
    JSON,
]
ELSEWHERE = (
    'a profile of its own makes it: `extends = "std:docker"`, `[build]` with `base` and `tag = "NAME:1"`, and '
    '`code = "image"` in `[executor]`; then `image = "NAME:1"` here'
)


def run(args: argparse.Namespace) -> int:
    """Name and id on stdout, what the engine tells on stderr. Raises Refused: no `[build]`, a build that fails."""
    from runner.commands.building import builds, built
    from runner.commands.planning import planned
    from runner.text.diagnostics import Refused, diagnose

    args.dry_run = True  # no plan is kept of it
    made = planned(args)
    profile = made.plan["profile"]
    if not builds(made, profile):
        raise Refused(
            [diagnose("E945", None, why=f"the executor `{profile['executor']['type']}` makes none", hint=ELSEWHERE)]
        )
    if "build" not in profile:
        hint = 'write it there: `[build]` with `base = "python:3.12-slim"`'
        raise Refused([diagnose("E945", None, why=f"the profile `{profile['name']}` has no `[build]`", hint=hint)])
    image = built(made, profile, _say, args.fresh)
    if args.json:
        said = {"image": image.name, "id": image.id, "made": image.made, "ingredients": image.ingredients}
        print(json.dumps(said, indent=2, ensure_ascii=False))
    else:
        print(f"{image.name}  {image.id}  {'built' if image.made else 'reused'}")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()

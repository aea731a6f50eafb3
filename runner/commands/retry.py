"""`runner retry`: go on from a run, wherever its pipeline lies; steps that are named run again in any case."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from runner.commands import up
from runner.commands.asking import RUN

# options of `up`
TAKEN = ("--jobs", "--fail-fast", "--changed", "--isolate", "--name", "--dry-run", "--detach", "--output", "--json",
         "--junit")  # fmt: skip
OPTIONS: list[Any] = [
    RUN,
    (
        ("steps",),
        {
            "nargs": "*",
            "metavar": "STEP",
            "help": "runs again though it succeeded: a step, item or group; of a run that succeeded, say which",
        },
    ),
    *(option for option in up.OPTIONS if option[0][-1] in TAKEN),
]


def run(args: argparse.Namespace) -> int:
    """As `up --resume RUN` of the run's own pipeline. Raises Refused: no such run, nothing to do, no pipeline."""
    from runner.commands.home import project_root
    from runner.run import index
    from runner.text.diagnostics import Refused, diagnose

    root = project_root()
    meta = index.find(root, args.run)
    file = os.path.relpath(root / str(meta.get("path") or meta["file"]))
    if not Path(file).is_file():
        raise Refused([diagnose("E938", None, name=meta.get("name"), path=file)])
    asked = {"file": file, "profile": None, "param": [], "set": [], "resume": meta["run"]}
    selection: dict[str, list[str]] = {"only": [], "start": [], "until": [], "tag": []}
    return up.run(argparse.Namespace(**{**vars(args), **asked, **selection}))

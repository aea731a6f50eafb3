"""`runner cancel`: end a run, here or in its cluster; said again, at once."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import Any

from runner.commands.asking import ROOT, RUN
from runner.run import index
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]
OPTIONS: list[Any] = [RUN, ROOT]


def run(args: argparse.Namespace) -> int:
    """Ask for the end, and say what becomes of it. Raises Refused: no such run, it is over, its place is silent."""
    from runner.commands.home import project_root

    root = project_root(Path(args.root) if args.root else None)
    entry = index.find(root, args.run)
    if entry.get("status") is not None:
        raise Refused([diagnose("E943", None, name=entry.get("name"), status=entry["status"])])
    print(f"{entry.get('name')}: {_end(entry, root)}", file=sys.stderr)
    return 0


def _end(entry: Table, root: Path) -> str:
    """As Ctrl-C does, where a process here drives it: that counts how often it was asked."""
    if index.alive(entry):
        with contextlib.suppress(ProcessLookupError):
            os.kill(entry["pid"], signal.SIGINT)
        return f"its process ({entry['pid']}) ends it"
    return _elsewhere(entry, root)


def _elsewhere(entry: Table, root: Path) -> str:
    """Where its pods are, or what a process that is gone has left here."""
    from runner.agent.spawn import end_run
    from runner.commands.common import plugins_of
    from runner.run.begin import finish
    from runner.run.caught import reach_of

    reach = reach_of(entry, root, plugins_of(root))
    if reach is not None:
        words, over = reach.cancel()
        if over:
            finish(entry, "cancelled", root)
        return words
    if index.elsewhere(entry):
        raise Refused([diagnose("E744", None, name=entry.get("name"), host=entry.get("host"))])
    count = end_run(entry["run"])
    finish(entry, "cancelled", root)
    return f"its process was gone; {count} of its steps still ran, and were ended" if count else "its process was gone"

"""`runner catalog get`: files back from the catalog, into their places or somewhere else."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands.asking import ROOT
from runner.text.diagnostics import Refused, diagnose, near

if TYPE_CHECKING:
    from runner.commands.shelving import Shelf
    from runner.run.shelf import Put

OPTIONS: list[Any] = [
    (("path",), {"metavar": "PATH", "help": "a file, a folder (`made/`) or a pattern; it counts from the project"}),
    (("run",), {"nargs": "?", "metavar": "RUN", "help": "as this run put it (the newest that put it)"}),
    (("-o", "--to"), {"metavar": "DEST", "help": "into this file or folder instead of its own place"}),
    (("-f", "--force"), {"action": "store_true", "help": "in place of what lies there"}),
    ROOT,
]


def run(args: argparse.Namespace) -> int:
    """Bring them back; raises Refused, with all that is wrong, when none or not all could be."""
    from runner.commands.shelving import Shelf
    from runner.run.bring import bring
    from runner.text.trouble import trouble

    shelf = Shelf(Path(args.root) if args.root else None)
    problems = []
    found = _found(shelf, args)
    shelf.ready(put for put in found if _lacks(_dest(shelf, put, args), put))
    for put in found:
        dest = _dest(shelf, put, args)
        try:
            problem = diagnose("E972", None, path=put.path) if dest is None else None
            problem = problem or bring(shelf.catalog(put), put, dest or Path(), args.force)
        except OSError as error:
            problem = trouble(error)
            if problem is None:
                raise
        if problem is not None:
            problems.append(problem)
        else:
            print(f"{os.path.relpath(dest or '')}  {put.size:,} bytes, from {shelf.name(put)}", file=sys.stderr)
    if problems:
        raise Refused(problems)
    return 0


def _found(shelf: Shelf, args: argparse.Namespace) -> list[Put]:
    from runner.run.shelf import chosen, newest

    puts = shelf.of(args.run) if args.run else newest(shelf.each())
    typed = args.path
    beside = os.path.relpath(os.path.join(os.getcwd(), typed), shelf.root) + ("/" if typed.endswith("/") else "")
    paths = chosen(puts, typed) or chosen(puts, beside)  # as the pipeline says it, or as seen from here
    args.many = len(paths) > 1 or (bool(paths) and paths[0] not in (typed, beside))
    if not paths:
        like = near(typed, puts)
        hint = f"did you mean `{like}`?" if like else "`runner catalog ls` lists what there is"
        raise Refused([diagnose("E970", None, path=typed, who=f"`{args.run}`" if args.run else "any run", hint=hint)])
    return [puts[path] for path in paths]


def _lacks(dest: Path | None, put: Put) -> bool:
    """Whether a file is not in its place already."""
    from runner.agent.catalog import digest_of

    return dest is not None and not (dest.is_file() and digest_of(str(dest))["sha256"] == put.sha256)


def _dest(shelf: Shelf, put: Put, args: argparse.Namespace) -> Path | None:
    """Where a file goes; None where that would leave the project without being said. One file into a folder keeps its
    name, several keep their paths."""
    from runner.resolve.meeting import inside
    from runner.run.bring import place

    if inside(put.path) != put.path:
        return None
    if args.to is None:
        return place(shelf.root, put.path)
    to = Path(args.to)
    if args.many:
        return to / put.path
    return to / os.path.basename(put.path) if to.is_dir() or args.to.endswith("/") else to

"""What killed processes left in a project's store: half-written files, scratch folders, claims that nobody holds."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from runner.agent.spawn import survivors
from runner.run.claims import others
from runner.run.holdings import OURS, Holdings
from runner.run.trees import below, size_of

Table = dict[str, Any]
GONE = ".gone-"  # what a folder is called while it is being removed
_HALF = re.compile(r"(hashes|index)\.[0-9]+\Z|.*\.tmp\Z|\.[0-9a-f]{64}\.[0-9]+\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class Leftover(NamedTuple):
    """A file or folder that may go, and its bytes."""

    path: str
    size: int


def leftovers(held: Holdings, before: float, needed: set[str]) -> Iterator[Leftover]:
    """All of them. before: only what was made before this moment, unless it is known to be nobody's; needed: hashes,
    of plans too, that runs refer to."""
    ours = held.root / OURS
    for folder in (ours, ours / "cache", ours / "cache" / "last", ours / "plans"):
        yield from half_written(folder, before)
    parents = {str(ours / "runs"), *(os.path.dirname(home) for entry in held.runs if (home := held.home(entry)))}
    for parent in sorted(parents):
        yield from (_whole(entry) for entry in below(parent) if entry.name.startswith(GONE))
    for plan in below(ours / "plans"):
        if _DIGEST.match(plan.name) and plan.name not in needed and _older(plan, before):
            yield _whole(plan)
    yield from _unknown(held, before)
    for entry in held.runs:
        if not entry["live"]:
            yield from _scratch(ours / "runs" / entry["run"] / "work", entry["run"])
    for claim in others(ours / "locks"):
        if not claim.live and not survivors(claim.said["run"]):
            yield Leftover(str(claim.path), size_of(claim.path))


def half_written(folder: Path | str, before: float, every: bool = False) -> Iterator[Leftover]:
    """Files on the way to another name whose writer is gone; every: all that lies there is such a file."""
    for entry in below(folder):
        if (every or _HALF.match(entry.name)) and _older(entry, before):
            yield _whole(entry)


def _unknown(held: Holdings, before: float) -> Iterator[Leftover]:
    """Folders of runs that never began: nothing is in them that the index could have lost."""
    known = {entry["run"] for entry in held.runs} | {entry["run"] for entry in held.strangers()}
    for entry in below(held.root / OURS / "runs"):
        named = entry.name in known or entry.name.startswith(GONE) or os.path.isdir(os.path.join(entry.path, "logs"))
        if not named and entry.is_dir(follow_symlinks=False) and _older(entry, before):
            yield _whole(entry)


def _scratch(work: Path, run: str) -> Iterator[Leftover]:
    """Scratch folders and empty logs of a run that is over; a log that is not empty is what a killed step said."""
    found = [
        entry
        for entry in below(work)
        if entry.is_dir(follow_symlinks=False) or (entry.name.endswith(".log") and not size_of(entry.path))
    ]
    if found and not survivors(run):
        yield from map(_whole, found)


def _older(entry: os.DirEntry[str], before: float) -> bool:
    info = entry.stat(follow_symlinks=False)
    return info.st_mtime < before and (stat.S_ISREG(info.st_mode) or stat.S_ISDIR(info.st_mode))


def _whole(entry: os.DirEntry[str]) -> Leftover:
    return Leftover(entry.path, size_of(entry.path))

"""Clearing a project's store away: what would go (`look`), and its removal (`clear`), which may be killed anywhere."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from runner.run import cache, index
from runner.run.blobs import ASIDE, Blob, blobs, catalogs, drop, mend
from runner.run.holdings import NOTHING, OURS, Held, Holdings
from runner.run.leftovers import GONE, Leftover, half_written, leftovers
from runner.run.mutex import mutex
from runner.run.services import Plugins
from runner.run.spare import expendable, horizon, references
from runner.run.trees import below, remove, size_of
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]
ONE = {"type": "file-system"}


class Asked(NamedTuple):
    """keep, older: which runs may go (see `expendable`); names: ids of runs that go whatever these say; outside: also
    catalogs that do not lie in the project, and may serve others."""

    keep: int | None = None
    older: float | None = None
    names: frozenset[str] = frozenset()
    outside: bool = False


class Run(NamedTuple):
    """A run that goes: its line of the index, its folders, their bytes."""

    entry: Table
    folders: list[str]
    size: int


class Found(NamedTuple):
    """What goes. entries: of the cache; blobs: by catalog; left: what was asked for and stays, and why; needed: hashes
    that somebody refers to; released: those that only what goes refers to."""

    runs: list[Run]
    entries: list[Leftover]
    blobs: list[tuple[str, Blob]]
    leftovers: list[Leftover]
    left: list[str]
    needed: set[str]
    released: set[str]
    live: bool
    catalogs: list[str]


def look(root: Path, plugins: Plugins, asked: Asked, more: Iterable[str] = ()) -> Found:
    """What would go now; nothing is changed. more: catalogs beside those of the runs. Raises Refused (E716) where that
    can't be known."""
    now = time.time()
    held = Holdings(root, plugins)
    going = {entry["run"] for entry in expendable(held.runs, asked.keep, asked.older, now)} | asked.names
    gone = [entry for entry in held.runs if entry["run"] in going and not entry["live"] and held.removable(entry)]
    left = [f"run `{e['name']}`: {_why(e)}" for e in held.runs if e["run"] in going and e not in gone]
    staying = [entry for entry in held.runs if entry not in gone]
    live = [entry for entry in staying if entry["live"]]
    before = horizon((float(entry.get("start") or 0) for entry in live), now)

    kept = [held.of(entry) for entry in (*staying, *held.strangers())]
    freed = [held.of(entry) if entry["run"] not in asked.names else _any(held, entry) for entry in gone]
    needed: set[str] = set().union(*(one.hashes for one in kept))
    entries = list(_entries(root, asked, needed, now))
    released: set[str] = set().union(*(one.hashes for one in freed), *(hashes for _, hashes, goes in entries if goes))
    needed = needed.union(*(hashes for _, hashes, goes in entries if not goes))
    released -= needed

    safe = needed | released if live else needed
    known = catalogs(root, (*(one.catalog for one in (*kept, *freed)), *({**ONE, "path": path} for path in more)))
    swept = [catalog for catalog, ours in known.items() if ours or asked.outside]
    left += [f"the catalog `{one}`: others may use it too (`--outside`)" for one in known if one not in swept]
    found: list[tuple[str, Blob]] = []
    strays: list[Leftover] = []
    for catalog in swept:
        found += [(catalog, blob) for blob in blobs(catalog) if blob.sha256 not in safe and blob.made < before]
        spare = half_written(os.path.join(catalog, "tmp"), before, every=True)
        strays += [one for one in spare if os.path.basename(one.path).removeprefix(ASIDE) not in needed]
    return Found(
        [_run(held, entry) for entry in gone],
        [entry for entry, _, goes in entries if goes],
        found,
        [*strays, *leftovers(held, before, needed)],
        left,
        needed,
        released,
        bool(live),
        swept,
    )


def clear(root: Path, plugins: Plugins, asked: Asked) -> Found:
    """Remove it; what was removed. Raises Refused: somebody else is at it (E715), or what `look` raises; OSError.

    Runs go first, each by a rename and then out of the index, then entries of the cache: whoever begins now finds
    nothing of them. Only then it is looked again who is alive and what is needed. A blob goes if it was free before;
    if somebody is alive, who may have found it a moment ago, what has just been freed waits for the next time."""
    with mutex(root, patience=0.0, name="gc.lock") as alone:
        if not alone:
            raise Refused([diagnose("E715", None)])
        first = look(root, plugins, asked)
        aside: list[str] = []
        with mutex(root) as still:
            if not still:
                raise Refused([diagnose("E715", None)])
            runs = _still(root, plugins, asked, first.runs)
            for run in runs:
                aside += [_aside(folder) for folder in run.folders]
            if runs:
                index.forget(root, {run.entry["run"] for run in runs})
        for path in (*aside, *(entry.path for entry in first.entries)):
            remove(path)
        if first.entries:
            cache.forget(root)
        second = look(root, plugins, Asked(outside=asked.outside), first.catalogs)
        for catalog in second.catalogs:
            mend(catalog, second.needed)
        waiting = first.released if second.live else set()
        dropped = [
            (catalog, blob) for catalog, blob in second.blobs if blob.sha256 not in waiting and drop(catalog, blob)
        ]
        for leftover in second.leftovers:
            remove(leftover.path)
        return second._replace(runs=runs, entries=first.entries, blobs=dropped, left=first.left)


def _any(held: Holdings, entry: Table) -> Held:
    """What a run holds on to that goes by name, even if its log is out of reach."""
    try:
        return held.of(entry)
    except Refused:
        return NOTHING


def _still(root: Path, plugins: Plugins, asked: Asked, runs: list[Run]) -> list[Run]:
    """Those of the runs that may go still: nobody has begun to go on from them meanwhile."""
    held = Holdings(root, plugins)
    going = {entry["run"] for entry in expendable(held.runs, asked.keep, asked.older, time.time())} | asked.names
    live = {entry["run"] for entry in held.runs if entry["live"]}
    return [run for run in runs if run.entry["run"] in going - live]


def _why(entry: Table) -> str:
    return "it is not over" if entry["live"] else "its run log is a plug-in's"


def _run(held: Holdings, entry: Table) -> Run:
    paths = dict.fromkeys((held.home(entry), str(held.root / OURS / "runs" / entry["run"])))
    folders = [path for path in paths if path and os.path.isdir(path) and not os.path.islink(path)]
    return Run(entry, folders, sum(map(size_of, folders)))


def _aside(folder: str) -> str:
    """Take a folder out of everybody's sight, at once."""
    parent, name = os.path.split(folder)
    aside = os.path.join(parent, GONE + name)
    os.rename(folder, aside)
    return aside


def _entries(root: Path, asked: Asked, used: set[str], now: float) -> Iterator[tuple[Leftover, set[str], bool]]:
    """Entries of the cache: each with the hashes in it, and whether it goes: when runs go by a rule, an entry goes that
    is as old and that no run which stays was made with. used: hashes of these runs, fingerprints too."""
    for entry in below(root / OURS / "cache"):
        if not entry.name.endswith(".json") or not entry.is_file(follow_symlinks=False):
            continue
        with open(entry.path, "rb") as file:
            text = file.read()
        try:
            made = float(json.loads(text)["at"])
        except (ValueError, TypeError, KeyError):  # damaged: it never was a hit
            made = 0.0
        ruled = asked.keep is not None or asked.older is not None
        old = asked.older is None or now - made > asked.older
        goes = ruled and old and entry.name.removesuffix(".json") not in used
        yield Leftover(entry.path, len(text)), references([text]), goes

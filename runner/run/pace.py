"""How long the steps of a pipeline took the last times: what a guess at the rest of a run is made of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from runner.rules.keys import parse
from runner.run import index
from runner.run.records import read
from runner.run.services import open_store
from runner.text.diagnostics import Refused

Table = dict[str, Any]
LOOKED = 20  # runs of the index that are looked at
READ = 3  # of these so many that succeeded are read
LARGEST = 16 << 20  # bytes of a run log; a larger one is left alone


class Pace(NamedTuple):
    """seconds: that all instances of a node took together, by its id; counts: how many there were; at_once: how many
    ran at the same time, on average (seconds of steps per second of the run)."""

    seconds: Mapping[str, float]
    counts: Mapping[str, int]
    at_once: float


def pace(root: Path, pipeline: str, but: str) -> Pace | None:
    """Of the newest runs of a pipeline that succeeded, without the run `but`; None where there is none to go by.

    What the newest one took from the cache, the ones before it know. Unreadable runs are passed over."""
    seconds: dict[str, float] = {}
    counts: dict[str, int] = {}
    at_once = 0.0
    found = (one for one in islice(index.newest(root, pipeline), LOOKED) if one["run"] != but)
    for entry in islice((one for one in found if one.get("status") == "succeeded"), READ):
        took, many = _took(_done(root, entry))
        wall = float(entry.get("end") or 0) - float(entry.get("start") or 0)
        if not at_once and took and wall > 0:
            at_once = sum(took.values()) / wall
        for id in took.keys() - seconds.keys():
            seconds[id], counts[id] = took[id], many[id]
    return Pace(seconds, counts, at_once) if at_once else None


def _took(done: Iterable[tuple[str, Table]]) -> tuple[dict[str, float], dict[str, int]]:
    seconds: dict[str, float] = {}
    counts: dict[str, int] = {}
    for id, record in done:
        if record.get("status") == "succeeded" and not record.get("adopted"):
            seconds[id] = seconds.get(id, 0.0) + float(record.get("run_s") or 0.0)
            counts[id] = counts.get(id, 0) + 1
    return seconds, counts


def _done(root: Path, entry: Table) -> Iterable[tuple[str, Table]]:
    """The commits of a run with their nodes."""
    try:
        journal = root / str(entry["store"].get("path") or ".runner/runs") / str(entry["run"]) / "journal"
        if journal.exists() and os.path.getsize(journal) > LARGEST:
            return
        store = open_store(entry["store"], root, entry["run"], write=False)
        try:
            records = read(store, entry["run"])
        finally:
            store.close()
    except (OSError, Refused, ValueError, KeyError, TypeError, AttributeError):
        return
    for text, record in records.items():
        key = parse(text)
        if key is not None and key[0] == "done" and isinstance(record, dict):
            yield key[2], record

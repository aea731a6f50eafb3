"""What nobody needs any more: which runs may go, what the records of the others refer to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

Table = dict[str, Any]
YOUNG = 60.0  # seconds; what was made within them may belong to somebody who has not said so yet
_HASH = re.compile(rb'"([0-9a-f]{64})"')


def expendable(runs: list[Table], keep: int | None, older: float | None, now: float) -> list[Table]:
    """The runs that may go: beyond the newest `keep` of their pipeline, and ended more than `older` seconds ago; none
    where neither is said.

    runs: lines of the index, newest first, each with `live`. Live runs stay, and what a run that stays and did not
    succeed goes on from: resuming it may need that."""
    if keep is None and older is None:
        return []
    seen: dict[Any, int] = {}
    stays: dict[str, Table] = {}
    for entry in runs:
        rank = seen[entry.get("pipeline")] = seen.get(entry.get("pipeline"), 0) + 1
        recent = older is not None and now - float(entry.get("end") or entry.get("start") or 0) <= older
        if entry["live"] or (keep is not None and rank <= keep) or recent:
            stays[entry["run"]] = entry
    known = {entry["run"]: entry for entry in runs}
    for entry in list(stays.values()):
        while entry.get("status") != "succeeded" and entry.get("parent") in known:
            entry = known[entry["parent"]]
            if entry["run"] in stays:
                break
            stays[entry["run"]] = entry
    return [entry for entry in runs if entry["run"] not in stays]


def references(values: Iterable[bytes | memoryview]) -> set[str]:
    """All hashes that some records name, whatever for: blobs, plans, fingerprints. Rather too many than one too few."""
    return {found.decode() for value in values for found in _HASH.findall(value)}


def horizon(starts: Iterable[float], now: float) -> float:
    """What was made before this moment belongs to no run that is alive. starts: when those began."""
    return min([now, *starts]) - YOUNG

"""What there is to see of a run: handed in, so that what a page shows does not depend on where it lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runner.run.compare import Side

Told = Mapping[str, Any]


class Seen(NamedTuple):
    """run: folded; state: how it ended, or `running`, `detached`, `lost`; meta: its line of the index; names: of runs
    by id; before: the run to compare with; now: the time, of a run that goes on.

    log: (address, number of an attempt) -> where it is kept; blob: (sha256, bytes) -> the first of them, None where the
    catalog has it no more; project: (path, bytes) -> the first of a file of the project, and its size, None where it
    changed since the run."""

    run: dict[str, Any]
    plan: dict[str, Any]
    state: str
    meta: Told
    names: Mapping[str, str]
    log: Callable[[str, int], Path | None]
    blob: Callable[[str, int], bytes | None]
    project: Callable[[str, int], tuple[bytes, int] | None]
    before: Side | None = None
    now: float | None = None

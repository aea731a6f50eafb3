"""One meaning, however a run is recorded and wherever its steps work: shapes x run logs x isolation (PROTOCOL R9)."""

from __future__ import annotations

from typing import Any

from runner.run.fold import projection
from runner.testing.project import Project

CELLS = [(log, isolate) for log in ("file-system", "chunked-fs", "buffered") for isolate in (False, True)]


def told(found: Project, log: str, isolate: bool, code: int) -> dict[str, Any]:
    words = ["--isolate"] if isolate else []
    outcome = found.cli("up", "pipeline.toml", "--json", "--set", f"run-log.type={log}", *words).exits(code)
    run: dict[str, Any] = outcome.json()
    if log != "buffered":  # what is told at the end is what the record says
        recorded = found.cli("show", "@last", "--json").ok().json()
        assert {name: recorded[name] for name in run} == run
    return run


def test_r9_every_cell_gives_the_same_projection(shaped: Any) -> None:
    runs = {cell: told(shaped.make(), *cell, shaped.code) for cell in CELLS}
    first = runs[CELLS[0]]
    for cell, run in runs.items():
        assert projection(run) == projection(first), cell
    shaped.compare(first)

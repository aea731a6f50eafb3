"""One meaning, however a run is recorded and wherever its steps work: shapes x run logs x isolation (PROTOCOL R9)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.run.fold import projection
from runner.testing.golden import golden
from runner.testing.project import Project

SHAPES = sorted((Path(__file__).parent.parent / "shapes").glob("*.toml"))
FOLDER = Path(__file__).parent.parent / "shapes"
MODULES = {str(path.relative_to(FOLDER)): path.read_text() for path in [*FOLDER.glob("*.py"), *FOLDER.glob("*/*.toml")]}
CELLS = [(log, isolate) for log in ("file-system", "chunked-fs", "buffered") for isolate in (False, True)]
ENDS = {"skip-and-block": 1, "handlers": 1, "retry": 1}
GOLDEN = Path(__file__).parent / "projections"


def told(found: Project, log: str, isolate: bool, code: int) -> dict[str, Any]:
    words = ["--isolate"] if isolate else []
    outcome = found.cli("up", "pipeline.toml", "--json", "--set", f"run-log.type={log}", *words).exits(code)
    run = outcome.json()
    if log != "buffered":  # what is told at the end is what the record says
        recorded = found.cli("show", "@last", "--json").ok().json()
        assert {name: recorded[name] for name in run} == run
    return projection(run)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda path: path.stem)
def test_r9_every_cell_gives_the_same_projection(project: Callable[..., Project], shape: Path) -> None:
    runs = {}
    for log, isolate in CELLS:
        found = project({"pipeline.toml": shape.read_text(), **MODULES})
        runs[log, isolate] = told(found, log, isolate, ENDS.get(shape.stem, 0))
    first = runs[CELLS[0]]
    for cell, run in runs.items():
        assert run == first, cell
    golden(GOLDEN / f"{shape.stem}.json", json.dumps(first, indent=2, sort_keys=True) + "\n")

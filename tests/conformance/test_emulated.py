"""The pod protocol gives the runs that the local executor gives: shapes through `execute-node` (PROTOCOL 2.6, R9)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.run.fold import projection
from runner.testing.golden import golden
from runner.testing.project import Project

HERE = Path(__file__).parent
SHAPES = sorted((HERE.parent / "shapes").glob("*.toml"))
FOLDER = HERE.parent / "shapes"
MODULES = {str(path.relative_to(FOLDER)): path.read_text() for path in [*FOLDER.glob("*.py"), *FOLDER.glob("*/*.toml")]}
ENDS = {"skip-and-block": 1, "handlers": 1, "retry": 1}
PODS = ("--set", "executor.type=emulated", "--set", "run-log.type=chunked-fs")


@pytest.mark.parametrize("shape", SHAPES, ids=lambda path: path.stem)
def test_r9_agents_give_the_same_projection(project: Callable[..., Project], shape: Path) -> None:
    found = project({"pipeline.toml": shape.read_text(), **MODULES})
    run = found.cli("up", "pipeline.toml", "--json", *PODS).exits(ENDS.get(shape.stem, 0)).json()
    recorded = found.cli("show", "@last", "--json").ok().json()
    assert {name: recorded[name] for name in run} == run
    golden(HERE / "projections" / f"{shape.stem}.json", json.dumps(projection(run), indent=2, sort_keys=True) + "\n")

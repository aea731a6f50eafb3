"""`shaped`: each shape that every executor runs, as a project, with what its run comes to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from runner.run.fold import projection
from runner.testing.golden import golden
from runner.testing.project import Project

HERE = Path(__file__).parent
FOLDER = HERE.parent / "shapes"
SHAPES = sorted(FOLDER.glob("*.toml"))
BESIDE = {str(path.relative_to(FOLDER)): path.read_text() for path in [*FOLDER.glob("*.py"), *FOLDER.glob("*/*.toml")]}
ENDS = {"skip-and-block": 1, "handlers": 1, "retry": 1}


class Shaped(NamedTuple):
    """A shape. make: a new project with it; code: the exit code of its run."""

    name: str
    make: Callable[[], Project]
    code: int

    def compare(self, run: dict[str, Any]) -> None:
        """A Run is that of the shape: its projection is the golden one."""
        told = json.dumps(projection(run), indent=2, sort_keys=True) + "\n"
        golden(HERE / "projections" / f"{self.name}.json", told)


@pytest.fixture(params=SHAPES, ids=lambda path: path.stem)
def shaped(request: pytest.FixtureRequest, project: Callable[..., Project]) -> Shaped:
    path: Path = request.param
    files = {"pipeline.toml": path.read_text(), **BESIDE}
    return Shaped(path.stem, lambda: project(files), ENDS.get(path.stem, 0))

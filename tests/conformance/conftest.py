"""`shaped`: each shape that every executor runs, as a project, for tests that do more with it than conform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from runner.testing.project import Project
from runner.testing.shapes import Shape, shapes


class Shaped(NamedTuple):
    """A shape. make: a new project with it; code: the exit code of its run."""

    name: str
    make: Callable[[], Project]
    code: int
    compare: Callable[[dict[str, Any]], None]


@pytest.fixture(params=shapes(), ids=lambda shape: shape.name)
def shaped(request: pytest.FixtureRequest, project: Callable[..., Project]) -> Shaped:
    shape: Shape = request.param
    return Shaped(shape.name, lambda: project(shape.files), shape.code, shape.compare)

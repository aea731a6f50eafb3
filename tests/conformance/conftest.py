"""`shaped`: each shape that every executor runs, as a project, for tests that do more with it than conform."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from pathlib import Path
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


@pytest.fixture(scope="module", autouse=True)
def calm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """On a cluster several modules test side by side, but for one with `ALONE = True`."""
    if not any(mark.name == "cluster" for mark in request.node.iter_markers()):
        yield
        return
    with open(Path(tmp_path_factory.getbasetemp().parent, "cluster.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if getattr(request.module, "ALONE", False) else fcntl.LOCK_SH)
        yield

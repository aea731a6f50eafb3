"""One meaning, however the process of a Python step is made: by a start of its own, or by a fork (PROTOCOL 3)."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.agent.forks import Forks
from runner.run.fold import projection
from runner.testing.project import Project
from runner.testing.shapes import FOLDER

SHAPES = [path for path in sorted(FOLDER.glob("*.toml")) if re.search(r'= "(work|odd):', path.read_text())]
MODULES = {path.name: path.read_text() for path in FOLDER.glob("*.py")}
VIA = {"fresh": {"fresh"}, "fork0": {"fork0"}, "fork1": {"fork1", "fork0"}}


def started(found: Project) -> set[str]:
    """How the Python steps of the run were started, by their records."""
    said: set[str] = set()
    for path in found.files(".runner/**/*"):
        said.update(re.findall(rb'"via": ?"(\w+)"', found.path(path).read_bytes()))
    return {text.decode() for text in said}


@pytest.mark.parametrize("shape", SHAPES, ids=lambda path: path.stem)
def test_every_mode_gives_the_same_run(
    project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch, shape: Path
) -> None:
    runs: dict[str, Any] = {}
    for mode in ("fresh", "fork0", "fork1"):
        monkeypatch.setattr(Forks, "after", 1 if mode == "fork1" else 1 << 30)
        monkeypatch.setattr(Forks, "patience", 20.0 if mode == "fork1" else 0.0)
        found = project({"pipeline.toml": shape.read_text(), **MODULES})
        words = ["--set", "executor.python=fresh"] if mode == "fresh" else []
        runs[mode] = projection(found.cli("up", "pipeline.toml", "--json", *words).json())
        assert mode in started(found) and started(found) <= VIA[mode]
    assert runs["fork0"] == runs["fresh"]
    assert runs["fork1"] == runs["fresh"]


def test_the_shapes_that_matter_are_there() -> None:
    assert {path.stem for path in SHAPES} == {"map", "objects", "python"}

"""What pytest gets from us: `pytest_plugins = ["runner.testing.fixtures"]` in a conftest.py.

The fixture `project` makes projects for one test, and fails it for what they leave behind. After tests of conformance a
table says which shape came to what.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.testing.project import Files, Project
from runner.views.table import table

CELL = "conformance"  # the property of a test that is a cell of a table: (kind, who, what)


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Project]]:
    """project({"pipeline.toml": "..."}) -> Project; several in one test are apart from each other."""
    made: list[Project] = []

    def make(files: Files | None = None, **more: Any) -> Project:
        base: Path = tmp_path_factory.mktemp("of-a-test")
        made.append(Project(base, files, **more))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(autouse=True)
def _cell(request: pytest.FixtureRequest) -> None:
    """Each test of a class that conforms to something is a cell: its own name, or that of its shape."""
    if getattr(request.cls, "contract", None):
        shape = request.node.callspec.params.get("shape") if hasattr(request.node, "callspec") else None
        what = shape.name if shape is not None else request.node.originalname.removeprefix("test_").replace("_", " ")
        request.node.user_properties.append(
            (CELL, (request.cls.contract, request.cls.__name__.removeprefix("Test"), what))
        )


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """A table for each kind: what was tried by whom."""
    tables: dict[str, dict[tuple[str, str], str]] = {}
    for word in ("passed", "skipped", "failed", "error"):
        for report in terminalreporter.stats.get(word, ()):
            for name, value in getattr(report, "user_properties", ()):
                if name == CELL:
                    kind, who, what = value
                    tables.setdefault(kind, {})[who, what] = word
    for kind, cells in sorted(tables.items()):
        columns, lines = (list(dict.fromkeys(sorted(cell[at] for cell in cells))) for at in (0, 1))
        rows = [[line, *(cells.get((column, line), "") for column in columns)] for line in lines]
        terminalreporter.section(f"conformance: {kind}")
        terminalreporter.write(table(("", *columns), rows))

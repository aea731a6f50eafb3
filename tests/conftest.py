"""What all tests need, and the fixture `project`: projects for one test, which fails for what they leave behind."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.testing.project import Files, Project


@pytest.fixture(scope="session", autouse=True)
def heard() -> None:
    """A signal that somebody above ignores, as `nohup` does with HUP, would be ignored in every process of a test."""
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


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

"""What all tests have: the fixture `project`, the table of conformance, and quiet around what must be alone."""

from __future__ import annotations

import fcntl
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.testing.fixtures import _cell, project, pytest_terminal_summary

__all__ = ["_cell", "project", "pytest_terminal_summary"]


@pytest.fixture(scope="session", autouse=True)
def heard() -> None:
    """A signal that somebody above ignores, as `nohup` does with HUP, would be ignored in every process of a test."""
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="module", autouse=True)
def calm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """On a cluster several modules test side by side, but for one with `ALONE = True`."""
    if not any(mark.name == "cluster" for mark in request.node.iter_markers()):
        yield
        return
    with open(Path(tmp_path_factory.getbasetemp().parent, "cluster.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX if getattr(request.module, "ALONE", False) else fcntl.LOCK_SH)
        yield

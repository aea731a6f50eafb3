"""Every run log keeps what all run logs promise, whatever it is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.agent.folder import Folder
from runner.store.journal import Journal
from runner.store.memory import Memory
from runner.testing.conformance import RunLogs


class TestBuffered(RunLogs):
    lasts = False

    def make(self, path: Path) -> Any:
        return Memory()


class TestFileSystem(RunLogs):
    def make(self, path: Path) -> Any:
        return Journal(path / "journal")


class TestChunkedFs(RunLogs):
    def make(self, path: Path) -> Any:
        return Folder(str(path))

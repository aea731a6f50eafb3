"""One attempt at a time, in a project of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.agent.catalog import FileCatalog
from runner_executors.local_executor import Local


class Project:
    """A project folder, and an executor to run calls in it."""

    def __init__(self, root: Path, local: Local, catalog: FileCatalog) -> None:
        self.root, self.local, self.catalog = root, local, catalog
        self.count = 0

    def call(self, kind: str, **more: Any) -> dict[str, Any]:
        """A call as a driver would make it."""
        self.count += 1
        work = self.root / ".runner" / "work"
        work.mkdir(parents=True, exist_ok=True)
        return {
            "id": "a-00000000",
            "key": "-",
            "path": "a",
            "label": "a",
            "n": 1,
            "attempt": f"01{self.count:024d}",
            "run": {"id": "r-1", "name": "brisk-otter-1"},
            "root": str(self.root),
            "scratch": str(work / str(self.count)),
            "log": str(self.root / ".runner" / f"log-{self.count}"),
            "kind": kind,
            "grace": 0.5,
            **more,
        }

    def run(self, kind: str, secrets: dict[str, str] | None = None, limit: float = 20, **more: Any) -> dict[str, Any]:
        """Run a call to its end."""
        return self.wait(self.start(kind, secrets, **more), limit)

    def start(self, kind: str, secrets: dict[str, str] | None = None, **more: Any) -> Any:
        """Start a call; the handle."""
        self.last = self.call(kind, **more)
        return self.begin(self.last, secrets or {})

    def begin(self, call: dict[str, Any], secrets: dict[str, str]) -> Any:
        """Start this very call; the handle."""
        handle = self.local.prepare(call, secrets)
        self.local.start(handle)
        return handle

    def wait(self, handle: Any, limit: float = 20) -> dict[str, Any]:
        """The end of a handle."""
        until = time.monotonic() + limit
        while time.monotonic() < until:
            for found, end in self.local.poll(0.2):
                assert found is handle
                return end
        raise AssertionError("it did not end")

    def shell(self, script: str, **more: Any) -> dict[str, Any]:
        """Run a script."""
        return self.run("shell", script=script, **more)

    def python(self, source: str, function: str = "f", **more: Any) -> dict[str, Any]:
        """Run a function of a module written for it."""
        self.count += 1
        name = f"w{self.count}"
        (self.root / f"{name}.py").write_text(source)
        return self.run("python", module=name, function=function, **more)

    def log(self) -> str:
        """What the last call printed."""
        path = Path(self.last["log"])
        return path.read_bytes().decode("utf-8", "replace") if path.exists() else ""

    def text(self, path: str) -> str:
        """A file of the project."""
        return (self.root / path).read_text()

    def eventually(self, holds: Callable[[], bool], limit: float = 10) -> bool:
        """Whether something comes true; the executor goes on meanwhile."""
        until = time.monotonic() + limit
        while not holds():
            if time.monotonic() > until:
                return False
            self.local.poll(0.02)
        return True


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    root = tmp_path / "project"
    root.mkdir()
    catalog = FileCatalog(str(tmp_path / "catalog"), sync=False)
    local = Local(catalog=catalog)
    yield Project(root, local, catalog)
    local.close()

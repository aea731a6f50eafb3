"""Our catalogs, providers of secrets, serialisers and views are what those of others have to be."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

from runner.agent.catalog import FileCatalog, NoCatalog
from runner.resolve.secrets import Command, Dotenv, Env, File
from runner.testing.conformance import Catalogs, Providers, Serialisers, Views


class TestFileSystem(Catalogs):
    def make(self, path: Path) -> Any:
        return FileCatalog(str(path))


class TestDoNothing(Catalogs):
    keeps = False

    def make(self, path: Path) -> Any:
        return NoCatalog()


class TestEnv(Providers):
    def make(self, path: Path, values: dict[str, str]) -> Any:
        return Env({}, path, values)


class TestDotenv(Providers):
    def make(self, path: Path, values: dict[str, str]) -> Any:
        def quoted(value: str) -> str:
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

        (path / ".env").write_text("".join(f"{name}={quoted(value)}\n" for name, value in values.items()))
        return Dotenv({}, path, {})


class TestFile(Providers):
    def make(self, path: Path, values: dict[str, str]) -> Any:
        for name, value in values.items():
            (path / name).write_text(value + "\n")
        return File({"path": str(path)}, path, {})


class TestCommand(Providers):
    def make(self, path: Path, values: dict[str, str]) -> Any:
        told = f"import sys; sys.stdout.buffer.write({values!r}.get(sys.argv[1], '').encode())"
        return Command({"command": [sys.executable, "-S", "-c", told, "{name}"]}, path, {})


class TestPickle(Serialisers):
    module = pickle
    values = (1, "x", [{"a": None}], {1, 2}, b"\0")


class TestPlain(Views):
    view = "plain"


class TestLive(Views):
    view = "live"


class TestQuiet(Views):
    view = "quiet"


class TestGitHub(Views):
    view = "github"


class TestGitLab(Views):
    view = "gitlab"


class TestJson(Views):
    view = "json"

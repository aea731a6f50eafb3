"""Our catalogs, providers of secrets, serialisers and views are what those of others have to be."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from runner.agent.catalog import FileCatalog, NoCatalog
from runner.plugins import find
from runner.resolve.secrets import Command, Dotenv, Env, File, Nothing
from runner.testing.conformance import Catalogs, Providers, Serialisers, Views
from runner.testing.project import Project
from runner_executors.kubernetes_secrets import Kubernetes


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


class TestNothing(Providers):
    test_a_value_comes_as_it_is = None

    def make(self, path: Path, values: dict[str, str]) -> Any:
        return Nothing({}, path, {})


class TestKubernetesSecrets(Providers):
    """No value is on this machine."""

    test_a_value_comes_as_it_is = None

    def make(self, path: Path, values: dict[str, str]) -> Any:
        return Kubernetes({}, path, {})


class TestPickle(Serialisers):
    module = pickle
    values = (1, "x", [{"a": None}], {1, 2}, b"\0")


class Optional(Serialisers):
    """One whose library is perhaps not here. made: a value, by the library."""

    library = ""

    @pytest.fixture(autouse=True)
    def _there(self) -> None:
        library = pytest.importorskip(self.library)
        self.module = import_module(find("serialisers", self.library).implementation)
        self.values = (self.made(library),)

    def made(self, library: Any) -> Any:
        raise NotImplementedError


class TestCloudpickle(Optional):
    library = "cloudpickle"

    def made(self, library: Any) -> Any:
        return {"a": [1, None], "b": b"c"}


class TestNumpy(Optional):
    library = "numpy"

    def made(self, library: Any) -> Any:
        return library.arange(6.0).reshape(2, 3)

    @staticmethod
    def same(one: Any, other: Any) -> bool:
        return bool((one == other).all()) and one.dtype == other.dtype


class TestJoblib(TestNumpy):
    @pytest.fixture(autouse=True)
    def _there(self) -> None:
        self.module = pytest.importorskip("joblib")
        self.values = (self.made(pytest.importorskip("numpy")),)


class TestPandas(Optional):
    library = "pandas"

    def made(self, library: Any) -> Any:
        pytest.importorskip("pyarrow")
        return library.DataFrame({"a": [1, 2], "b": ["x", None]})

    @staticmethod
    def same(one: Any, other: Any) -> bool:
        return bool(one.equals(other))


class TestPolars(TestPandas):
    library = "polars"

    def made(self, library: Any) -> Any:
        return library.DataFrame({"a": [1, 2], "b": ["x", None]})


class TestTorch(Optional):
    library = "torch"

    def made(self, library: Any) -> Any:
        return library.arange(3.0)

    @staticmethod
    def same(one: Any, other: Any) -> bool:
        return bool((one == other).all())


ARRAYS = """
name = "x"
[steps.make]
python = "work:make"
returns = [{ name = "grid", kind = "object", serialiser = "numpy" }]
[steps.take]
python = "work:take"
returns = ["total"]
"""
WORK = """
def make():
    import numpy
    return numpy.arange(4.0)
def take(grid):
    return float(grid.sum())
"""


def test_a_return_names_its_serialiser(project: Callable[..., Project]) -> None:
    pytest.importorskip("numpy")
    found = project({"pipeline.toml": ARRAYS, "work.py": WORK})
    for words in ((), ("--set", "executor.type=emulated", "--set", "run-log.type=chunked-fs")):
        run = found.cli("up", "--json", *words).ok()
        assert run.nodes()["take"]["returns"]["total"]["json"] == 6.0
        (blob,) = {node["returns"]["grid"]["sha256"] for node in run.nodes().values() if "grid" in node["returns"]}
        (path,) = found.files(f".runner/catalog/**/{blob}")
        assert found.path(path).read_bytes().startswith(b"\x93NUMPY")


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

"""The tests that services pass, ours and yours: one class to subclass for each kind, in a file that pytest collects.

    # conftest.py
    pytest_plugins = ["runner.testing.fixtures"]

    # test_conformance.py
    from runner.testing.conformance import Executors

    class TestMine(Executors):
        profile = '[executor]\\ntype = "mine"\\n'

Every name that begins with `test_` may be set to None in a subclass, where the place can't do it: the table of results
has then no such row.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from runner.agent.catalog import MissingBlob
from runner.resolve.secrets import SecretError
from runner.testing.project import Outcome, Project
from runner.testing.shapes import Shape, shapes

DONE = "runs/r1/n/a-1/-/done.json"
PRINTS = """
name = "x"
timeout = "2s"
[steps.say]
shell = "echo hello; echo again >&2"
[steps.stay]
shell = "sleep 300"
"""


class Executors:
    """An executor runs every shape to the same end as every other. profile: TOML, `{root}` stands for the folder of the
    project; cannot: by name of a shape, words of the error with which `check` refuses it; kept: the run log outlives
    the process."""

    contract = "executor"
    profile = ""
    words: tuple[str, ...] = ()
    cannot: Mapping[str, str] = MappingProxyType({})
    kept = True

    def up(self, found: Project, *more: str) -> Outcome:
        """`runner up` with the profile."""
        return found.cli("up", "pipeline.toml", *self.chosen(found), *more)

    def chosen(self, found: Project) -> tuple[str, ...]:
        """The words that choose the profile, which is written."""
        if not self.profile:
            return self.words
        found.write({"profiles/conform.toml": self.profile.replace("{root}", str(found.root))})
        return ("--profile", "conform", *self.words)

    def run(self, found: Project, shape: Shape) -> Any:
        """The Run of a project: what is told at the end is what the record says."""
        run = self.up(found, "--json").exits(shape.code).json()
        if self.kept:
            recorded = found.cli("show", "@last", "--json").ok().json()
            assert {name: recorded[name] for name in run} == run
        return run

    @pytest.mark.parametrize("shape", shapes(), ids=lambda shape: shape.name)
    def test_r9_a_shape_comes_to_the_same(self, shape: Shape, project: Callable[..., Project]) -> None:
        found = project(shape.files)
        if shape.name in self.cannot:
            found.cli("check", "pipeline.toml", *self.chosen(found)).exits(3).says(self.cannot[shape.name])
            pytest.skip(f"it can't, and says so: {self.cannot[shape.name]}")
        shape.compare(self.run(found, shape))

    def test_what_steps_print_is_kept_and_what_takes_too_long_is_stopped(self, project: Callable[..., Project]) -> None:
        found = project({"pipeline.toml": PRINTS}).allow("tmp")  # an agent may be ended while it starts
        statuses = self.up(found, "--json").exits(124).statuses()
        assert statuses["stay"] in ("cancelled", "failed")
        if self.kept and statuses["say"] == "succeeded":
            assert sorted(found.cli("logs", "@last", "say").ok().out.split()) == ["again", "hello"]


class RunLogs:
    """A run log keeps objects by key, whole, and creates each once. `make(path)` opens one on a folder; again on the
    same, as the next process does."""

    contract = "run log"
    lasts = True  # what it holds is there for the next process

    def make(self, path: Path) -> Any:
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Any]:
        store = self.make(tmp_path)
        yield store
        store.close()

    def test_what_was_put_is_got(self, store: Any) -> None:
        store.put("runs/r1/run.json", b'{"v":1}')
        assert store.get("runs/r1/run.json") == b'{"v":1}'
        store.flush()
        assert store.get("runs/r1/run.json") == b'{"v":1}'

    def test_what_nobody_put_is_none(self, store: Any) -> None:
        assert store.get(DONE) is None

    def test_r1_the_first_create_wins(self, store: Any) -> None:
        assert store.create(DONE, b"first") is True
        assert store.create(DONE, b"second") is False
        assert store.get(DONE) == b"first"

    def test_create_loses_to_an_earlier_put(self, store: Any) -> None:
        store.put(DONE, b"first")
        assert store.create(DONE, b"second") is False

    def test_a_later_put_replaces(self, store: Any) -> None:
        store.put("runs/r1/end.json", b"first")
        store.flush()
        store.put("runs/r1/end.json", b"second, and longer")
        assert store.get("runs/r1/end.json") == b"second, and longer"
        assert store.list("runs/r1/") == ["runs/r1/end.json"]

    def test_values_are_any_bytes(self, store: Any) -> None:
        value = bytes(range(256)) * 3 + b"\n\n 5 00000000 runs/x y\n"
        store.put(DONE, value)
        store.flush()
        assert store.get(DONE) == value
        store.put(DONE, b"")
        assert store.get(DONE) == b""

    def test_keys_are_listed_sorted_by_prefix(self, store: Any) -> None:
        ends = ["-/a/01X.json", "-/a/01X.start.json", "-/done.json", "-/items/0.json", "0/done.json", "2.0/done.json"]
        one = [f"runs/r1/n/a-1/{end}" for end in ends]
        keys = [*one, "runs/r1/n/a-12/-/done.json", "runs/r1/run.json", "runs/r10/run.json"]
        for key in reversed(keys):
            store.put(key, b"x")
        assert store.list("runs/") == sorted(keys)
        assert store.list("runs/r1/n/a-1/") == sorted(one)
        assert store.list("runs/r1/n/a-1/-/") == sorted(key for key in one if "/-/" in key)
        assert store.list("runs/r1/n/a-1/2.0/") == ["runs/r1/n/a-1/2.0/done.json"]
        assert store.list("runs/r10/") == ["runs/r10/run.json"]
        assert store.list("runs/r2/") == []

    def test_closing_twice_is_no_fault(self, store: Any) -> None:
        store.put(DONE, b"x")
        store.close()
        store.close()

    def test_the_next_process_finds_everything(self, tmp_path: Path) -> None:
        if not self.lasts:
            pytest.skip("nothing outlives the process")
        first = self.make(tmp_path)
        first.create(DONE, b"one")
        first.put("runs/r1/end.json", b"two")
        first.put("runs/r1/end.json", b"three")
        first.close()
        again = self.make(tmp_path)
        assert (again.get(DONE), again.get("runs/r1/end.json")) == (b"one", b"three")
        assert again.create(DONE, b"other") is False
        again.close()


class Catalogs:
    """A catalog keeps content by its sha256. `make(path)` opens one on a folder; keeps: it gives back what it was
    given, and does not only tell what it was."""

    contract = "catalog"
    keeps = True

    def make(self, path: Path) -> Any:
        raise NotImplementedError

    @pytest.fixture
    def catalog(self, tmp_path: Path) -> Any:
        return self.make(tmp_path / "catalog")

    @pytest.mark.parametrize("size", [0, 9, 3 << 20])
    def test_a_file_goes_in_and_comes_out(self, catalog: Any, tmp_path: Path, size: int) -> None:
        data = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        (tmp_path / "a").write_bytes(data)
        (tmp_path / "a").chmod(0o750)
        (tmp_path / "link").symlink_to("a")
        sha = hashlib.sha256(data).hexdigest()
        told = {"sha256": sha, "size": size, "mode": 0o750}
        assert catalog.put(str(tmp_path / "a")) == catalog.put(str(tmp_path / "link")) == told
        if self.keeps:
            dest = tmp_path / "new" / "b"
            catalog.get(sha, str(dest), 0o640)
            assert (dest.read_bytes(), dest.stat().st_mode & 0o777) == (data, 0o640)
            (tmp_path / "a").write_bytes(b"changed since")
            assert catalog.read(sha) == data and catalog.has(sha)

    def test_bytes_are_content_like_any_other(self, catalog: Any) -> None:
        told = catalog.put_bytes(b"some")
        assert (told["sha256"], told["size"]) == (hashlib.sha256(b"some").hexdigest(), 4)
        assert not self.keeps or catalog.read(told["sha256"]) == b"some"

    def test_what_is_not_there_is_said(self, catalog: Any, tmp_path: Path) -> None:
        assert catalog.has("0" * 64) is False
        with pytest.raises(MissingBlob):
            catalog.read("0" * 64)
        with pytest.raises(MissingBlob):
            catalog.get("0" * 64, str(tmp_path / "c"))
        assert not os.path.exists(tmp_path / "c")


class Providers:
    """A provider gives the value of a secret or says in a sentence that it has none. `make(path, values)`: one that
    knows these; path: a folder of its own."""

    contract = "secrets"

    def make(self, path: Path, values: dict[str, str]) -> Any:
        raise NotImplementedError

    @pytest.mark.parametrize("value", ["hunter2", " two words ", "a=b'c\"d$e#f", "é漢"])
    def test_a_value_comes_as_it_is(self, tmp_path: Path, value: str) -> None:
        assert self.make(tmp_path, {"TOKEN": value, "OTHER": "no"}).get("TOKEN") == value

    def test_one_that_is_missing_or_empty_is_named_and_no_other_shown(self, tmp_path: Path) -> None:
        provider = self.make(tmp_path, {"EMPTY": "", "OTHER": "hunter2"})
        for name in ("EMPTY", "TOKEN"):
            with pytest.raises(SecretError, match=name) as caught:
                provider.get(name)
            assert "hunter2" not in str(caught.value)


class Serialisers:
    """A serialiser brings a value back as it was. module: has `dump` and `load`; values: some that it takes; same:
    whether two of them are equal."""

    contract = "serialiser"
    module: Any = None
    values: tuple[Any, ...] = ()

    @staticmethod
    def same(one: Any, other: Any) -> bool:
        return bool(one == other)

    def test_a_value_comes_back(self) -> None:
        assert self.values
        for value in self.values:
            file = io.BytesIO()
            self.module.dump(value, file)
            found = self.module.load(io.BytesIO(file.getvalue()))
            assert type(found) is type(value) and self.same(found, value)


class Views:
    """A view sees a run to its end, and changes nothing of it. view: its name."""

    contract = "view"
    view = ""

    def test_it_sees_a_run_that_has_everything(self, project: Callable[..., Project]) -> None:
        for shape in shapes():
            if shape.name in ("handlers", "map"):
                run = project(shape.files).cli("up", "pipeline.toml", "--output", self.view, "--json")
                shape.compare(run.exits(shape.code).silent("W801").json())

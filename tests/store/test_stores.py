"""What every run log promises, whatever it is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.store.journal import Journal
from runner.store.memory import Memory


def folder(path: Path) -> Any:
    from runner.agent.folder import Folder

    return Folder(str(path))


MAKERS: dict[str, Callable[[Path], Any]] = {
    "buffered": lambda path: Memory(),
    "file-system": lambda path: Journal(path / "journal"),
    "chunked-fs": folder,
}
DONE = "runs/r1/n/a-1/-/done.json"


@pytest.mark.parametrize("name", MAKERS)
class TestStore:
    """The contract. Another store passes it when it is named in MAKERS."""

    @pytest.fixture
    def store(self, name: str, tmp_path: Path) -> Iterator[Any]:
        store = MAKERS[name](tmp_path)
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
        keys = [
            DONE,
            "runs/r1/n/a-1/-/a/01X.json",
            "runs/r1/n/a-1/-/a/01X.start.json",
            "runs/r1/n/a-1/-/items/0.json",
            "runs/r1/n/a-1/0/done.json",
            "runs/r1/n/a-1/2.0/done.json",
            "runs/r1/n/a-12/-/done.json",
            "runs/r1/run.json",
            "runs/r10/run.json",
        ]
        for key in reversed(keys):
            store.put(key, b"x")
        assert store.list("runs/") == sorted(keys)
        assert store.list("runs/r1/n/a-1/") == sorted(key for key in keys if "/a-1/" in key)
        assert store.list("runs/r1/n/a-1/-/") == sorted(key for key in keys if "/a-1/-/" in key)
        assert store.list("runs/r1/n/a-1/2.0/") == ["runs/r1/n/a-1/2.0/done.json"]
        assert store.list("runs/r10/") == ["runs/r10/run.json"]
        assert store.list("runs/r2/") == []

    def test_closing_twice_is_no_fault(self, store: Any) -> None:
        store.put(DONE, b"x")
        store.close()
        store.close()


@pytest.mark.parametrize("name", ["file-system", "chunked-fs"])
def test_the_next_process_finds_everything(name: str, tmp_path: Path) -> None:
    first = MAKERS[name](tmp_path)
    first.create(DONE, b"one")
    first.put("runs/r1/end.json", b"two")
    first.put("runs/r1/end.json", b"three")
    first.close()
    again = MAKERS[name](tmp_path)
    assert again.get(DONE) == b"one"
    assert again.get("runs/r1/end.json") == b"three"
    assert again.create(DONE, b"other") is False
    again.close()

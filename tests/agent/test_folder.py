"""The run log in a folder: keys are names, a commit has one winner."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.agent.folder import Folder

NODE = "runs/R/n/train-0a1b2c3d"


def test_one_folder_a_node(tmp_path: Path) -> None:
    store = Folder(str(tmp_path))
    keys = [
        f"{NODE}/2.0/a/01H.json", f"{NODE}/2.0/a/01H.start.json", f"{NODE}/2.0/done.json",
        f"{NODE}/-/items/0.json", f"{NODE}/-/items/meta.json", "runs/R/run.json", "plans/ab/plan.json",
    ]  # fmt: skip
    for key in keys:
        store.put(key, key.encode())
    assert sorted(os.listdir(tmp_path / NODE)) == [
        "-.items.0.json", "-.items.meta.json", "2.0.a.01H.json", "2.0.a.01H.start.json", "2.0.done.json",
    ]  # fmt: skip
    assert [store.get(key) for key in keys] == [key.encode() for key in keys]
    assert store.list("") == sorted(keys)
    assert store.list("runs/R/") == sorted(keys)[1:]
    assert store.list(f"{NODE}/2.0/") == sorted(keys[:3])
    assert store.list(f"{NODE}/2.0/a/") == sorted(keys[:2])
    assert store.list(f"{NODE}/-/items/") == keys[3:5]
    assert store.list("plans/ab") == ["plans/ab/plan.json"]
    assert store.list("runs/none/") == []


def test_create_is_exclusive(tmp_path: Path) -> None:
    store = Folder(str(tmp_path))
    assert store.create(f"{NODE}/-/done.json", b"1")
    assert not store.create(f"{NODE}/-/done.json", b"2")
    assert store.get(f"{NODE}/-/done.json") == b"1"
    store.put(f"{NODE}/-/done.json", b"3")
    assert store.get(f"{NODE}/-/done.json") == b"3"
    assert not [name for name in os.listdir(tmp_path / NODE) if name.startswith(".")]


def test_create_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    store = Folder(str(tmp_path))
    assert store.create("runs/R/run.json", b"1") and not store.create("runs/R/run.json", b"2")
    assert store.get("runs/R/run.json") == b"1"


def test_of_many_writers_one_wins(tmp_path: Path) -> None:
    script = (
        "import sys; from runner.agent.folder import Folder; s = Folder(sys.argv[1]);"
        "print(sum(s.create(f'runs/R/n/a-00000000/{i}/done.json', sys.argv[2].encode() * 1000) for i in range(200)))"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path), str(n)], stdout=subprocess.PIPE, env=env)
        for n in range(3)
    ]
    assert sum(int(writer.communicate()[0]) for writer in writers) == 200
    store = Folder(str(tmp_path))
    for key in store.list("runs/R/"):
        value = store.get(key)
        assert value is not None and len(value) == 1000 and len(set(value)) == 1


@pytest.mark.parametrize("key", ["", "/x", "a/../b", "../x"])
def test_a_key_stays_in_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        Folder(str(tmp_path)).put(key, b"")


def test_flush_and_close_lose_nothing(tmp_path: Path) -> None:
    store = Folder(str(tmp_path))
    store.put("runs/R/end.json", b"{}")
    store.flush()
    store.close()
    assert Folder(str(tmp_path), sync=True).get("runs/R/end.json") == b"{}"
    assert store.get("runs/R/none.json") is None


def test_a_sync_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Folder(str(tmp_path))
    store.put("runs/r/run.json", b"{}")

    def fail(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="run.json"):
        store.flush()


def test_half_an_object_does_not_stand_in_the_way_of_a_whole_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    store = Folder(str(tmp_path))
    store.put("runs/r/run.json", b"{}")
    real = os.write
    room = [len(b"value")]  # for the object beside its place, not for the one in it

    def write(fd: int, data: bytes) -> int:
        if not room[0]:
            full()
        done = real(fd, data)
        room[0] -= done
        return done

    monkeypatch.setattr(os, "link", full)
    monkeypatch.setattr(os, "write", write)
    with pytest.raises(OSError, match="space"):
        store.create("runs/r/end.json", b"value")
    monkeypatch.undo()
    assert store.get("runs/r/end.json") is None
    assert store.create("runs/r/end.json", b"value")

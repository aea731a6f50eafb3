"""The agent of a container: what a driver says down a pipe is run, answered, stopped, and ends with the driver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.run.packed import message

HERE = Path(__file__).resolve().parents[2]
COUNTED = """
import sys
sys.path.insert(0, {root!r})
from runner.agent.__main__ import main
code = main({words!r})
print(*sys.modules)
sys.exit(code)
"""
DEAR = {"argparse", "hashlib", "random", "shutil", "subprocess", "tempfile", "threading", "zipfile"}


class Driver:
    """The other end of an agent's input and output."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.folder = folder
        code = COUNTED.format(root=str(HERE), words=list(words))
        pipe = subprocess.PIPE
        self.agent = subprocess.Popen([sys.executable, "-I", "-S", "-c", code], stdin=pipe, stdout=pipe)
        assert self.agent.stdin is not None and self.agent.stdout is not None
        self.ask, self.words = self.agent.stdin, self.agent.stdout
        self.count = 0

    def call(self, script: str, **more: Any) -> Path:
        """Send a call; the path of its record."""
        self.count += 1
        report = self.folder / str(self.count)
        report.mkdir()
        call = {
            "id": "a-0", "key": "-", "path": "a", "label": "a", "n": 1, "attempt": str(self.count), "kind": "shell",
            "run": {"id": "r", "name": "n"}, "root": str(self.folder), "catalog": {"type": "do-nothing"},
            "scratch": str(report / "work"), "log": str(report / "log"), "grace": 2, "definition": "d",
            "env": {}, "files": {}, "params": {}, "inputs": [], "outputs": [], "returns": [], "secrets": [],
            "script": script,
            **more,
        }  # fmt: skip
        self.send({"call": call, "report": str(report)})
        return report / "end.json"

    def send(self, told: dict[str, Any]) -> None:
        self.write(message(told))

    def write(self, data: bytes) -> object:
        self.ask.write(data)
        return self.ask.flush()

    def over(self) -> list[str]:
        """Go away; what the agent printed at its end."""
        self.ask.close()
        self.agent.wait(20)
        return self.words.read().decode().split()


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Callable[..., Driver]]:
    made: list[Driver] = []

    def make(*words: str) -> Driver:
        made.append(Driver(tmp_path, *words))
        return made[-1]

    yield make
    for one in made:
        one.agent.kill()
        one.over()
        one.words.close()


def read(record: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(record.read_text())
    return found


def test_a_call_is_answered_as_soon_as_its_record_is_there(driver: Callable[..., Driver], tmp_path: Path) -> None:
    one = driver("execute-call", "--told", "0", "--report", str(tmp_path))
    one.call("true")
    assert one.words.readline() == b"end\n"
    assert read(tmp_path / "end.json")["status"] == "succeeded"
    one.over()
    assert one.agent.returncode == 0


def test_an_agent_starts_with_few_modules(driver: Callable[..., Driver], tmp_path: Path) -> None:
    """Each of ours is compiled at each start of a zip, and each other one is read from the disk of an image."""
    one = driver("execute-call", "--told", "0", "--report", str(tmp_path))
    one.call("true")
    assert one.words.readline() == b"end\n"
    loaded = set(one.over())
    assert not DEAR & loaded
    assert len({name for name in loaded if name.split(".")[0] == "runner"}) <= 20


def test_calls_of_one_agent_come_one_after_the_other(driver: Callable[..., Driver]) -> None:
    one = driver("execute-calls", "--told", "0")
    statuses = []
    for script in ("echo $$; true", "exit 3", "true"):
        record = one.call(script)
        assert one.words.readline() == b"end\n"
        statuses.append(read(record)["status"])
    assert statuses == ["succeeded", "failed", "succeeded"]


@pytest.mark.parametrize("how", ["told", "gone"])
def test_a_step_is_stopped_by_a_word_and_when_its_driver_is_gone(driver: Callable[..., Driver], how: str) -> None:
    one = driver("execute-calls", "--told", "0")
    on = one.folder / "on"
    record = one.call(f"trap 'exit 5' TERM; echo > '{on}'; sleep 60 & wait")
    while not on.exists():
        assert one.agent.poll() is None
    if how == "told":
        one.send({"stop": True})
        assert one.words.readline() == b"end\n"
    else:
        one.over()
    assert (read(record)["status"], read(record)["exit"]) == ("cancelled", 5)


def test_a_word_that_comes_too_late_stops_nothing(driver: Callable[..., Driver]) -> None:
    one = driver("execute-calls", "--told", "0")
    one.call("true")
    assert one.words.readline() == b"end\n"
    one.send({"stop": True})
    record = one.call("true")
    assert one.words.readline() == b"end\n"
    assert read(record)["status"] == "succeeded"


def test_a_message_may_come_in_pieces(driver: Callable[..., Driver]) -> None:
    one = driver("execute-calls", "--told", "0")
    pieces: list[bytes] = []
    one.write = pieces.append  # type: ignore[method-assign]
    record = one.call("true", params={"long": "x" * (1 << 17)})
    for start in range(0, len(pieces[0]), 50_000):
        os.write(one.ask.fileno(), pieces[0][start : start + 50_000])
    assert one.words.readline() == b"end\n"
    assert read(record)["status"] == "succeeded"

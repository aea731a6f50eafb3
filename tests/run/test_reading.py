"""What reading a run costs, counted; and that the quick ways of reading see what the slow ones do."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.commands import common
from runner.rules.keys import attempt_key, done_key, dumps, start_key
from runner.run import machine, records
from runner.store.journal import Journal
from runner.testing.project import Project

TASKS = "".join(f'[steps.s{n}]\nshell = "true"\n' for n in range(30))


class Plain:
    """A store that gives one object at a time."""

    def __init__(self, store: Any) -> None:
        self.list, self.get = store.list, store.get


def filled(path: Path, steps: int) -> Journal:
    journal = Journal(path)
    for number in range(steps):
        id, attempt = f"s{number}", f"A{number}"
        journal.put(start_key("r", id, (), attempt), dumps({"v": 1, "n": 1, "at": 1.0}))
        if number % 3 == 0:
            journal.put(attempt_key("r", id, (), attempt), dumps({"attempt": attempt, "status": "failed", "n": 1}))
        elif number % 3 == 1:
            journal.put(done_key("r", id, ()), dumps({"attempt": attempt, "status": "succeeded", "n": 1, "says": "é"}))
    journal.close()
    return Journal(path, write=False)


def counted(monkeypatch: pytest.MonkeyPatch, holder: Any, name: str) -> list[Any]:
    calls: list[Any] = []
    real: Callable[..., Any] = getattr(holder, name)
    monkeypatch.setattr(holder, name, lambda *args, **more: calls.append(args) or real(*args, **more))
    return calls


@pytest.mark.parametrize("steps", [30, 3000])
def test_records_are_read_at_once_and_decoded_by_the_thousand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    reads = counted(monkeypatch, os, "pread")
    journal = filled(tmp_path / "journal", steps)
    decodings = counted(monkeypatch, json, "loads")
    found = records.read(journal, "r")
    assert len(reads) == 1  # to open it
    assert len(decodings) <= steps * 2 // records.AT_ONCE + 3
    starts = [key for key in found if key.endswith(".start.json")]
    assert len(found) == steps // 3 * 4 and len(starts) == steps // 3 * 2  # of commits the starts tell nothing more
    journal.close()


def test_all_at_once_is_what_one_by_one_gives(tmp_path: Path) -> None:
    journal = filled(tmp_path / "journal", 30)
    assert records.read(journal, "r") == records.read(Plain(journal), "r")
    writer = Journal(tmp_path / "journal")
    writer.put("runs/r/end.json", b'{"status":"succeeded"}')
    assert bytes(writer.take("runs/r/end")["runs/r/end.json"]) == b'{"status":"succeeded"}'
    assert writer.take("none/") == {}
    writer.close()
    assert journal.refresh()
    assert records.read(journal, "r")["runs/r/end.json"] == {"status": "succeeded"}
    journal.close()


@pytest.mark.parametrize("torn", [b"", b'{"a":1', b"[1", b'{"a":"x', b"1,2", b"]", b"\xff"])
def test_what_is_no_json_is_left_out_and_harms_no_other(torn: bytes) -> None:
    whole = [b'{"n":1}', b'{"n":2}', b"[3]", b"4"]
    for place in range(len(whole) + 1):
        values = [*whole[:place], torn, *whole[place:]]
        told = [{"n": 1}, {"n": 2}, [3], 4]
        assert records.decoded(values) == [*told[:place], None, *told[place:]]


def test_to_tell_of_a_run_its_machine_starts_nothing(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": f'name = "x"\n{TASKS}'})
    made.cli("up", "--json").ok()
    with pytest.MonkeyPatch.context() as patch:
        asked = counted(patch, machine.Machine, "next")
        started = counted(patch, machine.Machine, "_start")
        told = common.open_run("@last", made.root).run
    assert (len(asked), started) == (1, [])  # one pass, whatever the number of steps
    assert {entry["status"] for entry in told["nodes"].values()} == {"succeeded"}

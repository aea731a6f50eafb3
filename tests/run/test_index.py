"""The index of runs and the names that people type."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.run import index
from runner.text.diagnostics import Refused


def filled(root: Path, *names: str, **more: Any) -> None:
    for number, name in enumerate(names):
        index.note(root, {"run": f"01id{number}", "name": name, "pipeline": "p", "start": float(number), **more})


def refused(root: Path, text: str) -> tuple[str, str]:
    with pytest.raises(Refused) as caught:
        index.find(root, text)
    problem = caught.value.problems[0]
    return problem.code, f"{problem.message} {problem.hint or ''}"


def test_a_run_is_found_by_name_id_and_unique_prefix(tmp_path: Path) -> None:
    filled(tmp_path, "brisk-otter-1", "brisk-owl-2", "calm-yak-3")
    for text in ("brisk-otter-1", "01id0", "brisk-ot"):
        assert index.find(tmp_path, text)["name"] == "brisk-otter-1"
    code, said = refused(tmp_path, "brisk")
    assert code == "E931"
    assert "brisk-otter-1" in said
    assert "brisk-owl-2" in said


def test_a_whole_name_wins_over_longer_ones(tmp_path: Path) -> None:
    filled(tmp_path, "calm-yak-3", "calm-yak-33")
    assert index.find(tmp_path, "calm-yak-3")["run"] == "01id0"


def test_an_unknown_name_gets_a_near_one(tmp_path: Path) -> None:
    filled(tmp_path, "brisk-otter-1")
    code, said = refused(tmp_path, "brisk-oter-1")
    assert code == "E930"
    assert "brisk-otter-1" in said


def test_last_and_failed_are_the_newest_ones(tmp_path: Path) -> None:
    assert refused(tmp_path, "@last")[0] == "E930"
    filled(tmp_path, "a-1", "b-2", "c-3")
    index.note(tmp_path, {"run": "01id0", "status": "failed"})
    index.note(tmp_path, {"run": "01id1", "pid": os.getpid(), "born": index.born(os.getpid())})
    index.note(tmp_path, {"run": "01id2", "status": "succeeded"})
    assert index.find(tmp_path, "@last")["name"] == "c-3"
    assert index.find(tmp_path, "@failed")["name"] == "a-1", "the second is running"
    index.note(tmp_path, {"run": "01id1", "born": "never"})
    assert index.find(tmp_path, "@failed")["name"] == "b-2", "the second is lost"


def test_what_is_said_later_of_a_run_is_laid_over_what_was_said_before(tmp_path: Path) -> None:
    filled(tmp_path, "a-1", "b-2")
    index.note(tmp_path, {"run": "01id0", "status": "failed", "end": 9.0})
    assert [(run["name"], run.get("status")) for run in index.runs(tmp_path)] == [("b-2", None), ("a-1", "failed")]


def test_a_torn_line_costs_itself_and_not_the_next(tmp_path: Path) -> None:
    filled(tmp_path, "a-1")
    with open(index.path(tmp_path), "ab") as file:
        file.write(b'{"run": "01id8", "na')
    index.note(tmp_path, {"run": "01id9", "name": "z-9"})
    assert [run["name"] for run in index.runs(tmp_path)] == ["z-9", "a-1"]


def test_new_names_are_two_words_and_a_number_that_no_run_has(tmp_path: Path) -> None:
    for number in range(150):
        name = index.new_name(tmp_path)
        assert name not in {run["name"] for run in index.runs(tmp_path)}
        assert len(name.split("-")) == 3
        index.note(tmp_path, {"run": str(number), "name": name})


def test_a_run_is_alive_while_its_own_process_is(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    entry = {"pid": child.pid, "born": index.born(child.pid)}
    assert index.alive(entry)
    assert not index.alive({**entry, "born": "1"})  # another process with that number
    assert not index.alive({**entry, "status": "succeeded"})
    child.communicate(b"\n")
    assert not index.alive(entry)
    assert not index.alive({"pid": os.getpid()})

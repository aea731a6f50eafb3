"""Resumes in a row, and several at once: one goes on, the others name it; nothing that was committed runs again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.drill import FILES, Drill, log, runs, told
from runner.testing.project import Project

Made = Callable[..., Project]
SLOW = """
name = "x"
[steps.a]
shell = "echo a >> log"
[steps.b]
needs = ["a"]
shell = "echo b >> log; test -e ok && sleep 1"
"""
THREE = """
name = "x"
[steps.a]
shell = "echo a >> log"
[steps.b]
needs = ["a"]
shell = "echo b >> log; test -e ok1"
[steps.c]
needs = ["b"]
shell = "echo c >> log; test -e ok2"
"""


@pytest.mark.parametrize("store", ["file-system", "chunked-fs"])
def test_of_resumes_at_once_one_goes_on_and_the_others_name_it(project: Made, store: str) -> None:
    found = project({"pipeline.toml": SLOW, "profiles/p.toml": f'[run-log]\ntype = "{store}"\n'})
    found.run("up", "--profile", "p").exits(1)
    found.write({"ok": ""})
    ends = [
        (process.wait(60), process.stderr.read() if process.stderr else "", process)
        for process in [found.popen("up", "--resume", "--output", "quiet") for _ in range(4)]
    ]
    assert sorted(code for code, _, _ in ends) == [0, 4, 4, 4]
    winner = next(entry["name"] for entry in runs(found) if entry["status"] == "succeeded")
    for code, said, _ in ends:
        assert code == 0 or (f"`{winner}`" in said and ("E707" in said or "E708" in said)), said
    assert log(found) == ["a", "b", "b"]


def test_who_comes_late_is_told_and_is_not_what_the_next_one_goes_on_from(project: Made) -> None:
    found = project({"pipeline.toml": THREE})
    found.run("up", "--name", "one").exits(1)
    # it has read what `one` did, and stands still before it makes itself known
    spec = json.dumps({"at": 1, "do": "stop", "of": "open-w"})
    words = [sys.executable, "-m", "runner.testing.faulty", spec, "up", "--resume", "one", "--name", "late"]
    late = subprocess.Popen(words, cwd=found.root, env=found.environment(), stderr=subprocess.PIPE, text=True)
    found.wait(lambda: state(late.pid) == "T")
    found.write({"ok1": ""})
    found.run("up", "--resume", "one", "--name", "won").exits(1)
    late.send_signal(signal.SIGCONT)
    _, said = late.communicate(timeout=60)
    assert late.returncode == 4 and "error[E708]: `one` is gone on with by `won` already" in said
    assert next((entry["name"], entry["status"]) for entry in runs(found)) == ("late", "cancelled")
    found.write({"ok2": ""})
    found.run("up", "--resume").ok()
    assert log(found) == ["a", "b", "b", "c", "c"]
    assert len({entry["name"] for entry in runs(found)}) == 4


def state(pid: int) -> str:
    """Of a process, as the kernel says it."""
    return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]


def test_three_in_a_row_that_die_and_one_that_ends(project: Made, drill: Drill) -> None:
    found = project(FILES)
    for at, words in ((140, []), (60, ["--resume"]), (110, ["--resume"]), (90, ["--resume"])):
        assert drill.broken(found, {"at": at, "do": "kill"}, *words).code == -9
    done, _ = drill.committed(found)
    outcome = drill.resumed(found)
    assert done
    assert told(json.loads(outcome.out)) == drill.end

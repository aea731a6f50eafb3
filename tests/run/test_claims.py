"""N50: a run holds the paths that it writes; a second run that meets them exits 4 and is told of the first."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.run.claims import hold, meeting
from runner.run.mutex import mutex
from runner.run.outputs import Output
from runner.testing.project import Project
from runner.text.diagnostics import Refused

Made = Callable[..., Project]

ONE = """
name = "one"
[steps.write]
inputs = ["in.txt"]
outputs = ["made/o1.txt"]
shell = "touch one-began; until test -e go; do sleep 0.02; done; cp in.txt made/o1.txt"
"""
TWO = ONE.replace("one-", "two-").replace("o1.txt", "o2.txt")
TOLD = """\
error[E709]: `first` (pid {pid}) still runs, and writes `made/o1.txt`
 --> pipeline.toml:4:12
  |
4 | outputs = ["made/o1.txt"]
  |            ^^^^^^^^^^^^^ wait for it, or end it: `kill {pid}`

1 problem in pipeline.toml
"""


def began(found: Project, *words: str, mark: str = "one-began") -> subprocess.Popen[str]:
    process = found.popen("up", *words)
    found.wait(lambda: found.exists(mark))
    return process


def writing(*paths: str) -> str:
    return f'name = "w"\n[steps.a]\noutputs = {json.dumps(paths)}\nshell = "true"\n'


def test_a_second_run_of_the_same_outputs_is_told_who_writes_them(project: Made) -> None:
    found = project({"pipeline.toml": ONE, "in.txt": "x"})
    first = began(found, "--name", "first")
    second = found.run("up", "--name", "second").exits(4)
    assert second.err == TOLD.format(pid=first.pid)
    assert [run["name"] for run in found.cli("runs", "--json").json()] == ["first"], "the second has not begun"
    found.write({"go": ""})
    assert first.wait(20) == 0
    assert found.read("made/o1.txt") == "x"
    found.cli("up", "--name", "second").ok()
    assert found.files(".runner/locks/*") == []


def test_runs_that_share_inputs_only_never_meet(project: Made) -> None:
    found = project({"pipeline.toml": ONE, "two.toml": TWO, "in.txt": "x"})
    first, second = began(found), began(found, "two.toml", mark="two-began")
    assert first.poll() is None
    found.write({"go": ""})
    assert (first.wait(20), second.wait(20)) == (0, 0)


def test_nothing_is_left_to_unlock_after_a_kill(project: Made) -> None:
    found = project({"pipeline.toml": ONE, "in.txt": "x"})
    first = began(found, "--name", "first")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    found.write({"in.txt": "y", "go": ""})
    found.run("up").ok()
    assert found.read("made/o1.txt") == "y"
    assert found.files(".runner/locks/*") == []


def test_what_a_killed_run_left_at_work_on_the_paths_is_ended_first(project: Made) -> None:
    late = "echo >> log; if test -e go; then echo fresh > o; else until test -e never; do sleep 0.05; done; fi"
    found = project({"pipeline.toml": f'name = "x"\n[steps.a]\noutputs = ["o"]\nshell = "{late}"\n'})
    first = began(found, mark="log")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    found.write({"go": ""})
    found.run("up").ok()
    assert found.read("o") == "fresh\n"  # `close` of the project finds who is still there


@pytest.mark.parametrize("words", [["--isolate"], []], ids=["isolated", "in place"])
def test_a_run_that_is_refused_leaves_the_first_unharmed(project: Made, words: list[str]) -> None:
    found = project({"pipeline.toml": ONE, "in.txt": "x"})
    step = (
        found.read("pipeline.toml")
        .replace("one-began", f"{found.root}/one-began")
        .replace("-e go", f"-e {found.root}/go")
    )
    found.write({"pipeline.toml": step})
    first = began(found, *words)
    found.run("up", *words).exits(4).says("E709")
    found.write({"go": ""})
    assert first.wait(20) == 0


def test_items_apart_are_no_conflict_and_a_folder_above_is(project: Made) -> None:
    text = """
        name = "items"
        [params]
        names = ["a"]
        [steps.m]
        for-each = { n = "${names}" }
        outputs = ["made/${n}.txt"]
        shell = 'touch "began-$RUNNER_PARAM_n"; until test -e go; do sleep 0.02; done; touch "made/$RUNNER_PARAM_n.txt"'
    """
    found = project({"pipeline.toml": text, "folder.toml": writing("made/"), "glob.toml": writing("*/b.txt")})
    first = began(found, mark="began-a")
    second = began(found, "--param", 'names=["b"]', mark="began-b")
    found.run("up", "folder.toml").exits(4).says("`made/`", "(as `made/a.txt`)", "(as `made/b.txt`)", "2 problems")
    found.run("up", "glob.toml").exits(4).says("`*/b.txt`", "(as `made/b.txt`)", "1 problem")
    found.write({"go": ""})
    assert (first.wait(20), second.wait(20)) == (0, 0)


def test_many_outputs_are_one_file_and_one_lock(project: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    """The calls of the kernel are as many for a thousand outputs as for one."""
    counts: dict[int, list[str]] = {}
    for size in (0, 1, 1000):
        root = project().root
        calls = counts.setdefault(size, [])
        with monkeypatch.context() as patch:
            for module, name in ((os, "open"), (os, "write"), (fcntl, "flock"), (os, "listdir"), (os, "unlink")):
                patch.setattr(module, name, noted(calls, name, getattr(module, name)))
            with hold(plan(size), RUN, root, lambda id, number: None) as held:
                assert not held.warnings
    assert counts[0] == []
    assert (
        counts[1] == counts[1000] == ["listdir", "open", "open", "flock", "write", "unlink"]
    )  # one open makes the folder


def noted(calls: list[str], name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def called(*args: Any, **more: Any) -> Any:
        calls.append(name)
        return real(*args, **more)

    return called


RUN: dict[str, Any] = {"run": "01", "name": "calm-yak-1", "first": {}, "date": "", "scheduled": None, "params": {}}


def plan(size: int) -> dict[str, Any]:
    outputs = [{"path": f"made/{number}.txt", "kind": "file"} for number in range(size)]
    return {"nodes": {"a-1": {"type": "task", "do": {"outputs": outputs}}}}


def test_a_thousand_outputs_are_told_in_one_line(tmp_path: Path) -> None:
    mine = [Output("a-1", number, f"made/{number}.txt") for number in range(1000)]
    assert len(meeting(mine, [one.pattern for one in mine])) == 1000
    asked: list[int] = []
    with hold(plan(1000), RUN, tmp_path, lambda id, number: None), pytest.raises(Refused) as refused:
        hold(plan(1000), {**RUN, "run": "02"}, tmp_path, lambda id, number: asked.append(number))
    assert len(refused.value.problems) == len(asked) == 1
    assert refused.value.problems[0].message.endswith("`made/0.txt` and 999 other outputs of this pipeline")


def test_a_place_without_locks_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    with mutex(tmp_path) as alone, hold(plan(1), RUN, tmp_path, lambda id, number: None) as held:
        assert not alone
        assert [(one.code, one.message) for one in held.warnings] == [
            ("W708", "no other run is kept from writing the outputs of this one meanwhile: No locks available")
        ]
    assert not list((tmp_path / ".runner" / "locks").iterdir())


def test_a_stopped_process_holds_nobody_up_for_ever(tmp_path: Path) -> None:
    code = """
import sys; from pathlib import Path; from runner.run.mutex import mutex
with mutex(Path(sys.argv[1])): print(1, flush=True); input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with mutex(tmp_path, patience=0.05) as alone:
            assert not alone
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    with mutex(tmp_path, patience=0.05) as alone:
        assert alone


def test_the_garbage_of_a_killed_claim_is_passed_over(tmp_path: Path) -> None:
    folder = tmp_path / ".runner" / "locks"
    folder.mkdir(parents=True)
    (folder / "00").write_text('{"run": "00", "na')
    with hold(plan(2), RUN, tmp_path, lambda id, number: None) as held:
        assert not held.warnings

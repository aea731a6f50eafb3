"""Slots: what running attempts write into serves again, and nobody sees that."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from runner.agent.slots import Slots


def text(call: dict[str, Any]) -> str | None:
    """What stands in the log of a call; None without one."""
    path = Path(call["log"])
    return path.read_text() if path.exists() else None


def in_slot(project: Any, script: str, slot: int = 0) -> dict[str, Any]:
    """Run a script with the slot's scratch folder; its end."""
    end: dict[str, Any] = project.run(
        "shell", script=script, scratch=str(project.root / ".runner" / "work" / f"s{slot}")
    )
    return end


def test_silent_steps_share_one_log_and_one_folder(project: Any) -> None:
    in_slot(project, "exit 0")
    work = project.root / ".runner" / "work"
    log, folder = os.stat(work / "s0.log").st_ino, os.stat(work / "s0").st_ino
    for _ in range(3):
        assert in_slot(project, "exit 0")["log"]["bytes"] == 0
        assert text(project.last) is None
    assert (os.stat(work / "s0.log").st_ino, os.stat(work / "s0").st_ino) == (log, folder)


def test_what_is_printed_stands_under_the_step_s_own_name(project: Any) -> None:
    texts = []
    for script in ("echo one", "exit 0", "echo three; echo err >&2"):
        in_slot(project, script)
        texts.append(text(project.last))
    assert texts == ["one\n", None, "three\nerr\n"]


def test_a_failure_has_a_log_even_when_it_printed_nothing(project: Any) -> None:
    assert in_slot(project, "exit 3")["status"] == "failed" and text(project.last) == ""


def test_a_daemon_never_writes_into_the_log_of_the_next_step(project: Any) -> None:
    go = project.root / "go"
    daemon = f"setsid bash -c 'touch up; until [ -e {go} ]; do sleep 0.01; done; echo stray; touch said' & "
    in_slot(project, daemon + "until [ -e up ]; do sleep 0.01; done")
    handle = project.start("shell", script="until [ -e said ]; do sleep 0.01; done", scratch=project.last["scratch"])
    go.touch()
    project.wait(handle)
    assert text(project.last) is None


def test_a_log_has_its_name_while_the_step_runs(project: Any) -> None:
    handle = project.start("shell", script="echo now; until [ -e go ]; do sleep 0.01; done")
    until = time.monotonic() + 20
    while text(project.last) != "now\n" and time.monotonic() < until:
        project.local.poll(0.05)
    assert text(project.last) == "now\n"
    (project.root / "go").touch()
    assert project.wait(handle)["log"]["bytes"] == 4


def test_what_a_step_leaves_in_its_scratch_folder_is_gone_for_the_next(project: Any) -> None:
    leave = 'echo x > "$(dirname "$RUNNER_RETURNS")/junk"'
    for script in (leave, 'ls -A "$(dirname "$RUNNER_RETURNS")"', leave, 'ls -A "$(dirname "$RUNNER_RETURNS")"'):
        assert in_slot(project, script)["log"]["bytes"] == 0


def test_a_change_within_one_tick_of_the_clock_is_seen(tmp_path: Path) -> None:
    slots, folder = Slots(), tmp_path / "s"
    slots.folder(str(folder), time.time_ns())
    before = os.stat(folder)
    (folder / "returns").touch()
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not slots.untouched(str(folder))


def test_a_step_that_removes_the_logs_of_all_does_no_harm(project: Any) -> None:
    in_slot(project, "exit 0")
    assert in_slot(project, "rm -r .runner/work; echo gone")["status"] == "succeeded"
    assert in_slot(project, 'echo on; echo x > "$RUNNER_METRICS"')["status"] == "succeeded"
    assert text(project.last) == "on\n"


def test_a_step_without_a_process_leaves_the_folder_of_its_slot_alone(project: Any) -> None:
    scratch = str(project.root / ".runner" / "work" / "s0")
    in_slot(project, "exit 0")
    assert project.run("stub", scratch=scratch)["status"] == "succeeded"
    end = in_slot(project, 'echo r=1 > "$RUNNER_RETURNS"')
    assert end["status"] == "succeeded", project.log()

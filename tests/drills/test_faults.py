"""Every operation of a run may fail: the run ends in a sentence, and goes on to the same end when the fault is gone.

A sample of the points by default; all of them with RUNNER_DRILL=all, which `make drill` sets.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from runner.testing.drill import FILES, Drill, every, log, runs, told
from runner.testing.project import Project

Made = Callable[..., Project]
SAMPLE = {
    "ENOSPC": [9, 47, 89, 150],
    "EIO": [11, 93, 222, 262],
    "EMFILE": [2, 13, 36, 78],
    "EROFS": [6, 77, 140],
    "EAGAIN": [4],
    "ENOMEM": [10],
}
MOST = {"ENOSPC": 240, "EIO": 360, "EMFILE": 150, "EROFS": 240, "EAGAIN": 16, "ENOMEM": 30, "short": 75}
"""Operations that can fail in a way: all that a run has, and a few more, since who ends first makes a difference."""
ENDS = {0, 1, 3, 4}


def points() -> list[tuple[str, int, bool]]:
    """(error, number of the operation, whether all that follow fail too)."""
    if every():
        return [(error, at, last) for error in SAMPLE for at in range(1, MOST[error]) for last in (False, True)]
    return [(error, at, number % 2 == 0) for error, sample in SAMPLE.items() for number, at in enumerate(sample)]


@pytest.mark.parametrize("error", MOST if every() else ["EAGAIN"])
def test_the_full_drill_leaves_no_operation_out(project: Made, drill: Drill, error: str) -> None:
    assert len(drill.broken(project(FILES), {"do": error}).seen) < MOST[error]


@pytest.mark.parametrize(("error", "at", "lasting"), points())
def test_what_fails_is_told_and_the_run_can_go_on(
    project: Made, drill: Drill, error: str, at: int, lasting: bool
) -> None:
    found = project(FILES)
    done = drill.broken(found, {"at": at, "do": error, "lasting": lasting})
    if at > len(done.seen):
        pytest.skip(f"this run had {len(done.seen)} operations that can fail so")
    assert done.code in ENDS, done.err
    assert "Traceback" not in done.err
    if done.code == 0 and told(json.loads(done.out)) == drill.end:  # nothing that counts had failed
        assert not drill.lost(found)
    else:
        assert "error[E" in done.err or "errored" in done.err, done.err
    if error in ("ENOSPC", "EIO", "EROFS"):  # the others may meet a process or a pipe
        assert all("`" in line.partition(": ")[2] for line in done.err.splitlines() if line.startswith("error[E70"))
    if done.code == 3:
        assert not runs(found) and not log(found), "only files that could not be read are wrong files"
    drill.resumed(found)


@pytest.mark.parametrize("at", range(1, MOST["short"]) if every() else [3, 25])
def test_a_write_that_takes_half_is_gone_on_with(project: Made, drill: Drill, at: int) -> None:
    found = project(FILES)
    done = drill.broken(found, {"at": at, "do": "short"})
    assert done.code == 0, done.err
    assert told(json.loads(done.out)) == drill.end
    assert not drill.lost(found)


LONG = """
name = "x"
[steps.long]
shell = "trap '' TERM; echo began > began; while true; do sleep 0.1; done"
[steps.short]
shell = "until test -e began; do sleep 0.01; done; echo short >> log"
[steps.next]
needs = ["short"]
shell = "echo next >> log"
[finally.end]
shell = "echo end >> log"
"""


def test_a_record_that_finds_no_room_ends_what_runs(project: Made, drill: Drill) -> None:
    found = project({"pipeline.toml": LONG})
    ends = writes_until_next(found, drill)
    done = drill.broken(found, {"at": ends, "do": "ENOSPC", "of": "write", "lasting": True})
    assert done.code == 4 and "error[E704]: the run can't go on: No space left on device: `.runner/runs/" in done.err
    assert log(found)[-1] == "short"  # nothing follows, no `[finally]` either; that `long` is gone is seen by `project`


def writes_until_next(found: Project, drill: Drill) -> int:
    """The number of the write that would put the end of `short` on record."""
    for at in range(1, 20):
        found.path("began").unlink(missing_ok=True)
        found.path("log").unlink(missing_ok=True)
        drill.broken(found, {"at": at, "do": "EIO", "of": "write", "lasting": True})
        if "short" in log(found):
            return at
    raise AssertionError("no write came after a step")

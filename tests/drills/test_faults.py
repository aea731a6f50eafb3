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
    "ENOSPC": [1, 9, 25, 47, 89, 130, 165],
    "EIO": [11, 40, 93, 150, 222, 262],
    "EMFILE": [2, 13, 31, 55, 79],
    "EROFS": [6, 30, 77, 140],
    "EAGAIN": [1, 4, 9],
    "ENOMEM": [3, 14],
}
MOST = 400  # operations that can fail in one way, at most
ENDS = {0, 1, 3, 4}


def points() -> list[tuple[str, int, bool]]:
    """(error, number of the operation, whether all that follow fail too)."""
    found = []
    for error, sample in SAMPLE.items():
        for number, at in enumerate(range(1, MOST) if every() else sample):
            found += [(error, at, last) for last in ((False, True) if every() else (number % 2 == 0,))]
    return found


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
    if done.code == 3:
        assert not runs(found) and not log(found), "only files that could not be read are wrong files"
    drill.resumed(found)


@pytest.mark.parametrize("at", range(1, 80) if every() else [3, 14, 25])
def test_a_write_that_takes_half_is_gone_on_with(project: Made, drill: Drill, at: int) -> None:
    found = project(FILES)
    done = drill.broken(found, {"at": at, "do": "short"})
    assert done.code == 0, done.err
    assert told(json.loads(done.out)) == drill.end
    assert not drill.lost(found)

"""The clock of the wall jumps while a run goes on: what waits, waits as long as it was told to; no time runs back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.testing.drill import FILES, Drill, every, told
from runner.testing.project import Project

Made = Callable[..., Project]
DAY = 86_400.0
WAITING = """
name = "x"
timeout = "1h"
[steps.again]
shell = "mkdir .once 2> /dev/null && exit 1; true"
retry = { attempts = 2, delay = "50ms" }
[steps.short]
needs = ["again"]
timeout = "1h"
shell = "sleep 0.2"
[steps.group.steps.one]
needs = []
shell = "sleep 0.1"
[steps.group.steps.two]
needs = ["one"]
shell = "true"
"""
JUMPS = pytest.mark.parametrize("by", [-DAY, DAY, -0.05])


def times(node: Any) -> Iterator[tuple[float, float]]:
    """Begin and end of everything that says when it was."""
    if isinstance(node, dict):
        if node.get("start") is not None and node.get("end") is not None:
            yield node["start"], node["end"]
        for one in node.values():
            yield from times(one)
    elif isinstance(node, list):
        for one in node:
            yield from times(one)


def right(run: dict[str, Any]) -> None:
    """All lasted no less than nothing, within the run, and attempts follow each other by number, id and time."""
    spans = list(times(run))
    assert spans and all(run["start"] <= start <= end <= run["end"] for start, end in spans), run
    assert run["end"] - run["start"] < 60
    for node in run["nodes"].values():
        tries = node["attempts"]
        assert [one["n"] for one in tries] == list(range(1, len(tries) + 1))
        assert sorted(tries, key=lambda one: one["attempt"]) == tries == sorted(tries, key=lambda one: one["start"])


@JUMPS
@pytest.mark.parametrize("at", range(20, 120, 3) if every() else [40])
def test_a_run_whose_clock_jumps(project: Made, drill: Drill, by: float, at: int) -> None:
    found = project({"pipeline.toml": WAITING})
    done = drill.broken(found, {"at": at, "do": "jump", "by": by})
    assert done.code == 0, done.err
    assert len(done.seen) >= at, "the clock never jumped"
    run = json.loads(done.out)
    assert run["status"] == "succeeded"
    right(run)


@JUMPS
def test_a_run_that_dies_and_goes_on_at_another_time(project: Made, drill: Drill, by: float) -> None:
    found = project(FILES)
    assert drill.broken(found, {"at": 150, "do": "kill"}).code == -9
    committed, _ = drill.committed(found)
    done = drill.broken(found, {"at": 1, "do": "jump", "by": by}, "--resume")
    assert done.code == 0 and told(json.loads(done.out)) == drill.end
    again = [node["label"] for node in json.loads(done.out)["nodes"].values() if label_of_a_new(node)]
    assert not committed & set(again) - {"saved!on-failure", "end!finally"}


def label_of_a_new(node: dict[str, Any]) -> bool:
    """Whether a node ran in this run, and was not taken from its parent."""
    return any("adopted" not in one for one in node["attempts"])


CACHED = """
name = "x"
[steps.a]
cache = { expires = "1h" }
outputs = ["o"]
shell = "echo a >> log; echo 1 > o"
"""


@pytest.mark.parametrize(("by", "count"), [(600.0, 1), (DAY, 2), (-DAY, 2)])
def test_the_age_of_what_is_cached(project: Made, drill: Drill, by: float, count: int) -> None:
    """Older than it may be: made again. From the future: too, nobody knows how old it is."""
    found = project({"pipeline.toml": CACHED})
    found.run("up").ok()
    assert drill.broken(found, {"at": 1, "do": "jump", "by": by}).code == 0
    assert len(found.read("log").splitlines()) == count

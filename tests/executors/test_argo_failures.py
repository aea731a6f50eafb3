"""Whatever fails of a shape, its Workflow comes to what the driver comes to: every assignment of failures, each once.

An attempt is good, or has failed for good. What is asked in a run is flipped from its end, so every run that can be is
made, and none twice; those that only a first failure leads to (handlers, `[finally]` told of it) are among them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.commands.making import make
from runner.resolve.ask import Ask
from runner.run.fold import projection
from runner.testing.argo.lint import lint
from runner.testing.argo.pretend import Played
from runner.testing.pretend import pretend

Table = dict[str, Any]
SHAPES = Path(__file__).resolve().parents[1] / "shapes"
SMALL_ENOUGH = 7  # attempts of which everything is tried
COUNTS = {
    "chain": 4,
    "choice": 4,
    "files-of-files": 14,
    "files": 4,
    "groups": 17,
    "handlers": 73,
    "map": 10,
    "objects": 2,
    "odd-items": 10,
    "python": 19,
    "retry": 4,
    "skip-and-block": 6,
    "tolerate": 21,
    "around": 26,
    "beside": 40,
}  # how many assignments there are
GIVEN: Table = {"big": True}  # what a return is, where it is not 1
ENDS: dict[bool, Table] = {
    True: {"status": "succeeded"},
    False: {"status": "failed", "reason": "exit", "exit": 78},  # is not tried again
}
SMALL = {
    "around": """
        name = "around"
        [steps.a]
        shell = ":"
        on-failure = { run = "h", recover = "continue" }
        [steps.g]
        needs = ["a"]
        on-failure = { run = "k", recover = "skip" }
        [steps.g.steps.b]
        shell = ":"
        [steps.g.steps.c]
        needs = ["b"]
        shell = ":"
        [steps.d]
        needs = ["g"]
        shell = ":"
        [handlers.h]
        shell = ":"
        [handlers.k]
        shell = ":"
        [finally.f]
        shell = ":"
    """,
    "beside": """
        name = "beside"
        [steps.a]
        shell = ":"
        returns = ["n"]
        on-failure = "h"
        [steps.b]
        when = "n == 1"
        after = ["a"]
        shell = ":"
        [steps.m]
        needs = ["a"]
        for-each = { i = [1, 2] }
        shell = ":"
        tolerate = 1
        [steps.l]
        repeat = { until = "v == 1", max = 2 }
        shell = ":"
        returns = ["v"]
        [steps.c]
        after = ["m", "l"]
        shell = ":"
        [handlers.h]
        shell = ":"
    """,
}


class Fate:
    """Which attempts fail, by where they are and in which order they were asked about."""

    def __init__(self, bad: frozenset[str]) -> None:
        self.bad = bad
        self.asked: list[str] = []

    def act(self, call: Table) -> tuple[float, Table]:
        """What a driver makes of an attempt."""
        name = f"{call['path']} {call['key']}"
        if name not in self.asked:
            self.asked.append(name)
        end = dict(ENDS[name not in self.bad])
        if end["status"] == "succeeded":
            values = {one["name"]: GIVEN.get(one["name"], 1) for one in call["returns"]}
            end["returns"] = {key: {"kind": "json", "json": value} for key, value in values.items()}
        return 0.0, end


def fates(run: Any) -> Iterator[tuple[Fate, Any]]:
    """Every assignment, with what `run` makes of it; of one failure where many are asked about."""
    pending: list[tuple[frozenset[str], int]] = [(frozenset(), 0)]
    while pending:
        bad, first = pending.pop()
        fate = Fate(bad)
        yield fate, run(fate)
        more = len(fate.asked) <= SMALL_ENOUGH or not bad
        pending += [(bad | {name}, number + 1) for number, name in enumerate(fate.asked) if more and number >= first]


def shapes() -> dict[str, str]:
    return {**{path.stem: path.read_text() for path in sorted(SHAPES.glob("*.toml"))}, **SMALL}


@pytest.mark.parametrize("name", shapes())
def test_whatever_fails_it_comes_to_the_same(name: str, tmp_path: Path) -> None:
    for path in [*SHAPES.glob("*.py"), *SHAPES.glob("*/*.toml")]:
        there = tmp_path / path.relative_to(SHAPES)
        there.parent.mkdir(exist_ok=True)
        there.write_bytes(path.read_bytes())
    (tmp_path / "run").mkdir()
    (tmp_path / "pipeline.toml").write_text(shapes()[name])
    sets = ("executor.image=box:1", "executor.lost-attempts=0")
    plan = make(Ask(tmp_path / "pipeline.toml", "std:argo", (), sets)).plan
    assert plan is not None
    play = Played(plan, tmp_path)
    assert lint(play.manifest) == []
    count = 0
    for fate, here in fates(lambda fate: pretend(plan, fate.act, tmp_path).run):
        went = play.went(Fate(fate.bad).act)
        assert projection(went.run) == projection(here), fate.bad
        assert (went.phase == "Succeeded") == (here["status"] == "succeeded"), fate.bad
        count += 1
    assert count == COUNTS[name]

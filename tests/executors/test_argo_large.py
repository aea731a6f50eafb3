"""What a thousand steps cost: bytes of the Workflow, and calls of functions to make it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from cProfile import Profile
from pathlib import Path
from typing import Any

import pytest

from runner.commands.making import make
from runner.resolve.ask import Ask
from runner.testing.argo.lint import lint
from runner.testing.argo.pretend import manifest_of

Needs = Callable[[int, int], Iterable[int]]
SHAPES: dict[str, Needs] = {
    "a chain": lambda i, n: [i - 1] if i else [],
    "fan out, fan in": lambda i, n: [0] if 0 < i < n - 1 else range(1, n - 1) if i else [],
    "ten dense layers": lambda i, n: (
        range(i // (n // 10) * (n // 10) - n // 10, i // (n // 10) * (n // 10)) if i >= n // 10 else []
    ),
    "two needs here and there": lambda i, n: [i - 40 - i % 7, i - 41] if i >= 50 else [],
}


def plan_of(folder: Path, needs: Needs, n: int) -> dict[str, Any]:
    steps = (f"[steps.s{i}]\nshell = ':'\nneeds = {[f's{other}' for other in needs(i, n)]}" for i in range(n))
    (folder / "pipeline.toml").write_text("\n".join(["name = 'large'", *steps]))
    plan = make(Ask(folder / "pipeline.toml", "std:argo", (), ("executor.image=box:1",))).plan
    assert plan is not None
    return plan


@pytest.mark.parametrize("how", SHAPES)
def test_a_step_takes_less_than_210_bytes_of_a_workflow_of_a_thousand(how: str, tmp_path: Path) -> None:
    """And what is done to make it grows with steps, also where each waits for a hundred."""
    plan = plan_of(tmp_path, SHAPES[how], 1000)
    watch = Profile()
    made = watch.runcall(manifest_of, plan)
    assert len(json.dumps(made, separators=(",", ":"))) < 210 * 1000
    assert lint(made) == []
    assert sum(one.callcount for one in watch.getstats()) < 150 * 1000


def test_where_nothing_is_shared_an_edge_is_the_name_of_what_is_waited_for(tmp_path: Path) -> None:
    """Half of the layer before, another half for each: what there is to say are the names."""

    def halves(i: int, n: int) -> list[int]:
        layer = range(i // 40 * 40 - 40, i // 40 * 40) if i >= 40 else []
        return [other for other in layer if (other * 7 + i * 3) % 11 < 5]

    plan = plan_of(tmp_path, halves, 400)
    edges = sum(len(node["needs"]) for node in plan["nodes"].values())
    said = len(json.dumps(manifest_of(plan), separators=(",", ":")))
    assert said < 210 * 400 + edges * len("n-s399-01234567.Succeeded && ")

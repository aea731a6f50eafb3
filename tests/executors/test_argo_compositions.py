"""Groups, maps, choices, loops and handlers in each other, up to four deep, come to the same from a Workflow as from
the driver: attempts fail, and what runs, what is skipped and blocked, what is taken and given is the same.

Every case is a number. RUNNER_FUZZ=2000 runs so many, RUNNER_FUZZ_FROM says which is the first."""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from runner.commands.making import make
from runner.resolve.ask import Ask
from runner.run.fold import projection
from runner.testing.argo.lint import lint
from runner.testing.argo.pretend import Went, manifest_of, pretend_workflow
from runner.testing.compose import compose
from runner.testing.pretend import World, pretend
from runner_executors.argo_workflow import chunks

Table = dict[str, Any]
CASES = int(os.environ.get("RUNNER_FUZZ", "120"))
FIRST = int(os.environ.get("RUNNER_FUZZ_FROM", "0"))
PARTS = 4
SETS = ("executor.image=box:1", "executor.lost-attempts=0")  # the driver of this machine loses none either


class Case:
    """One composition in one world."""

    def __init__(self, seed: int, root: Path) -> None:
        self.world = World(seed, random.Random(seed).choice([0.5, 0.8, 0.95, 1.0]))
        composed = compose(seed)
        self.kinds = {given.name: given.kind for top in composed.steps for one in top.below() for given in one.returns}
        self.root, text = root, composed.text(lambda steps: steps)
        self.stops = "stop-when" in text  # which a sequence can't
        (root / "pipeline.toml").write_text(text)
        made = make(Ask(root / "pipeline.toml", "std:argo", (), SETS))
        assert made.plan is not None or self.stops, [(problem.code, problem.message) for problem in made.problems]
        self.plan = made.plan or {}

    def act(self, call: Table) -> tuple[float, Table]:
        name = f"{call['id']} {call['key']}"
        seconds, end = self.world.end(name, call["n"])
        if end["status"] != "succeeded":
            return seconds, end
        given = {one["name"]: self.world.value(name, one["name"], self.kinds[one["name"]]) for one in call["returns"]}
        return seconds, {**end, "returns": {key: {"kind": "json", "json": value} for key, value in given.items()}}

    def went(self) -> Went:
        return pretend_workflow(self.plan, self.act, self.root)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_composition_comes_to_the_same_from_its_workflow(
    part: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every other part with DAGs of five tasks at most, so that graphs are cut where they are small."""
    if part % 2:
        monkeypatch.setattr(chunks, "MOST", 5)
    seen: Counter[str] = Counter()
    for seed in range(FIRST + part, FIRST + CASES, PARTS):
        case = Case(seed, tmp_path)
        if case.stops:
            continue
        here, went = pretend(case.plan, case.act, tmp_path).run, case.went()
        assert projection(went.run) == projection(here), f"case {seed}"
        assert went.run["status"] == here["status"], f"case {seed}"
        assert (went.phase == "Succeeded") == (here["status"] == "succeeded"), f"case {seed}"
        assert lint(manifest_of(case.plan)) == [], f"case {seed}"
        seen.update(node["status"] for node in here["nodes"].values())
    assert {"succeeded", "failed", "skipped", "blocked"} <= set(seen)


LARGE = {
    "a chain": lambda i: [i - 1] if i else [],
    "many at once": lambda i: [],
    "one, many, one": lambda i: [] if i == 0 else [0] if i < 399 else range(1, 399),
    "ten chains": lambda i: [i - 10] if i >= 10 else [],
    "layers": lambda i: [i - 40 - i % 7, i - 41] if i >= 50 else [],
    "dense layers, each step with a handler": lambda i: range(i // 40 * 40 - 40, i // 40 * 40) if i >= 40 else [],
}


@pytest.mark.parametrize("how", LARGE)
@pytest.mark.parametrize("broken", [None, 0, 120])
def test_a_large_graph_in_small_dags_is_the_graph(how: str, broken: int | None, tmp_path: Path) -> None:
    handled = "handler" in how
    needs = {f"s{i}": [f"s{other}" for other in LARGE[how](i)] for i in range(200 if handled else 400)}
    more = "\non-failure = 'h'" if handled else ""
    lines = [
        "name = 'large'",
        *(f"[steps.{name}]\nshell = ':'\nneeds = {list(others)}{more}" for name, others in needs.items()),
        *(["[handlers.h]\nshell = ':'"] if handled else []),
    ]
    (tmp_path / "pipeline.toml").write_text("\n".join(lines))
    plan = make(Ask(tmp_path / "pipeline.toml", "std:argo", (), SETS)).plan
    assert plan is not None
    made = manifest_of(plan)
    assert lint(made) == []
    assert max(len(one["dag"]["tasks"]) for one in made["spec"]["templates"] if "dag" in one) <= 150
    assert len(json.dumps(made["spec"]["templates"], separators=(",", ":"))) < 210 * len(plan["nodes"])

    def act(call: Table) -> tuple[float, Table]:
        bad = call["path"] == f"s{broken}"
        return 0.0, {"status": "failed", "reason": "exit", "exit": 1} if bad else {"status": "succeeded"}

    here, went = pretend(plan, act, tmp_path).run, pretend_workflow(plan, act, tmp_path)
    assert projection(went.run) == projection(here)
    assert went.phase == ("Succeeded" if broken is None else "Failed")
    started = sum(bool(node["attempts"]) for node in here["nodes"].values())
    assert len(went.started) == started + 1, "a pod a step, and one for the end"

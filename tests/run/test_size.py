"""Sizes that are ordinary: ten thousand steps, deep nests, a hundred thousand items; and what they cost, counted."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from runner.run.events import Address
from runner.run.fold import fold
from runner.run.instructions import Expand, Start
from runner.run.machine import Machine
from runner.testing.simulate import plan_of, simulate


class Fine:
    """A world where all goes well, with `count` items a map."""

    def __init__(self, count: int = 2) -> None:
        self.count = count

    def end(self, address: Address, n: int) -> dict[str, Any]:
        return {"status": "succeeded"}

    def decide(self, what: str, address: Address) -> Any:
        return {"when": True, "until": True, "stop": False, "choose": 0, "expand": self.count}[what]


class Unlucky(Fine):
    """A world where the first step fails."""

    def end(self, address: Address, n: int) -> dict[str, Any]:
        return {"status": "failed" if address.id == "s0" else "succeeded"}


def chain(count: int) -> dict[str, Any]:
    return plan_of({f"s{n}": {"needs": [f"s{n - 1}"] if n else []} for n in range(count)})


def wide(count: int) -> dict[str, Any]:
    join = {"needs": [f"s{n}" for n in range(count)]}
    return plan_of({**{f"s{n}": {} for n in range(count)}, "join": join})


def mapped(count: int) -> dict[str, Any]:
    return plan_of({"m": {"each": {"reduce": True}, "steps": {"a": {}, "b": {"needs": ["a"]}}}})


def nest(depth: int) -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    for n in range(depth + 1):
        part = {"type": "graph", "steps": [f"g{n + 1}"]} if n < depth else {"type": "task"}
        node = {"path": f"g{n}", "parent": f"g{n - 1}" if n else None, "depth": 0, "needs": [], "after": []}
        nodes[f"g{n}"] = {"id": f"g{n}", **node, **part}
    return {"steps": ["g0"], "finally": [], "nodes": nodes}


@pytest.mark.parametrize("plan", [chain(10_000), wide(10_000)], ids=["chain", "wide"])
def test_ten_thousand_steps_run_and_fold(plan: dict[str, Any]) -> None:
    run = simulate(plan, Fine())
    assert run.machine.status == "succeeded"
    assert len(run.starts) == len(plan["nodes"])
    told = fold(plan, run.records, Fine().decide)
    assert list(told["nodes"]) == [f"{id} -" for id in plan["nodes"]]


def test_n1_ten_thousand_steps_are_blocked_without_recursion() -> None:
    run = simulate(chain(10_000), Unlucky())
    assert [status.status for status in run.machine.statuses.values()].count("blocked") == 9_999


@pytest.mark.parametrize("depth", [200, 5_000])
def test_deep_nests_open_and_close_without_recursion(depth: int) -> None:
    run = simulate(nest(depth), Fine())
    assert len(run.machine.statuses) == depth + 1


def test_a_deep_nest_folds() -> None:
    plan = nest(200)
    assert fold(plan, simulate(plan, Fine()).records, Fine().decide)["status"] == "succeeded"


def test_a_map_keeps_the_state_of_what_runs() -> None:
    plan = plan_of({"m": {"each": {}, "steps": {"a": {}, "b": {"needs": ["a"]}}}})
    machine = Machine(plan, limit=4)
    assert machine.next(0.0) == [Expand(Address("m", ()))]
    machine.expanded(Address("m", ()), 100_000, 0.0)
    most = 0
    for _ in range(300):
        for one in machine.next(0.0):
            assert isinstance(one, Start)
            machine.ended(one.address, {"status": "succeeded"}, 0.0)
        most = max(most, len(machine.pending()))
    assert most <= 20


CASES: dict[str, tuple[Callable[[int], dict[str, Any]], type[Fine]]] = {
    "chain": (chain, Fine),
    "blocked": (chain, Unlucky),
    "wide": (wide, Fine),
    "items": (mapped, Fine),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("what", ["run", "fold", "cancel"])
def test_work_grows_with_the_number_of_steps(name: str, what: str) -> None:
    """Twice the steps, twice the calls (R9: one linear pass)."""
    make, world = CASES[name]
    small, large = (work(make(count), world(count), what) for count in (300, 600))
    assert large < 2.1 * small


def test_work_grows_with_the_depth_of_a_nest() -> None:
    assert work(nest(600), Fine(), "run") < 2.1 * work(nest(300), Fine(), "run")


def work(plan: dict[str, Any], world: Fine, what: str) -> int:
    records = simulate(plan, world).records if what == "fold" else {}
    calls = 0

    def count(frame: Any, event: str, arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        if what == "fold":
            fold(plan, records, world.decide)
        else:
            simulate(plan, world, cancel={2: False} if what == "cancel" else None)
    finally:
        sys.setprofile(before)
    return calls


def test_no_instruction_is_given_twice() -> None:
    plan = mapped(50)
    run = simulate(plan, Fine(50))
    assert len(run.starts) == len(set(run.starts)) == 101
    assert run.instructions == 102  # and one Expand

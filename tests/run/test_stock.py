"""`resources`: what runs at once never takes more than the machine has, and who waits is served in the plan's order."""

from __future__ import annotations

import random
import sys
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings, strategies as st

from runner.run.events import Address
from runner.run.instructions import Expand, Start
from runner.run.machine import Machine
from runner.run.stock import Pool
from runner.testing.simulate import plan_of, simulate

Table = dict[str, Any]
MACHINE = {"cpu": 4, "memory": 100, "gpu": 2}
POOLS = [Pool(("",), MACHINE)]


class Fine:
    """All goes well; maps have so many items."""

    def __init__(self, count: int = 2) -> None:
        self.count = count

    def end(self, address: Address, n: int) -> Table:
        return {"status": "succeeded"}

    def decide(self, what: str, address: Address) -> Any:
        return self.count


def asks(needs: list[str] | None = None, **resources: float) -> Table:
    return {"resources": resources, "needs": needs or []}


def first_turns(steps: Table, ends: list[str], stock: Mapping[str, float] = MACHINE, limit: int = 99) -> list[str]:
    """What starts at first, and after each of these ends, as words."""
    machine = Machine(plan_of(steps), limit=limit, stock=[Pool(("",), stock)])
    found = [" ".join(one.address.id for one in machine.next(0.0) if isinstance(one, Start))]
    for id in ends:
        machine.ended(Address(id, ()), {"status": "succeeded"}, 0.0)
        found.append(" ".join(one.address.id for one in machine.next(0.0) if isinstance(one, Start)))
    return found


def test_a_step_starts_when_what_it_asks_for_is_there() -> None:
    steps = {"a": asks(cpu=3), "b": asks(cpu=2), "c": asks(cpu=1)}
    assert first_turns(steps, ["a", "b"]) == ["a", "b c", ""]


def test_steps_that_ask_for_nothing_take_one_of_j_alone() -> None:
    steps = {"a": asks(cpu=4), "b": {}, "c": asks(gpu=0), "d": {}}
    assert first_turns(steps, [])[0] == "a b c d"
    assert first_turns(steps, ["a"], limit=2) == ["a b", "c"]


def test_the_first_that_waits_is_not_passed_by_small_ones() -> None:
    steps = {"a": asks(cpu=1), "big": asks(cpu=4), **{f"s{n}": asks(["a"] if n else [], cpu=1) for n in range(3)}}
    assert first_turns(steps, ["a", "big"]) == ["a", "big", "s0 s1 s2"]


def test_who_waits_for_one_thing_leaves_the_others() -> None:
    gpu = {f"g{n}": asks(cpu=1, gpu=1) for n in range(4)}
    assert first_turns({**gpu, "c0": asks(cpu=1), "c1": asks(cpu=1), "c2": asks(cpu=1)}, ["c0", "g0"]) == [
        "g0 g1 c0 c1",
        "c2",
        "g2",
    ]


def test_what_was_reserved_is_kept_while_it_waits_for_the_rest() -> None:
    steps = {"a": asks(cpu=4), "b": asks(gpu=2), "c": asks(cpu=2, gpu=1), "d": asks(gpu=2)}
    assert first_turns(steps, ["b", "a", "c"]) == ["a b", "", "c", "d"]


def test_an_earlier_step_of_the_plan_that_becomes_ready_goes_first() -> None:
    steps = {"a": asks(cpu=4), "late": asks(["a"], cpu=4), "b": asks(cpu=4)}
    assert first_turns(steps, ["a", "late"]) == ["a", "late", "b"]


def test_more_than_there_is_is_all_there_is() -> None:
    steps = {"a": asks(cpu=64), "b": asks(cpu=0.1), "c": asks(gpu=9), "d": asks(memory=10**12)}
    assert first_turns(steps, ["a"]) == ["a c d", "b"]
    assert first_turns({"a": asks(gpu=1), "b": asks(gpu=1)}, [], {"gpu": 0})[0] == "a b"
    assert first_turns({"a": asks(gpu=1, cpu=1)}, [], {"cpu": 1})[0] == "a"


def test_steps_wait_for_what_there_is_where_they_run() -> None:
    plan = plan_of({name: asks(cpu=2) for name in ("a", "box1", "farm1", "box2", "farm2", "free1", "b", "free2")})
    for id, node in plan["nodes"].items():
        node["do"].update({"profile": id.strip("12")} if id not in ("a", "b") else {})
    machine = Machine(plan, limit=99, stock=[Pool(("", "box"), {"cpu": 4}), Pool(("farm",), {"cpu": 2})])
    started = lambda: " ".join(one.address.id for one in machine.next(0.0) if isinstance(one, Start))  # noqa: E731
    assert started() == "a box1 farm1 free1 free2"
    machine.ended(Address("farm1", ()), {"status": "succeeded"}, 0.0)
    assert started() == "farm2"
    machine.ended(Address("box1", ()), {"status": "succeeded"}, 0.0)
    assert started() == "box2"
    machine.ended(Address("a", ()), {"status": "succeeded"}, 0.0)
    assert started() == "b"


def test_fractions_add_up() -> None:
    assert first_turns({f"s{n}": asks(cpu=0.1) for n in range(41)}, [])[0].count("s") == 40


def test_a_step_that_is_tried_again_takes_it_again() -> None:
    steps = {"a": {**asks(cpu=4), "retry": {"attempts": 2, "delay": 5}}, "b": asks(cpu=4)}
    machine = Machine(plan_of(steps), limit=9, stock=POOLS)
    a, b = Address("a", ()), Address("b", ())
    machine.next(0.0)
    machine.ended(a, {"status": "failed"}, 0.0)
    assert Start(b, 1) in machine.next(0.0)
    assert machine.next(6.0) == []
    machine.ended(b, {"status": "succeeded"}, 7.0)
    assert machine.next(7.0) == [Start(a, 2)]


def test_what_waits_is_cancelled_with_the_rest_and_the_end_runs() -> None:
    plan = plan_of(
        {"a": asks(cpu=4), "m": {"each": {}, **asks(cpu=4)}, "b": asks(cpu=4)}, {"f": asks(cpu=4), "g": asks(cpu=4)}
    )
    run = simulate(plan, Fine(9), cancel={1: False}, stock=POOLS)
    assert [address.id for address, _ in run.starts] == ["a", "f!finally", "g!finally"]
    words = [status.status for status in run.machine.statuses.values()]
    assert (words.count("cancelled"), len(words)) == (11, 14)  # 9 items, the map, b


def test_a_replay_is_not_held_back() -> None:
    asked: list[Address] = []
    machine = Machine(plan_of({"a": asks(cpu=4), "b": asks(cpu=4)}), limit=1, stock=POOLS, replay=asked.append)
    assert machine.next(0.0) == [] and len(asked) == len(machine.pending()) == 2


def test_a_map_opens_few_items_while_its_tasks_wait() -> None:
    steps = {"m": {"each": {}, "steps": {"a": asks(cpu=1), "b": asks(["a"], gpu=1), "c": asks(["b"], memory=60)}}}
    machine = Machine(plan_of({"o": {"each": {}, "steps": steps}}), limit=8, stock=POOLS)
    ended, running = 0, []
    dice = random.Random(1)
    while ended < 2000:
        for one in machine.next(0.0):
            if isinstance(one, Expand):
                machine.expanded(one.address, 300, 0.0)
            elif isinstance(one, Start):
                running.append(one.address)
        assert len(machine.pending()) < 100
        if running:
            machine.ended(running.pop(dice.randrange(len(running))), {"status": "succeeded"}, 0.0)
            ended += 1


AMOUNTS = st.fixed_dictionaries(
    {},
    optional={"cpu": st.integers(0, 5), "memory": st.sampled_from([10, 60, 200]), "gpu": st.sampled_from([0.5, 1, 3])},
)


@settings(max_examples=300, deadline=None)
@given(st.lists(AMOUNTS, min_size=1, max_size=12), st.integers(1, 13), st.randoms())
def test_who_starts_when_is_that_of_the_rule_read_aloud(tasks: list[Table], limit: int, dice: random.Random) -> None:
    """Of steps that are all ready: each in turn takes what it asks for, `gpu` first, and waits where one before it
    waits or not enough is left."""
    kinds = ("gpu", "memory", "cpu")
    machine = Machine(
        plan_of({f"s{n}": {"resources": task} for n, task in enumerate(tasks)}),
        limit=limit,
        stock=POOLS,
    )
    free = dict(MACHINE)
    holds: list[dict[str, float]] = [{} for _ in tasks]
    wanted = [{kind: min(task.get(kind, 0), MACHINE[kind]) for kind in kinds} for task in tasks]
    waiting, running, started = list(range(len(tasks))), [], 0
    while waiting or running:
        short: set[str] = set()
        ready = []
        for n in waiting:
            for kind in kinds:
                if wanted[n][kind] and kind not in holds[n]:
                    if kind in short or free[kind] < wanted[n][kind]:
                        short.add(kind)
                        break
                    free[kind] -= wanted[n][kind]
                    holds[n][kind] = wanted[n][kind]
            else:
                ready.append(n)
        now = ready[: limit - len(running)]
        assert [one.address.id for one in machine.next(0.0)] == [f"s{n}" for n in now]
        waiting = [n for n in waiting if n not in now]
        running += now
        over = running.pop(dice.randrange(len(running)))
        for kind, amount in holds[over].items():
            free[kind] += amount
        machine.ended(Address(f"s{over}", ()), {"status": "succeeded"}, 0.0)
        started += 1
    assert started == len(tasks) and machine.next(0.0) == [] and machine.done


def work(plan: Table, count: int, cancel: bool) -> int:
    calls = 0

    def note(frame: Any, event: str, arg: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        simulate(plan, Fine(count), limit=16, stock=POOLS, cancel={9: False} if cancel else None)
    finally:
        sys.setprofile(before)
    return calls


def test_twice_the_steps_that_wait_are_twice_the_work() -> None:
    """Of all that are ready none is looked at again before its turn. A line is a heap: some more, no square."""
    for cancel in (False, True):
        for shape in (flat, items):
            small, large = (work(shape(count), count, cancel) for count in (250, 1000))
            assert large < 1.15 * 4 * small


def flat(count: int) -> Table:
    kinds = [{"cpu": 1}, {"cpu": 3, "memory": 60}, {"gpu": 1, "cpu": 0.5}, {"memory": 1}]
    return plan_of({f"s{n}": {"resources": kinds[n % 4]} for n in range(count)})


def items(count: int) -> Table:
    return plan_of({"m": {"each": {}, "steps": {"a": asks(cpu=1), "b": asks(["a"], gpu=1)}}, "big": asks(cpu=4)})

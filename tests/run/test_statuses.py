"""Random runs against the rules read aloud: statuses by definition, and the fold of the records."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies as st

from runner.rules.bind import Failure
from runner.rules.decide import BAD, Status
from runner.run.events import Address
from runner.run.fold import fold, projection
from runner.testing.simulate import plan_of, simulate

Table = dict[str, Any]


class Dice:
    """A world thrown by a seed: what comes of an address depends on nothing but the address."""

    def __init__(self, seed: int, luck: float) -> None:
        self.seed, self.luck = seed, luck

    def _throw(self, *about: object) -> random.Random:
        return random.Random(f"{self.seed} {about}")

    def end(self, address: Address, n: int) -> Table:
        dice = self._throw("end", address, n)
        if dice.random() < self.luck:
            return {"status": dice.choice(["succeeded", "succeeded", "cached"])}
        status = dice.choice(["failed", "failed", "errored"])
        return {
            "status": status,
            "reason": dice.choice(["exit", "timeout", "bad-return"]),
            "exit": dice.choice([1, 78]),
        }

    def decide(self, what: str, address: Address) -> Any:
        dice = self._throw(what, address)
        if dice.random() < 0.05:
            return Failure("bad-param", "no")
        if what == "expand":
            return dice.choice([0, 1, 2, 3])
        if what == "choose":
            return dice.choice([-1, 0, 0, 1, 1, 2])
        return dice.random() < {"when": 0.8, "stop": 0.3, "until": 0.5}[what]


def steps_of(dice: random.Random, depth: int = 0) -> Table:
    """Random siblings with random edges backwards."""
    steps: Table = {}
    for name in "abcde"[: dice.randint(1, 5 if depth < 2 else 2)]:
        step = step_of(dice, depth)
        for key, chance in (("needs", 0.35), ("after", 0.2)):
            step[key] = [other for other in steps if dice.random() < chance]
        steps[name] = step
    return steps


def step_of(dice: random.Random, depth: int) -> Table:
    step: Table = {}
    kind = dice.choice(["task"] * 4 + ["graph", "choice"]) if depth < 3 else "task"
    if kind == "graph":
        step["steps"] = steps_of(dice, depth + 1)
    elif kind == "choice":
        step["cases"] = {name: step_of(dice, depth + 1) for name in "xy"[: dice.randint(1, 2)]}
        if dice.random() < 0.5:
            step["default"] = step_of(dice, depth + 1)
    else:
        step["retry"] = {"attempts": dice.choice([1, 1, 2, 3]), "delay": dice.choice([0, 0, 5])}
    if dice.random() < 0.25:
        step["each"] = {"tolerate": dice.choice([0, 0, 1]), "reduce": dice.random() < 0.4}
        if dice.random() < 0.3:
            step["max_parallel"] = dice.choice([1, 2])
        if dice.random() < 0.3:
            step["each"]["stop_when"], step["max_parallel"] = ["x"], 1
    if dice.random() < 0.15:
        step["loop"] = {"max": dice.choice([1, 2, 3]), "exhausted": dice.choice(["fail", "succeed"])}
    if dice.random() < 0.25:
        step["when"] = dice.choice([["x"], ["x"], True, False])
    if dice.random() < 0.25 and depth < 3:
        step["handler"] = step_of(dice, 3)
        step["recover"] = dice.choice([False, "continue", "skip"])
    return step


class Definition:
    """Statuses by definition: what is asked for is worked out from what it depends on, one item after the other."""

    def __init__(self, plan: Table, world: Dice, lost_attempts: int) -> None:
        self.plan, self.world, self.lost_attempts = plan, world, lost_attempts
        self.found: dict[Address, Status] = {}

    def run(self) -> str:
        red = False
        for ids in (self.plan["steps"], self.plan["finally"]):
            red |= BAD in [self.node(id, ()).cls for id in ids]
        return "failed" if red else "succeeded"

    def node(self, id: str, key: tuple[int, ...]) -> Status:
        address = Address(id, key)
        if address not in self.found:
            self.found[address] = self.gated(self.plan["nodes"][id], address)
        return self.found[address]

    def gated(self, node: Table, address: Address) -> Status:
        needs = {self.node(id, address.key).cls for id in node["needs"]}
        if "bad" in needs:
            return Status("blocked", "needs")
        if "skip" in needs:
            return Status("skipped", "needs")
        when = node.get("when", True)
        when = self.world.decide("when", address) if isinstance(when, list) else when
        if isinstance(when, Failure):
            return Status("errored", when.reason)
        if not when:
            return Status("skipped", "when")
        status = self.part(node, address)
        if "handler" in node and status.status in ("failed", "errored"):
            handler = self.node(node["handler"]["node"], address.key)
            good = handler.status in ("succeeded", "cached")
            status = Status(status.status, status.reason, good and node["handler"]["recover"])
        return status

    def part(self, part: Table, address: Address) -> Status:
        return getattr(self, part["type"])(part, address)

    def inner(self, part: Table, address: Address, index: int) -> Status:
        inner = Address(address.id, (*address.key, index))
        self.found[inner] = self.part(part["body"], inner)
        return self.found[inner]

    def task(self, part: Table, address: Address) -> Status:
        own = lost = n = 0
        while True:
            n += 1
            end = self.world.end(address, n)
            status = Status(end["status"], end.get("reason"))
            if status.cls != BAD or end["exit"] == 78 or end["reason"] == "bad-return":
                return status
            own += end["status"] == "failed"
            lost += end["status"] == "errored"
            if (own >= part["retry"].get("attempts", 1)) if end["status"] == "failed" else lost > self.lost_attempts:
                return status

    def graph(self, part: Table, address: Address) -> Status:
        bad = {self.node(id, address.key).status for id in part["steps"] if self.node(id, address.key).cls == BAD}
        return Status(next((one for one in ("failed", "errored", "blocked") if one in bad), "succeeded"))

    def choice(self, part: Table, address: Address) -> Status:
        cases = [id for _, id in part["cases"]] + ([part["default"]] if part["default"] else [])
        index = self.world.decide("choose", address)
        fits = not isinstance(index, Failure) and 0 <= index < len(cases)
        for place, id in enumerate(cases):
            if not fits or place != index:
                self.found[Address(id, address.key)] = Status("skipped", "not-chosen")
        return self.passed(self.node(cases[index], address.key)) if fits else Status("failed", "bad-param")

    def map(self, part: Table, address: Address) -> Status:
        count = self.world.decide("expand", address)
        if isinstance(count, Failure):
            return Status("failed", count.reason)
        bad, fault, index = 0, None, 0
        while index < count:
            bad += self.inner(part, address, index).cls == BAD
            index += 1
            if part.get("stop_when") and index < count:
                stop = self.world.decide("stop", address)
                if stop is not False:
                    fault = Status("errored", stop.reason) if isinstance(stop, Failure) else None
                    rest = Status("blocked" if fault else "skipped", "stop-when")
                    self.found.update({Address(address.id, (*address.key, i)): rest for i in range(index, count)})
                    break
        status = fault or (Status("failed", "too-many-failed") if bad > part["tolerate"] else Status("succeeded"))
        if not part["reduce"]:
            return status
        reducer = part["reduce"]["node"]
        if status.cls == BAD:
            self.found[Address(reducer, address.key)] = Status("blocked", "needs")
            return status
        return self.passed(self.node(reducer, address.key))

    def loop(self, part: Table, address: Address) -> Status:
        for number in range(1, part["max"] + 1):
            status = self.inner(part, address, number)
            if status.cls == BAD:
                return self.passed(status)
            until = self.world.decide("until", Address(address.id, (*address.key, number)))
            if isinstance(until, Failure):
                return Status("errored", until.reason)
            if until:
                return Status("succeeded")
        return Status("succeeded") if part["exhausted"] == "succeed" else Status("failed", "not-converged")

    def passed(self, status: Status) -> Status:
        return Status(status.status, status.reason) if status.cls == BAD else Status("succeeded")


ROUND = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
SEEDS = st.integers(0, 10**9)


def thrown(seed: int) -> tuple[Table, Dice, random.Random]:
    dice = random.Random(seed)
    plan = plan_of(steps_of(dice), steps_of(dice, 2) if dice.random() < 0.3 else None)
    return plan, Dice(seed, dice.choice([0.6, 0.9, 1.0])), dice


@ROUND
@given(SEEDS)
def test_n1_n3_n5_n6_n29_n30_n31_n54_r4_statuses_are_those_of_the_definition(seed: int) -> None:
    plan, world, dice = thrown(seed)
    lost = dice.choice([0, 2])
    wanted = Definition(plan, world, lost)
    status = wanted.run()
    run = simulate(plan, world, limit=dice.randint(1, 6), random=dice, lost_attempts=lost)
    assert run.machine.statuses == wanted.found
    assert run.machine.status == status
    assert run.peak <= run.machine.limit
    assert len(set(run.starts)) == len(run.starts)
    assert not run.machine.pending()


@ROUND
@given(SEEDS)
def test_r9_the_fold_of_the_records_is_what_the_machine_said_in_any_order(seed: int) -> None:
    plan, world, dice = thrown(seed)
    cancel = {dice.randint(0, 8): dice.random() < 0.3} if dice.random() < 0.5 else None
    run = simulate(plan, world, random=dice, cancel=cancel, fail_fast=dice.random() < 0.2)
    keys = list(run.records)
    told = fold(plan, run.records, world.decide)
    assert told["status"] == run.machine.status
    shown = {name: (node["status"], node["reason"], node["handled"]) for name, node in told["nodes"].items()}
    said = {f"{a.id} {'.'.join(map(str, a.key)) or '-'}": tuple(s) for a, s in run.machine.statuses.items()}
    assert shown == said
    for _ in range(2):
        dice.shuffle(keys)
        assert fold(plan, {key: run.records[key] for key in keys}, world.decide) == told
    assert set(projection(told)) == set(said)

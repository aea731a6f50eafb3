"""Random runs of random plans: statuses are those of the definition, and what must hold at every moment holds.

Every case is a number. RUNNER_FUZZ=20000 runs so many, RUNNER_FUZZ_FROM says which is the first."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from runner.rules.bind import part_of
from runner.rules.decide import BAD, OK
from runner.run.events import Address
from runner.run.machine import Machine
from runner.run.stock import Pool
from runner.run.units import READY
from runner.testing.definition import Definition
from runner.testing.dice import Dice, steps_of
from runner.testing.simulate import Simulated, plan_of, simulate

Table = dict[str, Any]
CASES = int(os.environ.get("RUNNER_FUZZ", "800"))
FIRST = int(os.environ.get("RUNNER_FUZZ_FROM", "0"))
PARTS = 8
STOCK = {"cpu": 2, "memory": 2 << 30, "gpu": 1}


class Case:
    """One run: its plan, its world, what the user asked for; all from a seed."""

    def __init__(self, seed: int) -> None:
        self.dice = dice = random.Random(seed)
        self.plan = plan_of(steps_of(dice), steps_of(dice, 2) if dice.random() < 0.3 else None)
        self.world = Dice(seed, dice.choice([0.3, 0.6, 0.9, 1.0]))
        self.limit = dice.randint(1, 5)
        self.stock = STOCK if dice.random() < 0.7 else None
        self.pools = [Pool(("",), STOCK)] if self.stock else None
        self.options: Table = {"lost_attempts": dice.choice([0, 2])}
        if dice.random() < 0.2:
            nodes = [id for id, node in self.plan["nodes"].items() if "!" not in node["path"]]
            self.options["selected"] = set(dice.sample(nodes, dice.randint(1, len(nodes))))

    def run(self, **more: Any) -> Simulated:
        watch = Watch(self, more.get("why", ""))
        more = {**self.options, **more}
        run = simulate(self.plan, self.world, limit=self.limit, random=self.dice, stock=self.pools, watch=watch, **more)
        assert not watch.running and not run.machine.pending()
        assert run.machine.events() == [] == run.machine.next(1e9)
        return run

    def definition(self, ends: Table | None = None) -> Definition:
        return Definition(self.plan, self.world, self.options["lost_attempts"], self.options.get("selected"), ends)


class Watch:
    """What must hold whenever something starts, and when nothing more can be done for now."""

    def __init__(self, case: Case, why: str) -> None:
        self.why = why
        self.plan, self.nodes, self.world, self.limit, self.stock = (
            case.plan, case.plan["nodes"], case.world, case.limit, case.stock,
        )  # fmt: skip
        self.running: set[Address] = set()
        self.attempts: dict[Address, int] = {}
        self.begun: dict[Address, set[Address]] = {}  # of what has `max-parallel`: what began inside
        self.stopped = self.over = False  # nothing may start but `[finally]`; nothing may start

    def __call__(self, what: str, address: Address | None, n: int, now: float, machine: Machine) -> None:
        if what == "start" and address is not None:
            self.start(address, n, machine)
        elif what == "end" and address is not None:
            self.running.remove(address)
        elif what == "stop" and address is not None:
            assert address in self.running
            assert self.over or (machine.why and "!finally" not in address.id), "stopped without a reason"
        elif what == "cancel":
            late = machine.main_status is not None and machine.why is None and self.why == "cancelled"
            self.over |= bool(n) or late
        elif what == "turn":
            self.turn(machine)
        self.stopped |= machine.why is not None

    def start(self, address: Address, n: int, machine: Machine) -> None:
        assert address not in self.running, "started twice"
        assert n == self.attempts.get(address, 0) + 1, "an attempt is missing"
        assert address not in machine.statuses, "it has ended"
        self.running.add(address)
        self.attempts[address] = n
        chain = list(self.around(address))
        last = "!finally" in chain[-1].id
        assert last == (machine.main_status is not None), "not its time"
        assert not self.over and (last or not self.stopped), "started after a cancel"
        assert len(self.running) <= self.limit, "more than -j"
        self.shared()
        for inner, outer in pairwise(chain):
            self.gate(inner, outer, machine)
            self.parallel(inner, outer, machine)
        self.gate(chain[-1], None, machine)

    def around(self, address: Address) -> Iterator[Address]:
        """An instance and all instances that it is inside of, inner to outer."""
        while True:
            yield address
            id, key = address
            node = self.nodes[id]
            guarded = id.removesuffix("!reduce") if id.endswith("!reduce") else id.removesuffix("!on-failure")
            if len(key) > node["depth"]:
                address = Address(id, key[:-1])
            elif guarded != id:
                address = Address(guarded, key)
            elif node["parent"]:
                address = Address(node["parent"], key)
            else:
                return

    def gate(self, address: Address, outer: Address | None, machine: Machine) -> None:
        """All that an instance waits for had ended, and what it needs well."""
        if outer is not None and outer.id == address.id:
            return
        node = self.nodes[address.id]
        beside = self.edges(outer, machine)
        for key in ("needs", "after"):
            for id in node[key]:
                if id in beside:
                    status = machine.statuses.get(Address(id, address.key))
                    assert status is not None, f"{key} has not ended"
                    assert key == "after" or status.cls == OK, "a need did not succeed"
        if address.id.endswith("!reduce"):
            id = address.id.removesuffix("!reduce")
            count = self.world.decide("expand", Address(id, address.key))
            assert all(Address(id, (*address.key, index)) in machine.statuses for index in range(count))
        if address.id.endswith("!on-failure"):
            assert Address(address.id.removesuffix("!on-failure"), address.key) not in machine.statuses

    def edges(self, outer: Address | None, machine: Machine) -> list[str]:
        """Siblings that are in the run."""
        chosen = machine._selected
        if outer is None:
            ids = self.plan["steps"] if chosen is None else [id for id in self.plan["steps"] if id in chosen]
            return [*ids, *self.plan["finally"]]
        ids = part_of(self.nodes[outer.id], outer.key).get("steps", [])
        inside = ids if chosen is None else [id for id in ids if id in chosen]
        return inside or ids

    def parallel(self, inner: Address, outer: Address, machine: Machine) -> None:
        most = part_of(self.nodes[outer.id], outer.key).get("max_parallel")
        if most is not None:
            begun = self.begun.setdefault(outer, set())
            begun.add(inner)
            assert len([one for one in begun if one not in machine.statuses]) <= most, "more than max-parallel"

    def asked(self, address: Address, kind: str) -> float:
        asked = part_of(self.nodes[address.id], address.key)["do"]["resources"].get(kind, 0)
        return min(float(asked), (self.stock or {})[kind])

    def shared(self) -> None:
        for kind, there in (self.stock or {}).items():
            assert sum(self.asked(address, kind) for address in self.running) <= there, f"more {kind} than there is"

    def turn(self, machine: Machine) -> None:
        """With room for one more nothing waits that asks for nothing, and nothing waits if nothing runs."""
        if len(self.running) < self.limit:
            ready = [address for address, unit in machine._live.items() if unit.phase == READY]
            assert not ready or self.running, "all wait"
            assert self.stock is None or not [a for a in ready if not any(self.asked(a, kind) for kind in self.stock)]
            assert self.stock is not None or not ready


def delays(run: Simulated) -> dict[Address, list[float]]:
    """Seconds from an end to the attempt that the machine announced after it."""
    found: dict[Address, list[float]] = {}
    for event in run.events:
        if event.what == "retry" and event.address is not None:
            found.setdefault(event.address, []).append(event.data["at"] - event.at)
    return found


def seeds(part: int) -> range:
    return range(FIRST + part, FIRST + CASES, PARTS)


@pytest.mark.parametrize("part", range(PARTS))
def test_n1_n3_n5_n6_n29_n30_n31_n54_r4_statuses_are_those_of_the_definition(part: int) -> None:
    for seed in seeds(part):
        case = Case(seed)
        run = case.run()
        wanted = case.definition()
        assert (run.machine.status, run.machine.statuses) == (wanted.run(), wanted.found), f"case {seed}"
        assert delays(run) == wanted.waits, f"case {seed}"


@pytest.mark.parametrize("part", range(PARTS))
def test_n30_n52_what_a_stopped_run_leaves_follows_from_what_had_ended(part: int) -> None:
    for seed in seeds(part):
        case = Case(seed)
        dice, cancel = case.dice, None
        if dice.random() < 0.7:
            cancel = {dice.randint(0, 9): dice.random() < 0.3 for _ in range(dice.randint(1, 2))}
        fail_fast = cancel is None or dice.random() < 0.2
        run = case.run(cancel=cancel, fail_fast=fail_fast, why=dice.choice(["cancelled", "timeout"]))
        wanted = case.definition(run.ends)
        status = wanted.run()
        assert run.machine.statuses == wanted.found, f"case {seed}"
        cancelled = any(one.status == "cancelled" for one in wanted.found.values())
        if cancelled and run.machine.why == "cancelled":
            status = "cancelled"
        assert run.machine.status == status, f"case {seed}"


def test_the_definition_sees_every_kind_of_end() -> None:
    """What is never thrown is never tested."""
    seen: dict[str, int] = {}
    for seed in range(FIRST, FIRST + 300):
        case = Case(seed)
        wanted = case.definition()
        wanted.run()
        for address, status in wanted.found.items():
            handled = "-" if status.handled is None else str(status.handled)
            kind = case.plan["nodes"][address.id]["type"]
            for word in (f"{status.status} {status.reason}", handled, kind, "bad" if status.cls == BAD else "good"):
                seen[word] = seen.get(word, 0) + 1
        seen["waits"] = seen.get("waits", 0) + len(wanted.waits)
    for word in (
        "succeeded None", "cached None", "failed exit", "errored timeout", "failed bad-return", "blocked needs",
        "skipped needs", "skipped when", "skipped not-chosen", "skipped stop-when", "failed too-many-failed",
        "failed not-converged", "errored bad-param", "failed bad-param", "continue", "skip", "False", "map", "loop",
        "choice", "graph", "task", "waits",
    ):  # fmt: skip
        assert seen.get(word, 0) >= 5, word

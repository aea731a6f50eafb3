"""A run without processes: real plan, driver and values; attempts end as a world says, in a time of their own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runner.agent.call import Place
from runner.agent.catalog import NoCatalog
from runner.agent.execute import Job, call_of
from runner.agent.inline import given
from runner.rules.answers import parameters
from runner.rules.keys import dumps, key_of
from runner.run.events import Event
from runner.run.services import Services
from runner.run.traverse import Driver, Wanted
from runner.store.memory import Memory

Table = dict[str, Any]
# What comes of an attempt: seconds, and what its end has of its own. Takes the call.
Act = Callable[[Table], tuple[float, Table]]
GRAIN = 1024  # parts of a second: sums of them are exact


class World:
    """What comes of tasks, by name and attempt; from a seed."""

    def __init__(self, seed: int, luck: float) -> None:
        self.seed, self.luck = seed, luck

    def end(self, name: str, n: int) -> tuple[float, Table]:
        """How long an attempt takes, and how it ends."""
        dice = random.Random(f"{self.seed} {name} {n}")
        seconds = dice.randint(1, 64) / GRAIN
        if dice.random() < self.luck:
            return seconds, {"status": "succeeded"}
        if dice.random() < 0.2:
            return seconds, {"status": "errored", "reason": "lost"}
        return seconds, {"status": "failed", "reason": "exit", "exit": dice.choice([1, 1, 2, 78])}

    def value(self, name: str, returned: str, kind: str) -> Any:
        """What a task returns."""
        dice = random.Random(f"{self.seed} {name} {returned}")
        if kind == "list":
            return [dice.randint(0, 3) for _ in range(dice.choice([0, 1, 2, 3]))]
        return dice.randint(0, 3)


class Pretend:
    """The executor."""

    def __init__(self, act: Act, look: Callable[[Table], None] | None = None) -> None:
        self.act, self.look, self.time = act, look, 0.0
        self.running: dict[int, tuple[float, float, Table, Table]] = {}
        self.calls: list[Table] = []

    def now(self) -> float:
        """The time of this run."""
        return self.time

    def image(self, call: Table) -> None:
        """None: nothing is run."""

    def prepare(self, call: Table, secrets: Mapping[str, str]) -> int:
        """An attempt, which may be started."""
        if self.look is not None:
            self.look(call)
        self.calls.append(call)
        return len(self.calls) - 1

    def start(self, handle: int) -> None:
        """An attempt begins."""
        call = self.calls[handle]
        seconds, end = (0.0, _given(call)) if call["kind"] in ("reduce", "stub") else self.act(call)
        self.running[handle] = (self.time + seconds, self.time, call, end)

    def poll(self, timeout: float) -> list[tuple[int, Table]]:
        """Those that end next, if they end within the time."""
        first = min((one[0] for one in self.running.values()), default=self.time + timeout)
        self.time = min(first, self.time + timeout)
        ended = [handle for handle, one in self.running.items() if one[0] <= self.time]
        return [(handle, self.end(*self.running.pop(handle))) for handle in ended]

    def end(self, at: float, began: float, call: Table, end: Table) -> Table:
        """The record of an end."""
        told = {key: call[key] for key in ("id", "key", "n", "attempt")}
        told.update(v=1, node=call["path"], start=began, end=at, run_s=at - began, params_in=call["params"])
        told.update(dict.fromkeys(("exit", "signal", "reason", "error")))
        return {**told, "returns": {}, "files": [], "warnings": [], **end}

    def stop(self, handle: int, why: str, hard: bool = False) -> None:
        """Nobody stops anything here."""

    def close(self) -> None:
        """Nothing is open."""


def _given(call: Table) -> Table:
    try:
        return {"status": "succeeded", "returns": given(call)}
    except (TypeError, ValueError):
        return {"status": "failed", "reason": "bad-return"}


class Blind:
    """A view that looks away."""

    def see(self, event: Event) -> None:
        """Nothing."""

    def tick(self, now: float) -> None:
        """Nothing."""


class Quiet:
    """Nobody asks to stop."""

    count = 0


class Ran(NamedTuple):
    """The Run, and the driver that ran it."""

    run: Table
    driver: Driver

    @property
    def ids(self) -> Table:
        """Ids by path."""
        return {node["path"]: id for id, node in self.driver.plan["nodes"].items()}

    def records(self) -> Table:
        """What the run left in its store."""
        store: Any = self.driver.store
        head = {"runs/r/run.json": self.driver.run}
        return head | {key: json.loads(store.get(key)) for key in store.list("runs/")}

    def returned(self, id: str, key: tuple[int, ...], names: list[str]) -> Table:
        """What an instance gave, as a reference to it has it; without what is none."""
        found = {name: self.driver.values.returned(id, key, name) for name in names}
        return {name: value for name, value in found.items() if value is not None and type(value).__name__ != "_Absent"}


def pretend(plan: Table, act: Act, root: Path, limit: int = 10**6, alone: bool = False) -> Ran:
    """Run a plan to its end; root: a folder, in which nothing is made; limit: attempts at once; alone: what an agent
    makes of the records and of what a driver tells it is compared with what the driver made."""
    facts = {"id": "r", "name": "r", "date": "2026-01-31", "scheduled": None}
    run = {"run": "r", "name": "r", "first": {"id": "r", "name": "r"}, "selected": None, "start": 0.0, **facts}
    run["params"] = parameters(plan, facts)
    store = Memory()
    store.put("runs/r/run.json", dumps(run))

    def agree(call: Table) -> None:
        told = {"statuses": json.loads(json.dumps(call["statuses"]))}
        job = Job(plan, "r", call["id"], key_of(call["key"]), str(root), str(root / "run"), "", told)
        made = call_of(job, run, store, NoCatalog(), call["n"], call["attempt"], {})
        same = {name: (made[name], call[name]) for name in ("params", "env", "item", "round", "label", "returns")}
        assert all(one == other for one, other in same.values()), (call["label"], same)

    executor = Pretend(act, agree if alone else None)
    place = Place(str(root), str(root / "run"), {}, {"id": "r", "name": "r"})
    driver = Driver(plan, run, Services(executor, None, {}), store, place, Blind(), Wanted(limit))
    driver.clock = executor  # type: ignore[assignment]
    status = driver.walk(Quiet())
    return Ran(driver.close(status, executor.time), driver)

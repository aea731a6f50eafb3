"""`[finally]` of used files when a run is asked to stop: of those that have begun, no more at once than ever."""

from __future__ import annotations

from collections.abc import Callable

from runner.run.events import Address
from runner.run.machine import Expand, Machine, Start
from runner.testing.project import Project

FAILED = {"status": "failed", "exit": 1}


def test_no_more_at_once_than_the_limit(project: Callable[..., Project]) -> None:
    text = '[steps.u]\nfor-each = { n = { range = 6 } }\nuses = "i.toml"\n'
    inner = '[steps.a]\nshell = "x"\nretry = { attempts = 2, delay = "9s" }\n[finally.end]\nshell = "x"\n'
    made = project({"pipeline.toml": text, "i.toml": inner})
    plan = made.cli("plan", "pipeline.toml", "--json").ok().json()
    machine = Machine(plan, limit=2)
    started: list[Address] = []

    def turn(now: float) -> list[Address]:
        new = []
        for todo in machine.next(now):
            if isinstance(todo, Expand):
                machine.expanded(todo.address, 6, now)
                new += turn(now)
            elif isinstance(todo, Start):
                new.append(todo.address)
        started.extend(new)
        return new

    for address in [*turn(0), *turn(0)]:
        machine.ended(address, FAILED, 0)
    assert len(turn(0)) == 2  # four have begun: two of them wait for their second attempt, two run
    machine.cancel(1)
    ends = []
    for address in [*machine.running]:
        machine.ended(address, {"status": "cancelled", "reason": "cancelled"}, 1)
        ends += turn(1)
        assert len(machine.running) <= 2
    while machine.running:
        machine.ended(next(iter(machine.running)), {"status": "succeeded"}, 2)
        ends += turn(2)
        assert len(machine.running) <= 2
    assert len(ends) == 4 and machine.done
    assert sum(status.status == "cancelled" for status in machine.statuses.values()) > 4

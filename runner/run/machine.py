"""The state machine of a run (PROTOCOL 2.5): structure and statuses only; no values, no files, no clock.

Events go in (`ended`, `decided`, `expanded`, `cancel`), instructions come out of `next`. An item is opened when some
of it may start, so a map of 100,000 items holds the state of those that run. Cancelling changes one thing: what would
start ends `cancelled` instead; gates and conditions are answered as ever, so that statuses follow from records."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

from runner.rules.decide import BAD, FAILURE, Status, delay, retryable, run_status
from runner.run import scopes
from runner.run.events import Address, Event
from runner.run.instructions import Decide, Expand, Instruction, Start, Stop, Wake
from runner.run.search import search
from runner.run.stock import Pool, Stock
from runner.run.units import (
    DECIDING,
    DELAYED,
    DONE,
    HANDLING,
    OPEN,
    READY,
    RUNNING,
    Items,
    Shape,
    Table,
    Unit,
    begun,
    heat,
    shape_of,
)

__all__ = ["Decide", "Expand", "Instruction", "Machine", "Start", "Stop", "Wake"]

TOLD = ("exit", "signal", "run_s", "error", "warnings", "note")  # of an end, to eyes
MAIN, LAST = Address("", ()), Address("!finally", ())
CANCELLED = Status("cancelled", "cancelled")


class Machine:
    """One run. limit: attempts at once. selected: ids of the steps that run, None for all; the groups around them and
    what is inside a selected group with nothing selected count as selected, `[finally]` always does. stock: what the
    attempts that run may take in all (`resources`); what is missing there is not counted.
    replay: tells the end of an attempt that was, None where there is none yet: nothing is started then, tried again,
    delayed, or held back by `max-parallel` or stock, and no event is made."""

    def __init__(
        self,
        plan: Table,
        *,
        limit: int,
        fail_fast: bool = False,
        selected: set[str] | None = None,
        lost_attempts: int = 0,
        stock: Sequence[Pool] | None = None,
        replay: Callable[[Address], Table | None] | None = None,
    ) -> None:
        self.plan, self.nodes = plan, plan["nodes"]
        self.limit, self.fail_fast, self.lost_attempts, self.replay = max(1, limit), fail_fast, lost_attempts, replay
        self.stock = Stock(stock, self.limit) if stock and replay is None else None
        self.statuses: dict[Address, Status] = {}
        self.faults: dict[Address, Table] = {}  # errors: decisions that could not be made
        self.status = "running"
        self.main_status: str | None = None  # of all but `[finally]`, once it has ended
        self.why: str | None = None  # cancelled, timeout, fail-fast
        self._selected = _closed(self.nodes, selected)
        self._live: dict[Address, Unit] = {}
        self._shapes: dict[Address | str, Shape] = {}
        self.running: dict[Address, Unit] = {}
        self._closed: deque[tuple[Unit, Status]] = deque()
        self._out: list[Instruction] = []
        self.asking = False  # something of _out is a question
        self._events: list[Event] = []
        self._wakes: list[tuple[float, int, Unit]] = []
        self._woken: float | None = None  # the earliest Wake that is still to come
        self._sequence = 0
        self._halted = {False: False, True: False}  # main graph, `[finally]`
        self._stopped: dict[Address, bool] = {}
        self._any_cancelled = False
        self._counts: dict[str, int] = {}
        self._now = 0.0
        self.root = Unit(Address("!run", ()), {"type": "run"}, None, None, 0)
        self.root.phase = OPEN
        self._begin_graph(MAIN, plan["steps"], 0)

    @property
    def done(self) -> bool:
        """Whether the run has ended."""
        return self.root.phase == DONE

    @property
    def hard(self) -> bool:
        """Whether `[finally]` was cancelled too."""
        return self._halted[True]

    def next(self, now: float) -> list[Instruction]:
        """What to do now; never says a thing twice."""
        self._now = now
        while self._wakes and self._wakes[0][0] <= now:
            self._due(heappop(self._wakes)[2])
        self._woken = None if self._woken is not None and self._woken <= now else self._woken
        self.follow()
        while not self.asking and self._may_start():
            unit = search(self)
            if unit is None or not self._start(unit):
                break
            self.follow()
        if self._wakes and (self._woken is None or self._wakes[0][0] < self._woken):
            self._woken = self._wakes[0][0]
            self._out.append(Wake(self._woken))
        out, self._out, self.asking = self._out, [], False
        return out

    def decided(self, address: Address, outcome: Any, now: float) -> None:
        """The answer to Decide: true or false, for `choose` an index, or a Failure."""
        self._now = now
        unit = self._live[address] if address in self._live else self._live[Address(address.id, address.key[:-1])]
        if unit.phase == DECIDING:
            failed = scopes.failure(outcome)
            if failed:
                self.tell(unit, outcome)
                self.close(unit, Status("errored", failed.reason))
            elif outcome:
                scopes.enter(self, unit)
            else:
                self.close(unit, Status("skipped", "when"))
        elif unit.part["type"] == "choice":
            scopes.chosen(self, unit, outcome)
        elif unit.part["type"] == "map":
            scopes.stop(self, unit, outcome)
        else:
            scopes.until(self, unit, outcome)
        self.follow()

    def expanded(self, address: Address, count: Any, now: float) -> None:
        """The answer to Expand: how many items, or a Failure."""
        self._now = now
        scopes.expanded(self, self._live[address], count)
        self.follow()

    def ended(self, address: Address, end: Table, now: float) -> None:
        """An attempt has ended: `status` of its end record, with `exit`, `signal`, `reason`."""
        self._now = now
        unit = self.running.pop(address)
        self._stopped.pop(address, None)
        taken = self.stock.leave(unit) if self.stock is not None else None
        status = Status(end["status"], end.get("reason"))
        unit.end = status
        unit.own += status.status == "failed"
        unit.lost += status.status == "errored"
        retry = unit.part.get("retry") or {}
        again = (
            status.status in FAILURE
            and not self._halted[unit.last]
            and retryable(end, retry, unit.own, unit.lost, self.lost_attempts)
        )
        told = {name: end[name] for name in TOLD if end.get(name) is not None}
        told.update(status=status.status, reason=status.reason, n=unit.n, final=not again)
        self._note("end", address, told)
        if again:
            wait = delay(retry, max(1, unit.own))
            self._note("retry", address, {"n": unit.n + 1, "at": now + wait})
            self.later(unit, wait)
        else:
            self.finish(unit, status)
        self.follow()
        if self.stock is not None and taken:
            self.stock.give(taken)

    def cancel(self, now: float, hard: bool = False, why: str = "cancelled") -> None:
        """Start nothing more and stop what runs; `[finally]` still runs, unless hard, or unless it runs already.

        why: `cancelled` or `timeout`; a timeout does not hold for `[finally]` (N52)."""
        self._now = now
        last = self.main_status is not None
        if self.done or (last and not hard and (self.why or why == "timeout")):
            return
        self._halt(why, hard, last or hard)

    def opened(self, address: Address) -> int:
        """How many items of a map are open or have been."""
        unit = self._live.get(address)
        return unit.inside.next if unit is not None and isinstance(unit.inside, Items) else 0

    def events(self) -> list[Event]:
        """What happened since the last call: end, retry, state, run-end; who starts and expands tells the others."""
        events, self._events = self._events, []
        return events

    def pending(self) -> list[Address]:
        """Instances that have no final status yet and are known: running, or waiting for something."""
        return [address for address in self._live if address not in (MAIN, LAST)]

    # What the rules of scopes.py call

    def add(self, unit: Unit) -> Unit:
        """Note a new unit as live."""
        self._live[unit.address] = unit
        return unit

    def shape(self, unit: Unit) -> Shape:
        """The shape of a graph, made once for all its instances."""
        id = unit.address.id
        if id not in self._shapes:
            ids = unit.part["steps"]
            if self._selected is not None and not unit.last:
                chosen = [step for step in ids if step in self._selected]
                ids = chosen if chosen or unit.address is MAIN else ids
            self._shapes[id] = shape_of(self.nodes, ids)
        return self._shapes[id]

    def slots(self, unit: Unit) -> int | None:
        """How many children of a unit may be open at once."""
        return unit.part.get("max_parallel") if self.replay is None else None

    def ask(self, what: str, unit: Unit, address: Address | None = None) -> None:
        """Have a condition answered."""
        self.asking = True
        self._out.append(Decide(address or unit.address, what))

    def expand(self, unit: Unit) -> None:
        """Have items counted."""
        self.asking = True
        self._out.append(Expand(unit.address))

    def ready(self, unit: Unit) -> None:
        """A task may start as soon as there is what it asks for."""
        if self.replay is not None:
            unit.phase, unit.n = RUNNING, unit.n + 1
            end = self.replay(unit.address)
            if end is not None:
                unit.end = Status(end["status"], end.get("reason"))
                self.finish(unit, unit.end)
            return
        unit.phase = READY
        if self.stock is None:
            heat(unit)
        else:
            self.stock.take(unit)

    def later(self, unit: Unit, wait: float) -> None:
        """Go on with a task's next attempt or a loop's next round after so many seconds."""
        unit.phase = DELAYED
        if wait <= 0 or self.replay is not None or self._halted[unit.last]:
            self._due(unit)
            return
        self._sequence += 1
        heappush(self._wakes, (self._now + wait, self._sequence, unit))

    def fault(self, unit: Unit, status: Status, failure: Any) -> None:
        """A node ends because a decision inside its handler's reach could not be made."""
        self.tell(unit, failure)
        self.finish(unit, status)

    def tell(self, unit: Unit, failure: Any) -> None:
        """Keep the error of a decision that could not be made."""
        failed = scopes.failure(failure)
        if failed:
            self.faults[unit.address] = failed.error

    def finish(self, unit: Unit, status: Status) -> None:
        """What a unit runs has ended: its handler next, if it has one and failed (N29), else that is its status."""
        handler = unit.node.get("handler") if unit.node else None
        if handler is None or status.status not in FAILURE:
            self.close(unit, status)
            return
        unit.phase, unit.end, unit.inside = HANDLING, status, None
        scopes.arrive(self, scopes.child(self, unit, handler["node"], 0))

    def close(self, unit: Unit, status: Status) -> None:
        """The final status of a unit; what follows from it is worked out by `follow`."""
        attempted = unit.n > 0 and unit.part["type"] == "task"
        opened = unit.inside is not None or unit.phase in (OPEN, HANDLING)
        unit.phase, unit.hot, unit.inside = DONE, False, None
        unit.ready = unit.fresh = None
        self._live.pop(unit.address, None)
        if unit.address is not MAIN and unit.address is not LAST:
            self.settle(unit.address, status, told=attempted, counts=not opened or unit.part["type"] == "task")
        self._closed.append((unit, status))

    def settle(self, address: Address, status: Status, *, told: bool = False, counts: bool = True) -> None:
        """Write a final status down. told: an event said it; counts: not merely a group of others."""
        self.statuses[address] = status
        self._any_cancelled |= status.status == "cancelled"
        if counts:
            self._counts[status.status] = self._counts.get(status.status, 0) + 1
        if not told and self.replay is None:
            data: Table = {"status": status.status, "reason": status.reason, "handled": status.handled}
            if address in self.faults:
                data["error"] = self.faults[address]
            self._note("state", address, data)

    # What follows

    def follow(self) -> None:
        while self._closed:
            unit, status = self._closed.popleft()
            up = unit.up
            assert up is not None
            if up is self.root:
                self._graph_over(unit, status)
                continue
            scopes.child_ended(self, up, unit, status)
            if self.fail_fast and status.status in FAILURE and status.cls == BAD and not self._halted[unit.last]:
                self._fail_fast(unit)

    def _begin_graph(self, address: Address, ids: list[str], order: int) -> None:
        part = {"type": "graph", "steps": ids}
        unit = self.add(Unit(address, part, None, self.root, order))
        unit.last = address is LAST
        self.zone = unit
        scopes.begin(self, unit)

    def _graph_over(self, unit: Unit, status: Status) -> None:
        cancelled = self._any_cancelled and self.why == "cancelled"  # a run that is out of time has failed
        self.status = run_status([status], [], cancelled)
        if unit.address is MAIN:
            self.main_status = self.status
            self._begin_graph(LAST, self.plan.get("finally", []), 1)
            return
        if self.status == "succeeded" and self.main_status != "succeeded":
            self.status = self.main_status or "succeeded"
        self.root.phase = DONE
        self._note("run-end", None, {"status": self.status, "counts": dict(self._counts)})

    def _due(self, unit: Unit) -> None:
        if unit.phase != DELAYED:
            return
        if unit.part["type"] == "task":
            self.ready(unit)
        else:
            scopes.next_round(self, unit)

    def _may_start(self) -> bool:
        return self.zone.hot and (len(self.running) < self.limit or self._halted[self.main_status is not None])

    def _start(self, unit: Unit) -> bool:
        if self._halted[unit.last]:
            if unit.end is not None:  # it would have been tried again: now its last end stands
                self._note("state", unit.address, {"status": unit.end.status, "reason": unit.end.reason})
            if self.stock is not None:
                self.stock.give(self.stock.leave(unit))
            self.finish(unit, unit.end or CANCELLED)
            return True
        if len(self.running) >= self.limit:  # of the `[finally]` of a file, while what is before it is cancelled
            heat(unit)
            return False
        begun(unit)
        unit.phase, unit.n = RUNNING, unit.n + 1
        self.running[unit.address] = unit
        self._out.append(Start(unit.address, unit.n))
        return True

    def _halt(self, why: str, hard: bool, last: bool) -> None:
        self.why = self.why or why
        self._halted[False] = True
        self._halted[True] |= last
        for address, unit in self.running.items():
            if self._halted[unit.last] and (address not in self._stopped or (hard and not self._stopped[address])):
                self._stopped[address] = hard
                self._out.append(Stop(address, why, hard))
        waiting, self._wakes = self._wakes, []
        for entry in waiting:
            if self._halted[entry[2].last]:
                self._due(entry[2])
            else:
                heappush(self._wakes, entry)
        self.follow()

    def _fail_fast(self, unit: Unit) -> None:
        """End the run when nothing above a failure may still make it good: a tolerance, or a handler that recovers."""
        up = unit.up
        while up is not None and up is not self.root:
            if up.phase in (HANDLING, DONE) or (up.node and (up.node.get("handler") or {}).get("recover")):
                return
            items = up.inside
            if isinstance(items, Items) and items.left and items.bad <= up.part.get("tolerate", 0):
                return
            up = up.up
        self._halt("fail-fast", False, False)

    def _note(self, what: str, address: Address | None, data: Table) -> None:
        self._events.append(Event(self._now, what, address, data))


def _closed(nodes: Table, selected: set[str] | None) -> set[str] | None:
    """The selection with the groups around what is in it."""
    if selected is None:
        return None
    found = set(selected)
    for id in selected:
        at = nodes[id].get("parent")
        while at and at not in found:
            found.add(at)
            at = nodes[at].get("parent")
    return found

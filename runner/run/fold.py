"""A Run as a function of the set of its records (PROTOCOL R9): the machine again, answered by what is on record.

Statuses follow from done-records, last ends, and decisions evaluated anew; `skipped` and `blocked` are never read. The
order of records and clocks play no part. One linear pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

from runner.rules.decide import FAILURE, Status, run_status
from runner.rules.keys import Key, key_text
from runner.rules.labels import Labels
from runner.rules.last import is_last
from runner.run.events import Address
from runner.run.instructions import Decide, Expand
from runner.run.machine import Machine
from runner.run.records import Records, Table

# (what, address) -> a truth, an index, a count, a Failure; None where nothing is known yet.
Decision = Callable[[str, Address], Any]
# (address, whether it started) -> "running", "waiting", the reason of an end that nobody recorded, or None: unknown.
Platform = Callable[[Address, bool], "str | None"]


def fold(
    plan: Table,
    records: Mapping[str, Any],
    decide: Decision | None = None,
    platform: Platform | None = None,
    *,
    blob: Callable[[str], Any] | None = None,
) -> Table:
    """The Run that these records (store key -> record) tell of, in plan order. blob: reads a large value by hash."""
    return Fold(plan, Records(records), decide, platform, blob).run()


def gone(address: Address, started: bool) -> str | None:
    """The platform of a local run whose driver is no more: what had started is lost."""
    return "lost" if started else None


def ended(plan: Table, records: Records, machine: Machine, blob: Callable[[str], Any]) -> Table:
    """The Run of a driver that has just ended it: as `fold` of what it recorded, from the machine that has decided it
    all already."""
    return Fold(plan, records, blob=blob, machine=machine).run()


class Fold:
    """One pass over one run. machine: one that has run to its end, else the records are replayed."""

    def __init__(
        self,
        plan: Table,
        records: Records,
        decide: Decision | None = None,
        platform: Platform | None = None,
        blob: Callable[[str], Any] | None = None,
        machine: Machine | None = None,
    ) -> None:
        self.plan, self.nodes, self.records, self.platform = plan, plan["nodes"], records, platform
        self.over = machine is not None
        self.tick = records.run.get("tick") or (records.end or {}).get("tick")  # the run that has it (N53)
        self.running: set[Address] = set()
        self._stops: dict[Address, Any] = {}  # what `stop-when` of a map has come to so far
        self.ends: dict[Address, Table] = {}
        if machine is None:
            selected = records.run.get("selected")
            chosen = None if selected is None else set(selected)
            machine = Machine(plan, limit=1, replay=self._attempt, selected=chosen)
        else:
            found = ((a, records.committed(a) or records.last_end(a)) for a in machine.statuses)
            self.ends.update((address, end) for address, end in found if end is not None)
        self.machine = machine
        self.decide = decide or _Answers(plan, records, self.machine, blob)
        if self.tick:
            self.decide = _passed_over
        if records.cancel is not None:
            self.machine.why = records.cancel.get("why") or "cancelled"

    def run(self) -> Table:
        """Replay, then tell."""
        self.replay()
        return self._tell()

    def replay(self) -> None:
        """Bring the machine to where the records end."""
        machine = self.machine
        while not self.over:
            todo = machine.next(0.0)
            if not todo:
                break
            for one in todo:
                if isinstance(one, Decide):
                    outcome = self._decide(one)
                    if outcome is not None:
                        machine.decided(one.address, outcome, 0.0)
                elif isinstance(one, Expand):
                    count = self._decided("expand", one.address)
                    if count is not None:
                        machine.expanded(one.address, count, 0.0)

    def _decided(self, what: str, address: Address) -> Any:
        return self.decide(what, address)

    def _attempt(self, address: Address) -> Table | None:
        """What became of a task."""
        if self.tick:
            return {"status": "skipped", "reason": "tick"}
        end = self.records.committed(address)
        dangling = self.records.dangling(address) if end is None else []
        if end is None:
            end = self.records.last_end(address)
            if end is not None and dangling and int(dangling[-1].get("n") or 0) <= int(end.get("n") or 0):
                dangling = []
        if dangling:
            end = self._silent(address, True)
        elif end is None:
            end = self._silent(address, False)
        if end is not None:
            self.ends[address] = end
        return end

    def _silent(self, address: Address, started: bool) -> Table | None:
        """The end of what has none on record; None while it may still come."""
        said = self.platform(address, started) if self.platform else None
        if said == "running" or (said is None and started and self.records.end is None):
            self.running.add(address)
            return None
        if said == "waiting":
            return None
        if said is not None:
            return {"status": "cancelled" if said == "cancelled" else "errored", "reason": said}
        if started:
            return {"status": "errored", "reason": "lost"}
        cancel, over = self.records.cancel, self.records.end is not None
        if cancel is not None and (over or cancel.get("hard") or not is_last(self.nodes[address.id]["path"])):
            return {"status": "cancelled", "reason": "cancelled"}
        return {"status": "errored", "reason": "never-started"} if over else None

    def _decide(self, asked: Decide) -> Any:
        """A stop is asked after each item here, in whatever order they ended: it comes after the last on record."""
        if asked.what != "stop":
            return self.decide(asked.what, asked.address)
        items = Address(asked.address.id, asked.address.key[:-1])
        said = self._stops.get(items) or self.decide(asked.what, asked.address)
        self._stops[items] = said
        return False if said and self._touched.get(items, -1) >= self.machine.opened(items) else said

    @cached_property
    def _touched(self) -> dict[Address, int]:
        """Every instance that something in or below it is on record of; of a map with its last such item, else -1."""
        found: dict[Address, int] = {}
        for id, key in self.records.addresses():
            index = -1
            while True:
                spot = Address(id, key)
                seen = found.get(spot)
                found[spot] = index if seen is None or index > seen else seen
                node = self.nodes.get(id)
                if node is None or seen is not None:
                    break
                index = -1
                if len(key) > node["depth"]:
                    key, index = key[:-1], key[-1]
                elif node.get("parent"):
                    id = node["parent"]
                else:
                    break
        return found

    def _tell(self) -> Table:
        machine, records = self.machine, self.records
        known = (
            self.decide.items
            if isinstance(self.decide, _Answers)
            else lambda id, key: records.items.get(id, {}).get(key)
        )
        labels = Labels(self.nodes, known)
        order = in_order(self.plan, [*self.plan["steps"], *self.plan.get("finally", ())])
        rank = {id: index for index, id in enumerate(order)}
        addresses = [*machine.statuses, *machine.pending()]
        addresses.sort(key=lambda address: (rank[address.id], address.key))
        run, over = records.run, records.end
        ends = [float(end["end"]) for end in self.ends.values() if end.get("end")]
        told = {f"{address.id} {key_text(address.key)}": self._node(address, labels) for address in addresses}
        self._span(addresses, list(told.values()))
        return {
            "run": run.get("run"),
            "name": run.get("name"),
            "plan": run.get("plan"),
            "status": machine.status if machine.done else None,
            "start": run.get("start"),
            "end": over.get("at") if over else max(ends, default=None) if machine.done else None,
            "params": run.get("params", {}),
            **({"tick": self.tick} if self.tick else {}),
            "nodes": told,
        }

    def _span(self, addresses: list[Address], told: list[Table]) -> None:
        """What holds others began with the first of them and has ended, if it has, with the last; what was kept of
        another run is none of them."""
        spans: dict[Address, tuple[float, float]] = {}
        for address, entry in zip(reversed(addresses), reversed(told)):  # what is inside comes first
            if address in spans and not entry["attempts"]:
                entry["start"], end = spans[address]
                entry["end"] = end if entry["class"] else None
            if entry["start"] is None or (entry["status"] == "succeeded" and _kept(entry)):
                continue
            id, key = address
            if len(key) > self.nodes[id]["depth"]:
                around = Address(id, key[:-1])
            elif self.nodes[id].get("parent"):
                around = Address(self.nodes[id]["parent"], key)
            else:
                continue
            start, end = float(entry["start"]), float(entry["end"] or entry["start"])
            before = spans.get(around, (start, end))
            spans[around] = min(start, before[0]), max(end, before[1])

    def _node(self, address: Address, labels: Labels) -> Table:
        status = self.machine.statuses.get(address)
        attempts = self.records.attempts(address)
        end = self.ends.get(address, {})
        cls = status.cls if status is not None else None
        if status is None:
            running = address in self.running or (address in self._touched and not attempts)
            status = Status("running" if running else "waiting")
        found: Table = {
            "path": self.nodes[address.id]["path"],
            "label": labels.label(address.id, address.key),
            "status": status.status,
            "class": cls,
            "reason": status.reason,
            "handled": status.handled,
            "attempts": [self._as_end(one, address) for one in attempts],
            "returns": end.get("returns", {}),
            "files": end.get("files", []),
            "params_in": end.get("params_in", {}),
            "start": attempts[0].get("start", attempts[0].get("at")) if attempts else None,
            "end": end.get("end"),
        }
        error = end.get("error") or self.machine.faults.get(address)
        if error:
            found["error"] = error
        return found

    def _as_end(self, attempt: Table, address: Address) -> Table:
        """An attempt for people; one without an end is running or lost."""
        if "status" in attempt:
            return attempt
        running = address in self.running
        return {**attempt, "status": "running"} if running else {**attempt, "status": "errored", "reason": "lost"}


def _kept(entry: Table) -> bool:
    """Whether another run has done it."""
    return bool(entry["attempts"]) and "adopted" in entry["attempts"][-1]


def _passed_over(what: str, address: Address) -> Any:
    """Decisions of a run whose tick is another's (N53): nothing in it runs."""
    return {"when": False, "expand": 0, "choose": 0, "until": True, "stop": False}[what]


class _Answers:
    """Decisions from values, evaluated over done-records; what a map was expanded to is read, where it was recorded."""

    def __init__(self, plan: Table, records: Records, machine: Machine, blob: Callable[[str], Any] | None) -> None:
        from runner.rules import answers
        from runner.rules.bind import Values

        self.plan, self.machine, self._rules = plan, machine, answers
        first = records.run.get("first") or {"id": records.run.get("run"), "name": records.run.get("name")}
        self.facts: Table = {**first, "date": records.run.get("date"), "scheduled": records.run.get("scheduled")}
        params = records.run.get("params")
        if params is None:
            params = answers.parameters(plan, self.facts)
        self.values = Values(
            plan, params, self.facts, records.done, records.items, blob=blob, status=self._status, over=self._of_file
        )
        self._over = False

    def __call__(self, what: str, address: Address) -> Any:
        if self.machine.main_status is not None and not self._over:
            self._over = True
            self.facts.update(end_facts(self.plan, self.machine.main_status, self.machine.statuses))
        return self._rules.answer(self.values, what, address.id, address.key)

    def items(self, id: str, key: Key) -> list[Table] | None:
        """The items of a map instance, None where they can't be had."""
        try:
            found = self._rules.items(self.values, id, key)
        except (KeyError, IndexError):
            return None
        return found if isinstance(found, list) else None

    def _of_file(self, last: str, key: Key) -> Table:
        return file_facts(self.plan["nodes"], last, key, self.machine.statuses)

    def _status(self, id: str, key: Key) -> str | None:
        found = self.machine.statuses.get(Address(id, key))
        return found.status if found else None


def end_facts(plan: Table, status: str, statuses: Mapping[Address, Status]) -> Table:
    """`run.status` and `run.failed` (paths, in plan order), as all of `[finally]` sees them (N30)."""
    failed = {address.id for address, one in statuses.items() if one.status in FAILURE and not one.handled}
    found = [id for id in in_order(plan, plan["steps"]) if id in failed] if failed else []
    return {"status": status, "failed": [plan["nodes"][id]["path"] for id in found]}


def file_facts(nodes: Table, last: str, key: Key, statuses: Mapping[Address, Status]) -> Table:
    """`run.status` and `run.failed` as the `[finally]` of a used file sees them: of the steps of that file (N27)."""
    found = {other: statuses.get(Address(other, key)) for other in nodes[last]["after"]}
    ended = [one for one in found.values() if one is not None]
    status = run_status(ended, (), any(one.status == "cancelled" for one in ended))
    failed = [id for id, one in found.items() if one is not None and one.status in FAILURE and not one.handled]
    return {"status": status, "failed": [nodes[id]["path"] for id in failed]}


def in_order(plan: Table, ids: Iterable[str]) -> list[str]:
    """These nodes, each followed by all inside it and beside it: a plan that was stored has lost the order of keys."""
    nodes = plan["nodes"]
    found: dict[str, None] = {}
    pending = list(ids)[::-1]
    while pending:
        id = pending.pop()
        if id in found:
            continue
        found[id] = None
        part, more = nodes[id], []
        if part["type"] == "task" and "handler" not in part:
            continue
        handler = part.get("handler")
        while part is not None:
            more += part.get("steps", ())
            more += [case for _, case in part.get("cases", ())]
            more += [one for one in (part.get("default"), (part.get("reduce") or {}).get("node")) if one]
            part = part.get("body")
        if handler:
            more.append(handler["node"])
        pending += reversed(more)
    return list(found)


def projection(run: Mapping[str, Any]) -> dict[str, Table]:
    """What conformance compares (R9): no times, hosts, attempts; running and waiting count as nothing."""
    found: dict[str, Table] = {}
    for address, node in run["nodes"].items():
        if node["class"] is None:
            continue
        returns = {name: one["json"] if "json" in one else one.get("sha256") for name, one in node["returns"].items()}
        files = {file["path"]: file.get("sha256") for file in node["files"]}
        found[address] = {name: node[name] for name in ("status", "handled", "reason")}
        found[address].update(params=node["params_in"], returns=returns, files=files)
    return found

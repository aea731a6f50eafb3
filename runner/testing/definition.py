"""The statuses of a run by definition: each is worked out from what it depends on, one item after the other, as the
rules say it (PROTOCOL 2.3 to 2.5); written apart from the machine, to be compared with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.rules.bind import Failure
from runner.rules.decide import BAD, Status
from runner.run.events import Address
from runner.testing.simulate import World

Table = dict[str, Any]


class Definition:
    """found: the status of each instance; waits: the pauses between its attempts, in seconds.

    selected: as the machine's. ends: of a run that was stopped, all ends by instance and attempt: what they lack was
    cancelled."""

    def __init__(
        self,
        plan: Table,
        world: World,
        lost_attempts: int = 0,
        selected: Iterable[str] | None = None,
        ends: Mapping[tuple[Address, int], Table] | None = None,
    ) -> None:
        self.plan, self.nodes, self.world, self.lost_attempts, self.ends = (
            plan,
            plan["nodes"],
            world,
            lost_attempts,
            ends,
        )
        self.found: dict[Address, Status] = {}
        self.waits: dict[Address, list[float]] = {}
        self.selected: set[str] | None = None
        if selected is not None:
            self.selected = set(selected)
            for id in selected:
                while (id := self.nodes[id]["parent"]) is not None:
                    self.selected.add(id)

    def run(self) -> str:
        """The status of a run that nobody stopped."""
        red = False
        for ids in (self.steps(self.plan["steps"], top=True), self.plan["finally"]):
            red |= BAD in [self.node(id, ()).cls for id in ids]
        return "failed" if red else "succeeded"

    def steps(self, ids: list[str], top: bool = False) -> list[str]:
        """What of a graph is in the run (N1): a group of which nothing is selected is in it whole."""
        inside = [id for id in ids if self.selected is None or id in self.selected or "!finally" in id]
        return inside if inside or top else ids

    def node(self, id: str, key: tuple[int, ...]) -> Status:
        """The status of an instance."""
        address = Address(id, key)
        if address not in self.found:
            self.found[address] = self.gated(self.nodes[id], address)
        return self.found[address]

    def gated(self, node: Table, address: Address) -> Status:
        parent = self.nodes[node["parent"]] if node["parent"] else None
        while parent is not None and "body" in parent:
            parent = parent["body"]
        beside = self.plan["finally"] if "!finally" in node["path"] else self.steps(self.plan["steps"], top=True)
        if parent is not None:
            beside = self.steps(parent.get("steps", []))
        needs = {self.node(id, address.key).cls for id in node["needs"] if id in beside}
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
        found: Status = getattr(self, part["type"])(part, address)
        return found

    def inner(self, part: Table, address: Address, index: int) -> Status:
        inner = Address(address.id, (*address.key, index))
        self.found[inner] = self.part(part["body"], inner)
        return self.found[inner]

    def task(self, part: Table, address: Address) -> Status:
        retry = part["retry"]
        own = lost = n = 0
        status = Status("cancelled", "cancelled")
        while True:
            n += 1
            if self.ends is not None and (address, n) not in self.ends:
                return status
            end = self.world.end(address, n) if self.ends is None else self.ends[address, n]
            status = Status(end["status"], end.get("reason"))
            if status.status not in ("failed", "errored") or end["exit"] == 78 or end["reason"] == "bad-return":
                return status
            own += end["status"] == "failed"
            lost += end["status"] == "errored"
            if (own >= retry.get("attempts", 1)) if end["status"] == "failed" else lost > self.lost_attempts:
                return status
            code = 124 if end["reason"] == "timeout" else end["exit"]
            if end["status"] == "failed" and code not in retry.get("on", [code]):
                return status
            wait = retry.get("delay", 0)
            for _ in range(own - 1):
                wait *= retry.get("factor", 1)
            self.waits.setdefault(address, []).append(min(wait, retry.get("max_delay", wait)))

    def graph(self, part: Table, address: Address) -> Status:
        inside = [self.node(id, address.key) for id in self.steps(part["steps"])]
        bad = {one.status for one in inside if one.cls == BAD}
        return Status(next((one for one in ("failed", "errored", "cancelled", "blocked") if one in bad), "succeeded"))

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
        bad = cancelled = index = 0
        fault = None
        while index < count:
            item = self.inner(part, address, index)
            bad += item.cls == BAD and item.status != "cancelled"
            cancelled += item.status == "cancelled"
            index += 1
            if part.get("stop_when") and index < count and item.status != "cancelled":
                stop = self.world.decide("stop", Address(address.id, (*address.key, index - 1)))
                if stop is not False:
                    fault = Status("errored", stop.reason) if isinstance(stop, Failure) else None
                    rest = Status("blocked" if fault else "skipped", "stop-when")
                    self.found.update({Address(address.id, (*address.key, i)): rest for i in range(index, count)})
                    break
        status = Status("failed", "too-many-failed") if bad > part["tolerate"] else Status("succeeded")
        if status.status == "succeeded" and cancelled:
            status = Status("cancelled", "cancelled")
        status = fault or status
        if not part["reduce"]:
            return status
        reducer = part["reduce"]["node"]
        if status.cls == BAD:
            kept = Status("cancelled", "cancelled") if status.status == "cancelled" else Status("blocked", "needs")
            self.found[Address(reducer, address.key)] = kept
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

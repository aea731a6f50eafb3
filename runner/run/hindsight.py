"""What a task can know of others where no driver tells it: the Run, folded from what is on record by now."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Callable, cast

from runner.rules.bind import Values
from runner.rules.controls import control
from runner.rules.decide import Status
from runner.rules.keys import Key
from runner.run.aftermath import Aftermath
from runner.run.events import Address
from runner.run.fold import Fold, end_facts
from runner.run.records import Reads, Records, read

Table = dict[str, Any]


class Hindsight:
    """One look at a run. gone: instances that have ended, id -> key: what in them has no end on record will have none;
    over: that holds of the whole run."""

    def __init__(
        self, plan: Table, store: Reads, run: str, blob: Callable[[str], Any], gone: Mapping[str, Key], over: bool
    ) -> None:
        self.plan, self.nodes = plan, plan["nodes"]
        self.records = Records(read(store, run))
        if over:
            self.records.end = {"v": 1, "at": time.time()}
        self.fold = Fold(plan, self.records, None, silence(self.nodes, gone) if gone else None, blob)

    @cached_property
    def run(self) -> Table:
        """The Run."""
        return self.fold.run()

    @property
    def statuses(self) -> dict[Address, Status]:
        """Of all that has ended."""
        assert self.run is not None
        return self.fold.machine.statuses

    def status(self, id: str, key: Key) -> str | None:
        """Of one instance, None while it has none."""
        found = self.statuses.get(Address(id, key))
        return found.status if found else None

    def control(self, what: str, id: str, key: Key) -> str:
        """A control value."""
        return control(self.values, what, id, key)

    @property
    def values(self) -> Values:
        """Values by what is on record."""
        assert self.run is not None
        found: Values = cast(Any, self.fold.decide).values
        if self.fold.machine.main_status is not None:
            found.run.update(self.facts)
        return found

    @property
    def facts(self) -> Table:
        """`run.status` and `run.failed`, as `[finally]` sees them (N30)."""
        statuses = self.statuses
        return end_facts(self.plan, self.fold.machine.main_status or "succeeded", statuses)

    def failed(self, handler: Address, folder: str) -> Table:
        """What a handler is told of the step that it stands by; folder: of the run, with its logs."""
        return self._aftermath(folder).failed(handler, self.statuses)

    def ended(self, address: Address, folder: str) -> Table:
        """What `[finally]` is told of the run, or of the file that it belongs to; folder: for a file with all ends."""
        return self._aftermath(folder).over(self.facts, self.statuses, address)

    def _aftermath(self, folder: str) -> Aftermath:
        ends = sorted((end for some in self.records.ends.values() for end in some), key=lambda end: end.get("end") or 0)
        return Aftermath(self.nodes, ends, folder)


def silence(nodes: Table, gone: Mapping[str, Key]) -> Callable[[Address, bool], str | None]:
    """What it means that there is no end on record: nothing, but in instances that have ended (id -> key)."""

    def platform(address: Address, started: bool) -> str | None:
        id, key = address
        while id not in gone:
            if not nodes[id].get("parent"):
                return None
            id = nodes[id]["parent"]
        before = gone[id]
        return ("lost" if started else "never-started") if key[: len(before)] == before else None

    return platform


def before(nodes: Table, id: str, key: Key) -> dict[str, Key]:
    """What has ended when an instance starts: all that it and what is around it waited for."""
    found: dict[str, Key] = {}
    at: str | None = id
    while at is not None:
        pending = [at]
        while pending:
            node = nodes[pending.pop()]
            for other in (*node["needs"], *node["after"]):
                if other not in found:
                    found[other] = key[: nodes[other]["depth"]]
                    pending.append(other)
        at = nodes[at].get("parent")
    return found

"""When each step of a run could have started, and which end it waited for: its start comes later where it had to wait
for a free place, for resources, or for the delay of a retry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.rules.last import is_last
from runner.views.nest import Nest


class Ready(NamedTuple):
    """at: seconds since 1970; cause: the address whose end made it ready, "" for the start of the run."""

    at: float
    cause: str


class Waiting:
    """Answers for one run. run: folded; nodes: of its plan."""

    def __init__(self, run: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]], nest: Nest) -> None:
        self.told, self.nodes, self.nest = run["nodes"], nodes, nest
        self.start = float(run.get("start") or 0.0)
        self._handled = {node["handler"]["node"]: id for id, node in nodes.items() if node.get("handler")}
        self._reduced = {node["reduce"]["node"]: id for id, node in nodes.items() if node.get("reduce")}
        self._ends: dict[str, float | None] = {}
        for address in reversed(list(nest.below())):  # what is inside comes first
            self._ends[address] = self._end(address)
        starts = [at for entry in self.told.values() if (at := entry.get("start")) is not None and at >= self.start]
        self._first = self._main = Ready(float(min(starts, default=self.start)), "")  # when the run was ready itself
        for address in nest.inside.get("", ()):
            if not is_last(nodes[address.partition(" ")[0]]["path"]):
                self._main = max(self._main, Ready(self.end(address) or 0.0, address))
        self._found: dict[str, Ready] = {}

    @property
    def last(self) -> float:
        """The last end of all."""
        return max((end for end in self._ends.values() if end is not None), default=self.start)

    def end(self, address: str) -> float | None:
        """When it ended, in this run, with all that is in it, reducers too: what was kept of another was there at the
        start. None: it did not run, or has not ended."""
        return self._ends[address]

    def _end(self, address: str) -> float | None:
        entry = self.told[address]
        ends = [self._ends[one] for one in self.nest.inside.get(address, ())] if entry.get("class") else []
        known = [float(end) for end in (entry.get("end"), *ends) if end is not None]
        return max(self.start, *known) if known else None

    def ready(self, address: str) -> Ready:
        """When an address could have started. Chains may be 10,000 steps long: no recursion."""
        todo = [address]
        while todo:
            at = todo[-1]
            missing = [one for one in self._asks(at) if one not in self._found] if at not in self._found else []
            if missing:
                todo += missing
                continue
            todo.pop()
            if at not in self._found:
                self._found[at] = self._from(at)
        return self._found[address]

    def _asks(self, address: str) -> list[str]:
        """Whose readiness has to be known first: of what holds it, and of what did not run before it."""
        around = self.nest.around(address)
        before = [one for one in self.before(address) if self.end(one) is None]
        return [around, *before] if around else before

    def _from(self, address: str) -> Ready:
        around = self.nest.around(address)
        first = self._found[around] if around else self._first
        if not around and is_last(self.nodes[address.partition(" ")[0]]["path"]):
            first = self._main
        ends = []
        for one in self.before(address):
            end = self.end(one)
            ends.append(self._found[one] if end is None else Ready(end, one))
        return max([first, *ends], key=lambda ready: ready.at)

    def before(self, address: str) -> list[str]:
        """What has to end before: needs, the round before, what a handler handles, the items of a reducer."""
        id, _, key = address.partition(" ")
        node = self.nodes[id]
        around = self.nest.around(address)
        if around.partition(" ")[0] == id:  # an item or a round
            number = int(key.rpartition(".")[2])
            before = f"{id} {key[: len(key) - len(str(number))]}{number - 1}"
            return [before] if self.nest.kind(around) == "loop" and before in self.told else []
        if id in self._handled:
            found = [f"{self._handled[id]} {key}"]
            return [one for one in found if one in self.told and one != around] or self._inside(around)
        if id in self._reduced:
            return self._inside(around)
        found = [f"{other} {key}" for name in ("needs", "after") for other in node.get(name, ())]
        return [one for one in found if one in self.told]

    def _inside(self, around: str) -> list[str]:
        """What stands in a map or group, but for its reducer and handlers."""
        found = [(one, one.partition(" ")[0]) for one in self.nest.inside.get(around, ()) if around]
        return [one for one, id in found if id not in self._handled and id not in self._reduced]

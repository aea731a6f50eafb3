"""The facts of a run, told the same way by every view: events become short lines of a state, a label and the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.rules.labels import Labels
from runner.views import words
from runner.views.labels import written_items
from runner.views.times import duration

if TYPE_CHECKING:
    from runner.run.events import Event

# Statuses in the order in which totals name them.
STATUSES = ("succeeded", "cached", "failed", "errored", "cancelled", "blocked", "skipped")


class Line(NamedTuple):
    """One fact: `failed  train  exited 1 after 2 attempts  31s`."""

    state: str
    label: str
    rest: str


class Story:
    """Keeps what later lines need of earlier events: the plan, labels of items, first starts, item counts."""

    def __init__(self) -> None:
        self.nodes: Mapping[str, Mapping[str, Any]] = {}
        self.run = self.title = ""
        self.began: float | None = None
        self._labels = Labels({})
        self._items: dict[Any, list[dict[str, Any]]] = {}
        self._ends: dict[Any, str] = {}  # statuses that block or skip others
        self._guarded: dict[Any, str] | None = None  # handler that recovers -> its step
        self._starts: dict[Any, float] = {}
        self._delayed: set[Any] = set()  # ended an attempt, and were to have another
        self._counts: dict[Any, int] = {}

    def label(self, event: Event) -> str:
        """The label of the event's address: with the values of items that the plan or `expand` knows, else indexes."""
        address = event.address
        return "" if address is None else self._labels.label(address.id, address.key)

    def _known(self, id: str, key: tuple[int, ...]) -> list[dict[str, Any]] | None:
        said = self._items.get((id, key))
        return written_items(self.nodes, id) if said is None else said

    def headline(self, event: Event) -> str:
        """The first line of a view, from run-start."""
        data = event.data
        plan = data.get("plan")
        if isinstance(plan, Mapping):
            self.nodes = plan.get("nodes", {})
            self._labels = Labels(self.nodes, self._known)
        else:
            plan = {}
        self.run, self.began = str(data.get("name", "")), event.at
        profile = data.get("profile") or plan.get("profile", {}).get("name")
        parts = [str(data.get("pipeline") or plan.get("name") or ""), f"run {self.run}" if self.run else ""]
        parts += [f"profile {profile}" if profile else "", f"resumes {data['parent']}" if data.get("parent") else ""]
        self.title = joined(*parts)
        return self.title

    def line(self, event: Event) -> Line | None:
        """The fact that an event brings; None for those that are no fact on their own."""
        what, data = event.what, event.data
        if what == "start":
            self._starts.setdefault(event.address, event.at)
            n = int(data.get("n", 1))
            return Line("running", self.label(event), f"attempt {n}" if n > 1 else "")
        if what == "end":
            return self._end(event)
        if what == "retry":
            wait = float(data.get("at") or event.at) - event.at
            return Line("retry", self.label(event), f"again in {duration(wait)}") if wait >= 0.05 else None
        if what == "expand":
            self._counts[event.address] = int(data.get("count", 0))
            if data.get("items") and event.address is not None:
                self._items[tuple(event.address)] = data["items"]
            return None
        if what == "state":
            return self._state(event)
        if what == "stop":
            return Line("stopping", "", _stop(data))
        if what == "note":
            return Line("note", self.label(event), str(data.get("text", "")))
        return None

    def _end(self, event: Event) -> Line:
        data = event.data
        status, n = str(data.get("status")), int(data.get("n") or 1)
        took = data.get("run_s")
        if n == 1 and took is not None:  # without what its place took to be made, as in the record
            self._starts[event.address] = event.at - float(took)
        if not data.get("final", True):
            self._delayed.add(event.address)
            told = f"attempt {n} {words.why(data)}"
            return Line("retry", self.label(event), joined(told, duration(took), words.detail(data)))
        self._delayed.discard(event.address)
        began = self._starts.pop(event.address, None)
        if n > 1 and began is not None:
            took = event.at - began
        name = self.label(event)
        if status not in ("succeeded", "cached"):
            self._ends[event.address] = status
        if status in ("succeeded", "cached"):
            self._recovered(event)
            told = str(data.get("note") or "") if n == 1 else f"attempt {n}"
            return Line(status, name, joined("" if status == "cached" else duration(took), told))
        return Line(
            status,
            name,
            joined((words.why_still(data) + words.attempts(n)).strip(), duration(took), words.detail(data)),
        )

    def _state(self, event: Event) -> Line | None:
        address, data = event.address, event.data
        status = str(data.get("status"))
        items = self._counts.pop(address, None)
        node = self.nodes.get(address.id, {}) if address is not None else {}
        if status not in ("succeeded", "cached"):
            self._ends[address] = status
        group = node.get("type") in ("graph", "choice")
        if group and status in ("succeeded", "failed", "errored", "cancelled") and not data.get("error"):
            return None  # no news: the steps inside have told it
        if address in self._delayed and status in ("failed", "errored"):
            return Line(status, self.label(event), "not tried again")  # why it failed was told with the attempt
        reason = str(data.get("reason") or "")
        told = [self._needs(event, status) if status in ("blocked", "skipped") and reason in ("", "needs") else ""]
        told[0] = told[0] or (words.why_still(data) if reason else "")
        told += [words.detail(data), words.count(items, "item") if items is not None else ""]
        return Line(status, self.label(event), joined(*told))

    def _recovered(self, event: Event) -> None:
        """A handler has ended well: nobody is blocked by what it stands in for."""
        if event.address is None or not str(self.nodes.get(event.address.id, {}).get("path")).endswith("!on-failure"):
            return
        if self._guarded is None:
            told = ((id, node.get("handler") or {}) for id, node in self.nodes.items())
            self._guarded = {one.get("node"): id for id, one in told if one.get("recover") == "continue"}
        if event.address.id in self._guarded:
            self._ends.pop((self._guarded[event.address.id], event.address.key), None)

    def _needs(self, event: Event, status: str) -> str:
        """The needs behind a blocked or skipped step, as far as they were seen to end so."""
        if event.address is None or event.address.id not in self.nodes:
            return ""
        node = self.nodes[event.address.id]
        key = event.address.key[: int(node.get("depth", 0))]
        found = []
        for need in node.get("needs", ()):
            ended = self._ends.get((need, key))
            if ended is not None and (ended == "skipped") == (status == "skipped"):
                found.append(self._labels.label(need, key))
        return f"needs {words.listed(found, 3)}" if found else ""


def _stop(data: Mapping[str, Any]) -> str:
    """Why nothing more is started, and what becomes of what runs."""
    why, hard = data.get("why"), data.get("hard")
    said = {"timeout": "the time of the run is over", "fail-fast": "a step failed, and --fail-fast was asked for"}
    if why in said:
        return said[why]
    grace = duration(data.get("grace"))
    return "what runs is killed" if hard else f"what runs has {grace} to end; Ctrl-C again ends it at once"


def joined(*parts: str) -> str:
    """The parts that are not empty, two blanks apart."""
    return "  ".join(part for part in parts if part)

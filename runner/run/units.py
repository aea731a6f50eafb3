"""Live instances of a run as a tree, and the search in it for what may start next: plan order, depth first."""

from __future__ import annotations

from heapq import heappush
from typing import Any, NamedTuple

from runner.rules.decide import Status
from runner.run.events import Address

Table = dict[str, Any]

# Phases of a unit. Those of PROTOCOL 2.5 that need a place of their own; the rest follows from who holds the unit.
WAITING, DECIDING, FRESH, ASKING, OPEN, READY, RUNNING, DELAYED, HANDLING, DONE = range(10)


class Unit:
    """One live instance: of a node, of an item of a map, or of a round of a loop.

    part: what it is; node: the node's table where the unit is the node itself, not an item or a round.
    hot: something under it may be able to start; ready: its hot children; fresh: children that wait to be opened."""

    __slots__ = (
        "active", "address", "begun", "end", "fresh", "hot", "inside", "last", "lost", "n", "node", "order", "own",
        "part", "phase", "ready", "slot", "slots", "up",
    )  # fmt: skip

    def __init__(self, address: Address, part: Table, node: Table | None, up: Unit | None, order: int) -> None:
        self.address, self.part, self.node, self.up, self.order = address, part, node, up, order
        self.last: bool = up.last if up is not None else False  # inside `[finally]`
        self.phase = WAITING
        self.hot = False
        self.begun = False  # something inside has been started
        self.slot = False  # holds one of its parent's slots
        self.ready: list[tuple[int, int, Unit]] | None = None
        self.fresh: list[tuple[int, Unit]] | None = None
        self.slots: int | None = None
        self.active = 0
        self.n = self.own = self.lost = 0  # attempts; those that ended failed, errored
        self.inside: Any = None  # the state of a graph, map or loop
        self.end: Status | None = None  # of its last attempt, or how it ended before its handler


class Shape(NamedTuple):
    """What all instances of one graph share: its nodes in order, how many siblings each waits for, who follows whom."""

    ids: list[str]
    waits: list[int]
    followers: list[list[tuple[int, bool]]]  # (place, whether it is a need)


class Graph:
    """State of an open graph. gates: bit 1 a need was skipped, bit 2 a need ended badly."""

    __slots__ = ("bad", "children", "gates", "left", "shape", "waits")

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.waits = list(shape.waits)
        self.gates = [0] * len(shape.ids)
        self.children: list[Unit | None] = [None] * len(shape.ids)
        self.left = len(shape.ids)
        self.bad: set[Status] = set()


class Items:
    """State of an open map."""

    __slots__ = ("asking", "bad", "cancelled", "count", "fault", "held", "left", "next", "stopped", "waiting")

    def __init__(self, count: int) -> None:
        self.count = self.left = count
        self.next = 0  # the first item that is not open yet
        self.bad = self.cancelled = 0
        self.waiting = 0  # tasks inside that wait for what they take of the machine
        self.asking = 0  # answers to `stop-when` that are still to come
        self.stopped = self.held = False  # held: too many wait
        self.fault: Status | None = None

    def more(self) -> bool:
        """Whether there are items that may be opened now."""
        return self.next < self.count and not self.asking and not self.stopped


def shape_of(nodes: Table, ids: list[str]) -> Shape:
    """The shape of a graph of these nodes; edges to others (not selected) count as nothing."""
    place = {id: index for index, id in enumerate(ids)}
    followers: list[list[tuple[int, bool]]] = [[] for _ in ids]
    waits = [0] * len(ids)
    for index, id in enumerate(ids):
        for key, need in (("needs", True), ("after", False)):
            for other in nodes[id].get(key, ()):
                if other in place:
                    followers[place[other]].append((index, need))
                    waits[index] += 1
    return Shape(ids, waits, followers)


def begun(unit: Unit) -> None:
    """Note in all above that something inside them is started."""
    up = unit.up
    while up is not None and not up.begun:
        up.begun, up = True, up.up


def heat(unit: Unit) -> None:
    """Tell all above that there is something to start here."""
    while not unit.hot:
        unit.hot = True
        up = unit.up
        if up is None or up.up is None:  # the search begins at the graph below the root
            return
        if up.ready is None:
            up.ready = []
        heappush(up.ready, (unit.order, id(unit), unit))
        unit = up

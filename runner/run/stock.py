"""What there is of `cpu`, `memory` and `gpu`, what tasks took of it, and who waits for more. Numbers only.

A task that is ready takes what it asks for in the order of KINDS and waits, in one line at a time, for what is short. A
line is in plan order and only its first is served: no later, smaller task takes what a large one waits for.
What was taken on the way is kept, and all go through the lines in one order: no two wait for each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from math import ceil
from typing import NamedTuple

from runner.run.units import Items, Unit, heat

KINDS = ("gpu", "memory", "cpu")  # the scarce one first: who waits for it takes nothing from the others


class Pool(NamedTuple):
    """What the steps of some profiles take from. profiles: their names, "" for the run's own; totals: what there is by
    kind; a kind that is missing is not counted."""

    profiles: tuple[str, ...]
    totals: Mapping[str, float]


class Stock:
    """pools: what there is; steps of a profile that is in none are not counted. Each kind of each has a line of its
    own. most: tasks of one map that may wait before it opens no further item, so that a map holds the state of few."""

    def __init__(self, pools: Sequence[Pool], most: int) -> None:
        self._first = {name: at * len(KINDS) for at, pool in enumerate(pools) for name in pool.profiles}
        self.totals = [counted(k, pool.totals[k]) if k in pool.totals else None for pool in pools for k in KINDS]
        self.free = [total or 0 for total in self.totals]
        self.most = most
        self.taken: dict[Unit, list[int]] = {}
        self._lines: list[list[tuple[tuple[int, ...], int, Unit]]] = [[] for _ in self.totals]
        self._asked: dict[str, list[int]] = {}
        self._sequence = 0

    def take(self, unit: Unit) -> None:
        """A task is ready: it gets hot, now or when all that it asks for is there."""
        if any(self._wanted(unit)):
            self.taken[unit] = [0] * len(self.totals)
            if not self._go(unit, 0, None):
                self._waits(unit, 1)
                return
        heat(unit)

    def leave(self, unit: Unit) -> list[int]:
        """A task has ended, or won't start: what it took, by kind."""
        return self.taken.pop(unit, [])

    def give(self, taken: list[int]) -> None:
        """Something is there again; those that waited for it get hot."""
        for kind, amount in enumerate(taken):
            self.free[kind] += amount
        while True:
            served = [
                (line[0], kind)
                for kind, line in enumerate(self._lines)
                if line and self._wanted(line[0][2])[kind] <= self.free[kind]
            ]
            if not served:
                return
            (place, _, unit), kind = min(served)
            heappop(self._lines[kind])
            if self._go(unit, kind, place):
                self._waits(unit, -1)
                heat(unit)

    def _wanted(self, unit: Unit) -> list[int]:
        """What a task takes, by kind; all of it where it asks for more than there is."""
        id = unit.address.id
        if id not in self._asked:
            do = unit.part.get("do", {})
            self._asked[id] = wanted = [0] * len(self.totals)
            first, asked = self._first.get(do.get("profile", "")), do.get("resources") or {}
            for at, kind in enumerate(KINDS, first) if first is not None else ():
                total = self.totals[at]
                wanted[at] = 0 if total is None else min(total, counted(kind, asked.get(kind) or 0))
        return self._asked[id]

    def _go(self, unit: Unit, kind: int, place: tuple[int, ...] | None) -> bool:
        """Take from this kind on; false when it waits now. place: in the plan, where it is known already."""
        wanted = self._wanted(unit)
        for at in range(kind, len(self.totals)):
            if not wanted[at]:
                continue
            line = self._lines[at]
            if wanted[at] > self.free[at] or line:
                place = place or place_of(unit)
                if wanted[at] > self.free[at] or line[0][0] < place:
                    self._sequence += 1
                    heappush(line, (place, self._sequence, unit))
                    return False
            self.free[at] -= wanted[at]
            self.taken[unit][at] = wanted[at]
        return True

    def _waits(self, unit: Unit, more: int) -> None:
        """A task waits, or does no more: maps around it stop opening items while too many do."""
        up = unit.up
        while up is not None:
            items = up.inside
            if isinstance(items, Items):
                items.waiting += more
                items.held = items.waiting >= self.most
            up = up.up


def counted(kind: str, amount: float) -> int:
    """An amount in whole numbers: bytes, or thousandths of a processor, rounded up."""
    return int(amount) if kind == "memory" else ceil(round(amount * 1000, 6))


def place_of(unit: Unit) -> tuple[int, ...]:
    """Where a unit stands in the plan: the places of all around it, outer to inner."""
    found: list[int] = []
    at: Unit | None = unit
    while at is not None:
        found.append(at.order)
        at = at.up
    return tuple(reversed(found))

"""The search for the next task to start: plan order, depth first, so that items flow through their graphs."""

from __future__ import annotations

from heapq import heappop
from typing import TYPE_CHECKING

from runner.run import scopes
from runner.run.units import DONE, OPEN, READY, Graph, Items, Unit

if TYPE_CHECKING:
    from runner.run.machine import Machine


def search(m: Machine) -> Unit | None:
    """The next task that may start, cold from now on; opens what stands around it. None when there is none now, or
    when a question came up on the way: its answer may put something before what is ready."""
    unit = m.zone
    while True:
        if unit.phase == READY:
            unit.hot = False
            return unit
        child = _first(unit)
        fresh = _fresh(unit)
        if fresh is not None and (child is None or fresh < child.order):
            _open(m, unit, fresh)
            m.follow()
            if m.asking:
                return None
            unit = unit if unit.phase != DONE else m.zone
        elif child is not None:
            unit = child
        else:
            unit.hot = False
            if unit is m.zone or unit.up is None:
                return None
            unit = unit.up


def _first(unit: Unit) -> Unit | None:
    """The first hot child; children that cooled meanwhile are forgotten on the way."""
    ready = unit.ready
    while ready:
        child = ready[0][2]
        if child.hot:
            return child
        heappop(ready)
    return None


def _fresh(unit: Unit) -> int | None:
    """The order of the first child that may be opened now."""
    if unit.phase != OPEN or (unit.slots is not None and unit.active >= unit.slots):
        return None
    if unit.fresh:
        return unit.fresh[0][0]
    inside = unit.inside
    return inside.next if isinstance(inside, Items) and inside.more() and not inside.held else None


def _open(m: Machine, unit: Unit, order: int) -> None:
    if isinstance(unit.inside, Items):
        unit.inside.next += 1
        opened = scopes.inner(m, unit, order)
    else:
        assert isinstance(unit.inside, Graph) and unit.fresh
        opened = heappop(unit.fresh)[1]
    unit.active += 1
    opened.slot = True
    scopes.begin(m, opened)

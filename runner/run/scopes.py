"""What opens, and what follows from an inner end, by type of node: task, graph, choice, map, loop (LANGUAGE N3)."""

from __future__ import annotations

from heapq import heappush
from typing import TYPE_CHECKING, Any, cast

from runner.rules.decide import BAD, SKIP, Status, gate, graph_status, map_status
from runner.rules.last import of_file
from runner.run.events import Address
from runner.run.units import ASKING, DECIDING, FRESH, HANDLING, OPEN, Graph, Items, Unit, heat

if TYPE_CHECKING:
    from runner.rules.bind import Failure
    from runner.run.machine import Machine

SUCCEEDED = Status("succeeded")
NOT_CHOSEN = Status("skipped", "not-chosen")
_GATES = ((), (SKIP,), (BAD,), (BAD, SKIP))


def child(m: Machine, up: Unit, id: str, order: int) -> Unit:
    """A unit for a node that stands at its parent's own key."""
    node = m.nodes[id]
    return m.add(Unit(Address(id, up.address.key), node, node, up, order))


def inner(m: Machine, up: Unit, index: int) -> Unit:
    """A unit for item or round `index` of a map or loop."""
    address = Address(up.address.id, (*up.address.key, index))
    return m.add(Unit(address, up.part["body"], None, up, index))


def arrive(m: Machine, unit: Unit) -> None:
    """Its gate is open: ask `when`, else go on."""
    when: Any = unit.node.get("when", True) if unit.node else True
    if when is True:
        enter(m, unit)
    elif when is False:
        m.close(unit, Status("skipped", "when"))
    else:
        unit.phase = DECIDING
        m.ask("when", unit)


def enter(m: Machine, unit: Unit) -> None:
    """It may run: at once, or in a graph when a slot is free."""
    up = unit.up
    assert up is not None
    if up.phase == OPEN and isinstance(up.inside, Graph):
        if up.slots is None and unit.part["type"] == "task":
            begin(m, unit)
            return
        unit.phase = FRESH
        if up.fresh is None:
            up.fresh = []
        heappush(up.fresh, (unit.order, unit))
        heat(up)
    else:
        begin(m, unit)


def begin(m: Machine, unit: Unit) -> None:
    """Open a unit; a task becomes ready."""
    _BEGIN[unit.part["type"]](m, unit)


def _task(m: Machine, unit: Unit) -> None:
    m.ready(unit)


def _graph(m: Machine, unit: Unit) -> None:
    shape = m.shape(unit)
    unit.phase, unit.slots = OPEN, m.slots(unit)
    unit.inside = graph = Graph(shape)
    if not shape.ids:
        m.finish(unit, SUCCEEDED)
        return
    for index, id in enumerate(shape.ids):
        graph.children[index] = child(m, unit, id, index)
    for index, waits in enumerate(shape.waits):
        if not waits:
            _gate(m, unit, index)


def _gate(m: Machine, unit: Unit, index: int) -> None:
    """All that a node waits for has ended."""
    graph: Graph = unit.inside
    found = graph.children[index]
    assert found is not None
    if unit.begun and found.node is not None and of_file(found.node["path"]):
        found.last = True  # the end of a file that has begun: cancelling lets it run
    verdict = gate(_GATES[graph.gates[index]])
    if verdict == "run":
        arrive(m, found)
    else:
        m.close(found, Status(verdict, "needs"))


def _graph_child(m: Machine, unit: Unit, ended: Unit, status: Status) -> None:
    graph: Graph = unit.inside
    cls = status.cls
    graph.children[ended.order] = None
    graph.left -= 1
    if cls == BAD:
        graph.bad.add(status)
    mark = 2 if cls == BAD else 1 if cls == SKIP else 0
    for index, need in graph.shape.followers[ended.order]:
        graph.waits[index] -= 1
        if need:
            graph.gates[index] |= mark
        if not graph.waits[index]:
            _gate(m, unit, index)
    if not graph.left:
        m.finish(unit, graph_status(graph.bad))
    elif unit.fresh:
        heat(unit)


def _choice(m: Machine, unit: Unit) -> None:
    unit.phase = ASKING
    m.ask("choose", unit)


def chosen(m: Machine, unit: Unit, outcome: Any) -> None:
    """The answer to `choose`: an index into cases, their number for the default, -1 where nothing matches."""
    cases = [id for _, id in unit.part["cases"]]
    default = unit.part.get("default")
    every = [*cases, default] if default else cases
    fault = _fault(outcome, "failed")
    if fault is None and not 0 <= outcome < len(every):
        fault = Status("failed", "bad-param")
    for index, id in enumerate(every):
        if fault is not None or index != outcome:
            m.settle(Address(id, unit.address.key), NOT_CHOSEN)
    if fault is not None:
        m.fault(unit, fault, outcome)
        return
    unit.phase = OPEN
    arrive(m, child(m, unit, every[outcome], 0))


def _single_child(m: Machine, unit: Unit, ended: Unit, status: Status) -> None:
    m.finish(unit, Status(status.status, status.reason) if status.cls == BAD else SUCCEEDED)


def _map(m: Machine, unit: Unit) -> None:
    unit.phase = ASKING
    m.expand(unit)


def expanded(m: Machine, unit: Unit, count: Any) -> None:
    """The answer to Expand."""
    fault = _fault(count, "failed")
    if fault is not None:
        m.fault(unit, fault, count)
        return
    unit.phase, unit.inside = OPEN, Items(count)
    unit.slots = m.slots(unit)
    if count:
        heat(unit)
    else:
        _items_over(m, unit)


def _map_child(m: Machine, unit: Unit, ended: Unit, status: Status) -> None:
    if ended.address.id != unit.address.id:  # the reducer
        _single_child(m, unit, ended, status)
        return
    items: Items = unit.inside
    items.left -= 1
    if status.cls == BAD:
        items.cancelled += status.status == "cancelled"
        items.bad += status.status != "cancelled"
    if not items.left:
        _items_over(m, unit)
    elif items.next < items.count and not items.stopped:
        if unit.part.get("stop_when") and status.status != "cancelled":
            items.asking += 1
            m.ask("stop", unit, ended.address)
        elif not items.asking:
            heat(unit)


def stop(m: Machine, unit: Unit, outcome: Any) -> None:
    """The answer to `stop-when` of an item that has ended: true skips the items that are not open yet."""
    items: Items = unit.inside
    items.asking -= 1
    if not items.stopped:  # by another that ended at the same time
        items.fault = _fault(outcome, "errored")
        if items.fault is not None or outcome:
            _stop_rest(m, unit, outcome)
    if items.asking:
        return
    if not items.left:
        _items_over(m, unit)
    elif not items.stopped:
        heat(unit)


def _stop_rest(m: Machine, unit: Unit, outcome: Any) -> None:
    items: Items = unit.inside
    if items.fault is not None:
        m.tell(unit, outcome)
    rest = Status("skipped", "stop-when") if items.fault is None else Status("blocked", "stop-when")
    items.stopped = True
    id, key = unit.address
    for index in range(items.next, items.count):
        m.settle(Address(id, (*key, index)), rest)
    items.left -= items.count - items.next
    items.next = items.count


def _items_over(m: Machine, unit: Unit) -> None:
    """All items have ended: count the bad ones, then reduce."""
    items: Items = unit.inside
    status = items.fault or map_status(items.bad, unit.part.get("tolerate", 0), items.cancelled)
    reducer = (unit.part.get("reduce") or {}).get("node")
    if reducer and status.status == "succeeded":
        unit.slots = None
        arrive(m, child(m, unit, reducer, items.count))
        return
    if reducer:
        cancelled = status.status == "cancelled"
        m.settle(
            Address(reducer, unit.address.key),
            Status("cancelled", "cancelled") if cancelled else Status("blocked", "needs"),
        )
    m.finish(unit, status)


def _loop(m: Machine, unit: Unit) -> None:
    unit.phase, unit.inside = OPEN, 0
    next_round(m, unit)


def next_round(m: Machine, unit: Unit) -> None:
    """Begin the next round; rounds count from 1 (N31)."""
    unit.phase = OPEN
    unit.inside += 1
    begin(m, inner(m, unit, unit.inside))


def _loop_child(m: Machine, unit: Unit, ended: Unit, status: Status) -> None:
    if status.cls == BAD:
        m.finish(unit, Status(status.status, status.reason))
        return
    unit.phase = ASKING
    if unit.part.get("until") is None:
        until(m, unit, False)
    else:
        m.ask("until", unit, ended.address)


def until(m: Machine, unit: Unit, outcome: Any) -> None:
    """The answer to `until` after a round."""
    fault = _fault(outcome, "errored")
    if fault is not None:
        m.fault(unit, fault, outcome)
    elif outcome:
        m.finish(unit, SUCCEEDED)
    elif unit.inside < unit.part["max"]:
        m.later(unit, float(unit.part.get("delay") or 0))
    elif unit.part.get("exhausted") == "succeed":
        m.finish(unit, SUCCEEDED)
    else:
        m.finish(unit, Status("failed", "not-converged"))


def child_ended(m: Machine, unit: Unit, ended: Unit, status: Status) -> None:
    """One of a unit's children has its final status."""
    if ended.slot:
        unit.active -= 1
    if unit.phase == HANDLING:
        before = unit.end
        assert before is not None and unit.node is not None
        recover = unit.node["handler"].get("recover") or False
        handled = recover if status.status in ("succeeded", "cached") else False
        m.close(unit, Status(before.status, before.reason, handled))
    else:
        _CHILD[unit.part["type"]](m, unit, ended, status)


def failure(outcome: Any) -> Failure | None:
    """The Failure that an answer is, if it is one: (reason, message)."""
    return cast("Failure", outcome) if isinstance(outcome, tuple) else None


def _fault(outcome: Any, status: str) -> Status | None:
    """The status that a decision gives which could not be made."""
    failed = failure(outcome)
    return Status(status, failed.reason) if failed else None


_BEGIN = {"task": _task, "graph": _graph, "choice": _choice, "map": _map, "loop": _loop}
_CHILD = {"graph": _graph_child, "choice": _single_child, "map": _map_child, "loop": _loop_child}

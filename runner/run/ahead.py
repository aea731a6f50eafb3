"""Looks ahead: while commands run, the attempt is made ready that is likely to start when one of them has ended.

Only an attempt whose call can't depend on what still runs: when it starts, it is as if it had been made then.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from runner.rules.bind import part_of
from runner.run.events import Address
from runner.run.units import OPEN, READY, Graph, Items, Unit

if TYPE_CHECKING:
    from runner.run.machine import Machine

Table = dict[str, Any]
FIXED = frozenset(("lit", "param", "run", "item", "round", "items", "own"))  # they mean the same whatever ends


class Ahead:
    """One first attempt that is made ready. make: gives what `take` is to give for an address, None: it can't be made;
    drop: is given back what was made in vain; expect: is told what an attempt does that can't be made yet."""

    def __init__(
        self,
        machine: Machine,
        make: Callable[[Address], Any],
        drop: Callable[[Any], None],
        expect: Callable[[Table], None] | None = None,
    ) -> None:
        self._machine, self._make, self._drop, self._expect = machine, make, drop, expect
        self._address: Address | None = None
        self._expected: Address | None = None
        self._made: Any = None
        self._fixed: dict[tuple[str, int], bool] = {}

    def look(self) -> None:
        """Make the attempt ready that starts next, unless it is."""
        address = coming(self._machine)
        if address is None or address in (self._address, self._expected):
            return
        if not self._fits(address):
            self._expected = address
            if self._expect is not None:
                self._expect(part_of(self._machine.nodes[address.id], address.key).get("do") or {})
            return
        if self._made is not None:
            self._drop(self._made)
        self._address, self._made = address, self._make(address)

    def take(self, address: Address) -> Any:
        """What was made for the first attempt at an address, None if nothing was."""
        if address != self._address:
            return None
        made, self._address, self._made = self._made, None, None
        return made

    def _fits(self, address: Address) -> bool:
        name = (address.id, len(address.key))
        if name not in self._fixed:
            nodes = self._machine.nodes
            node = nodes[address.id]
            self._fixed[name] = "!" not in node["path"] and fixed(part_of(node, address.key)["do"], nodes)
        return self._fixed[name]


def coming(machine: Machine) -> Address | None:
    """The task that starts next if what runs now succeeds: one that is ready, else one that waits for a single step."""
    unit: Unit | None = machine.zone
    while unit is not None:
        if unit.phase == READY:
            return None if unit.n else unit.address
        inside = unit.inside
        if isinstance(inside, Items) and inside.more() and unit.part["body"]["type"] == "task":
            return Address(unit.address.id, (*unit.address.key, inside.next))
        unit = next((child for _, _, child in unit.ready or () if child.hot), None)
    return next(filter(None, map(_after, machine.running.values())), None)


def _after(unit: Unit) -> Address | None:
    """The first task that waits for this one alone."""
    graph = unit.up.inside if unit.up is not None and unit.up.phase == OPEN else None
    if not isinstance(graph, Graph):
        return None
    for index, _ in graph.shape.followers[unit.order]:
        child = graph.children[index]
        if child is None or child.node is None or graph.waits[index] != 1 or graph.gates[index]:
            continue
        if child.part["type"] == "task" and child.node.get("when", True) is True:
            return child.address
    return None


def fixed(do: Table, nodes: Table) -> bool:
    """Whether the call of a task is the same before and after others end: no returns, globs, or looks at the disk."""
    if do.get("workdir") or (do["kind"] in ("python", "notebook") and not do.get("runtime")):
        return False
    if any(entry.get("glob") or entry.get("optional") or _folder(entry) for entry in do["inputs"]):
        return False
    paths = [entry["path"] for entry in (*do["inputs"], *do["outputs"])]
    paths += [expr for _, expr, _ in do.get("checks", ())]
    exprs = (*paths, *do["takes"].values(), *do["env"].values(), *do.get("argv", ()), *do.get("stub", {}).values())
    return all(_fixed(expr, nodes) for expr in exprs)


def _folder(entry: Table) -> bool:
    """Whether an input may be the folder, named by a value, of a step that is still to fill it."""
    last = entry["path"]
    if not entry.get("writers") or not isinstance(last, list) or last[0] == "path":
        return False
    if last[0] == "text":
        last = last[1][-1]
    if isinstance(last, list) and last[0] == "lit":
        return any(str(one).endswith("/") for one in (last[1] if isinstance(last[1], list) else [last[1]]))
    return isinstance(last, list)


def _fixed(expr: Any, nodes: Table) -> bool:
    if not isinstance(expr, list):
        return True
    tag = expr[0]
    if tag in ("text", "list", "else"):
        return all(_fixed(part, nodes) for part in (expr[1:] if tag == "else" else expr[1]))
    if tag == "table":
        return all(_fixed(part, nodes) for part in expr[1].values())
    if tag == "get":
        return _fixed(expr[1], nodes)
    return tag in FIXED or (tag == "path" and _named(nodes[expr[1]], expr[3]))


def _named(node: Table, name: str) -> bool:
    """Whether a file that a task names has a path of its own, known when the task starts: it is not found by a glob,
    and no handler's may stand for it."""
    if (node.get("handler") or {}).get("recover") == "continue":
        return False
    part = node
    while "body" in part:
        part = part["body"]
    if part["type"] != "task":
        return False
    return not any(
        entry.get("glob") for entry in part["do"]["inputs"] + part["do"]["outputs"] if entry.get("name") == name
    )

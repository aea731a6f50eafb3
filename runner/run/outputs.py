"""Where a run will write: the path of every output, with `*` for what only the run will know."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any, NamedTuple

from runner.resolve.meeting import ESCAPED
from runner.rules.expr import ABSENT, ExprError, evaluate

Table = dict[str, Any]
MOST = 2000  # paths of one output that are spelled out, item by item
DEEP = 20  # named files that name each other


class Output(NamedTuple):
    """One pattern of one output: the node's id, which of its outputs, the pattern."""

    node: str
    number: int
    pattern: str


def outputs(plan: Table, run: Table) -> list[Output]:
    """Of every step of the plan that runs and is no mock. run: its `run.json`."""
    selected = run.get("selected")
    chosen = None if selected is None else frozenset(selected)
    speller: _Speller | None = None
    found: list[Output] = []
    for id, node in plan["nodes"].items():
        if (chosen is not None and id not in chosen) or _do(node).get("mock"):
            continue
        for number, entry in enumerate(_do(node).get("outputs", ())):
            path = entry["path"]
            if isinstance(path, str):
                found.append(Output(id, number, path))
            else:
                speller = speller or _Speller(plan, run)
                found += [Output(id, number, spelled) for spelled in speller.paths(path, id)]
    return found


def _do(node: Table) -> Table:
    part = node
    while "body" in part:
        part = part["body"]
    do: Table = part.get("do", {})
    return do


class _Unknown(Exception):
    """Only the run will know."""


class _Speller:
    """Spells paths of a plan. run: its `run.json`."""

    def __init__(self, plan: Table, run: Table) -> None:
        self.nodes, self.params = plan["nodes"], run["params"]
        self.facts = {**run["first"], "date": run["date"], "scheduled": run["scheduled"]}
        self.item: dict[tuple[str, str], Any] = {}

    def paths(self, expr: Any, id: str) -> Iterator[str]:
        """All that a path of a node can be."""
        lists = {name: self._values(*name) for name in dict.fromkeys(_items(expr))}
        known = {name: values for name, values in lists.items() if values is not None}
        count = 1
        for values in known.values():
            count *= len(values)
        if count > MOST:
            known = {}
        for combination in product(*known.values()):
            self.item = dict(zip(known, combination, strict=True))
            yield self._spelled(expr, id)

    def _values(self, id: str, name: str) -> list[Any] | None:
        """The values of a name of a map, where the plan has them."""
        part = self.nodes[id]
        while part["type"] != "map" and "body" in part:
            part = part["body"]
        source = part.get("each", {}).get(name)
        if isinstance(source, list) and source and source[0] == "param":
            source = ["lit", self.params.get(source[1])]
        literal = isinstance(source, list) and len(source) == 2 and source[0] == "lit" and isinstance(source[1], list)
        return list(source[1]) if literal else None

    def _spelled(self, expr: Any, id: str, depth: int = 0) -> str:
        if isinstance(expr, str):
            return expr
        if isinstance(expr, list) and expr[0] == "text":
            return "".join(part if isinstance(part, str) else self._spelled(part, id, depth) for part in expr[1])
        named = self._named(expr, id) if depth < DEEP else None
        if named is not None:
            return self._spelled(named[1], named[0], depth + 1)
        try:
            return str(evaluate(["text", [expr]], self._look)).replace("*", ESCAPED)
        except (_Unknown, ExprError):
            return "*"

    def _named(self, expr: Any, id: str) -> tuple[str, Any] | None:
        """The node and path of a named file, its own or another step's."""
        if not isinstance(expr, list) or expr[0] not in ("own", "path"):
            return None
        id, name = (id, expr[1]) if expr[0] == "own" else (expr[1], expr[3])
        do = _do(self.nodes[id])
        entries = (*do.get("outputs", ()), *do.get("inputs", ()))
        return next(((id, entry["path"]) for entry in entries if entry.get("name") == name), None)

    def _look(self, ref: list[Any]) -> Any:
        if ref[0] == "param":
            return self.params.get(ref[1], ABSENT)
        if ref[0] == "run" and ref[1] in self.facts:
            return self.facts[ref[1]]
        if ref[0] == "item" and (ref[1], ref[3]) in self.item:
            return self.item[ref[1], ref[3]]
        raise _Unknown


def _items(expr: Any) -> Iterator[tuple[str, str]]:
    """The items that an expression names: (map, name)."""
    if isinstance(expr, list) and expr:
        if expr[0] == "item":
            yield expr[1], expr[3]
        elif expr[0] != "lit":
            for part in expr[1:]:
                yield from _items(part)

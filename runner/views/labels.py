"""Which lines and items a plan has for the eye, before a run has told anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice, product
from typing import Any

from runner.rules.bind import names_of

Nodes = Mapping[str, Mapping[str, Any]]


def written_items(nodes: Nodes, id: str, most: int = 100_000) -> list[dict[str, Any]] | None:
    """The items of a map whose lists stand in the plan; None for others (known when it expands)."""
    part = nodes[id]
    each: Mapping[str, Any] = part.get("each") or {}
    if not each or part.get("filter") is not None:
        return None
    lists = []
    names = names_of(dict(part))
    for source in (each[name] for name in names):
        if not (isinstance(source, list) and len(source) == 2 and source[0] == "lit" and isinstance(source[1], list)):
            return None
        lists.append(source[1])
    return [dict(zip(names, values, strict=True)) for values in islice(product(*lists), most)]


def unfold(nodes: Nodes) -> dict[str, str]:
    """For every node the outermost map or loop around it (or itself): the one line that stands for all its items.

    One linear pass, however deep groups nest."""
    lines: dict[str, str] = {}
    for id in nodes:
        chain = []
        at: str | None = id
        while at is not None and at in nodes and at not in lines:
            chain.append(at)
            at = nodes[at].get("parent")
        above = lines.get(at) if at is not None else None
        folded = above if above is not None and nodes[above].get("type") in ("map", "loop") else None
        for one in reversed(chain):
            if folded is None and nodes[one].get("type") in ("map", "loop"):
                folded = one
            lines[one] = folded or one
    return lines


def wholes(nodes: Nodes, rows: Iterable[str]) -> dict[str, str]:
    """The outermost group around each of some nodes, for those that stand in one."""
    tops: dict[str, str] = {}  # of each group, the outermost around it or itself
    found: dict[str, str] = {}
    for id in rows:
        chain = []
        at = nodes[id].get("parent")
        while at is not None and at in nodes and at not in tops:
            chain.append(at)
            at = nodes[at].get("parent")
        top = tops.get(at) if at is not None else None
        for one in reversed(chain):
            top = tops[one] = top or one
        if top is not None:
            found[id] = top
    return found

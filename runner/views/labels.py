"""Labels of addresses for people: `arch[arch=vit_b].fit[4]`, `poll#3` (N28)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Nodes = Mapping[str, Mapping[str, Any]]


def levels(node: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The maps and loops that one node is, outer to inner, each with the place of its number in a key.

    A step with `for-each` and `repeat` is a map whose body is a loop: [("map", 0), ("loop", 1)]."""
    found: list[tuple[str, int]] = []
    inner: Mapping[str, Any] | None = node
    while inner is not None and inner.get("type") in ("map", "loop"):
        found.append((str(inner["type"]), int(inner.get("depth", node.get("depth", 0) + len(found)))))
        inner = inner.get("body")
    return found


def lineage(nodes: Nodes, id: str) -> list[str]:
    """The node and all that contain it, outermost first."""
    chain = []
    at: str | None = id
    while at is not None and at in nodes:
        chain.append(at)
        at = nodes[at].get("parent")
    return chain[::-1]


def label(nodes: Nodes, id: str, key: Sequence[int]) -> str:
    """The label of an address with indexes for items: what can be said without the items' values."""
    text, told = "", ""
    for one in lineage(nodes, id):
        path = str(nodes[one]["path"])
        text += path.removeprefix(told)
        told = path
        for kind, place in levels(nodes[one]):
            if place < len(key):
                text += f"#{key[place]}" if kind == "loop" else f"[{key[place]}]"
    return text or id


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

"""The shape of a plan for pictures: what stands inside what, the edges, and one short label a node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from runner.rules.last import LAST, of_file
from runner.views.expressions import written

Nodes = Mapping[str, Mapping[str, Any]]


class Edge(NamedTuple):
    """`source` before `target`; `kind`: needs, after, case, failure."""

    source: str
    target: str
    kind: str
    label: str = ""


class Outline(NamedTuple):
    """`tops`: ids at the top in order; `inside`: id -> ids in it; `edges`, in the order of the nodes."""

    tops: list[str]
    inside: dict[str, list[str]]
    edges: list[Edge]


def outline(plan: Mapping[str, Any]) -> Outline:
    """One linear pass over the nodes of a plan."""
    nodes: Nodes = plan["nodes"]
    inside: dict[str, list[str]] = {}
    tops: list[str] = []
    edges: list[Edge] = []
    others = [node for node in nodes.values() if not of_file(str(node["path"]))]
    waited = {one for node in others for key in ("needs", "after") for one in node.get(key, ())}
    for id, node in nodes.items():
        if str(node["path"]).endswith("!reduce"):  # a part of its map, not a step that anybody wrote
            continue
        parent = node.get("parent")
        if parent in nodes:
            inside.setdefault(str(parent), []).append(id)
        else:
            tops.append(id)
        edges += [Edge(need, id, "needs") for need in node.get("needs", ()) if need in nodes]
        earlier: Iterable[str] = node.get("after", ())
        if of_file(str(node["path"])):  # it comes after all of its siblings: the last ones say that
            earlier = [one for one in earlier if one not in waited]
        edges += [Edge(before, id, "after") for before in earlier if before in nodes]
        handler = (node.get("handler") or {}).get("node")
        if handler in nodes:
            edges.append(Edge(id, str(handler), "failure"))
    return Outline(tops, inside, edges)


def name(nodes: Nodes, id: str) -> str:
    """The last part of a node's path: what it is called inside its parent."""
    node = nodes[id]
    path, parent = str(node["path"]), str(node.get("parent"))
    above = str(nodes[parent]["path"]) + "." if parent in nodes else ""
    return path.removeprefix(above).removesuffix(LAST) or "finally"


def inner(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The body of a map or loop, however many are wrapped around it; other nodes themselves."""
    while node.get("type") in ("map", "loop") and node.get("body"):
        node = node["body"]
    return node


def tags(nodes: Nodes, id: str) -> list[str]:
    """What is special about a node, in short words: `for each island (3)`, `when accuracy > 0.9`, `up to 5 rounds`."""
    node: Mapping[str, Any] = nodes[id]
    path = str(node["path"])
    found = ["finally"] if path.endswith(LAST) and not of_file(path) else []
    if node.get("when") is not None and node.get("when") is not True:
        found.append(f"when {written(node['when'], nodes)}")
    while node.get("type") in ("map", "loop"):
        if node["type"] == "map":
            each: Mapping[str, Any] = node.get("each", {})
            found.append("for each " + ", ".join(_source(name, each[name]) for name in node.get("names") or each))
        else:
            found.append(f"up to {node.get('max')} rounds")
        node = node.get("body") or {}
    if (node.get("do") or {}).get("profile"):
        found.append(f"profile {node['do']['profile']}")
    if node.get("type") == "choice":
        found.append(f"choose {written(node.get('subject'), nodes)}")
    return found


def _source(each: str, source: Any) -> str:
    if isinstance(source, list) and source and source[0] in ("lit", "list") and isinstance(source[1], list):
        return f"{each} ({len(source[1])})"
    return each


def cases(nodes: Nodes, id: str) -> dict[str, str]:
    """For a choice: id of each case -> `case` and its value, `else` for the default."""
    node = inner(nodes[id])
    if node.get("type") != "choice":
        return {}
    found = {str(case): f"case {_value(value)}" for value, case in node.get("cases", ())}
    if node.get("default"):
        found[str(node["default"])] = "else"
    return found


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)

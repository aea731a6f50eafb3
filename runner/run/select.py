"""Which steps of a plan a run is about: `--only --from --until --tag` (N1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.resolve.hints import like
from runner.rules.last import is_last, with_last
from runner.text.diagnostics import Diagnostic, Refused, diagnose

Table = dict[str, Any]


def select(
    plan: Table,
    only: Iterable[str] = (),
    start: Iterable[str] = (),
    until: Iterable[str] = (),
    tags: Iterable[str] = (),
) -> frozenset[str] | None:
    """Ids of the nodes that run; None where nothing is asked, so that all do. Raises Refused for unknown names.

    only: these steps; start: these and all that needs them; until: these and all that they need; tags: steps that have
    one. What is said together is cut together. A group brings what is inside it; a step brings the groups around it.
    """
    nodes: dict[str, Table] = plan["nodes"]
    sets: list[set[str]] = []
    problems: list[Diagnostic] = []

    def ids(names: Iterable[str], flag: str) -> set[str]:
        return {id for name in names if (id := _find(nodes, name, flag, problems)) is not None}

    if only:
        sets.append(ids(only, "--only"))
    if start:
        sets.append(_spread(ids(start, "--from"), _followers(nodes)))
    if until:
        sets.append(_spread(ids(until, "--until"), _before(nodes)))
    if tags:
        wanted = set(tags)
        sets.append({id for id, node in nodes.items() if wanted & set(node.get("tags", ()))})
        known = {tag for node in nodes.values() for tag in node.get("tags", ())}
        problems += [diagnose("E922", None, tag=tag, **like(tag, known)) for tag in tags if tag not in known]
    if problems:
        raise Refused(problems)
    if not sets:
        return None
    found = set.intersection(*(_whole(nodes, some) for some in sets))
    if not found:
        raise Refused([diagnose("E926", None)])
    found = with_last(nodes, found) | set(plan["finally"])
    return frozenset(found | _inside(nodes, (id for id in found if is_last(nodes[id]["path"]))))


def again(plan: Table, ids: Iterable[str]) -> frozenset[str]:
    """What an earlier run had selected, as far as it is in the plan yet, and `[finally]`."""
    nodes: Table = plan["nodes"]
    found = with_last(nodes, (id for id in ids if id in nodes)) | set(plan["finally"])
    return frozenset(found | _inside(nodes, (id for id in found if is_last(nodes[id]["path"]))))


def _find(nodes: Mapping[str, Table], name: str, flag: str, problems: list[Diagnostic]) -> str | None:
    """The id of the step that a word means; None, and a problem, where there is none."""
    for id, node in nodes.items():
        if node["path"] == name:
            return id
    paths = [node["path"] for node in nodes.values() if "!" not in node["path"]]
    if "[" in name or "#" in name:
        hint = f"whole steps are selected; one item runs again with `runner retry RUN '{name}'`"
        problems.append(diagnose("E921", None, name=name, flag=flag, hint=hint))
        return None
    words = name.split(",")
    if len(words) > 1 and all(word in paths for word in words):
        said = " ".join(f"{flag} {word}" for word in words)
        problems.append(diagnose("E921", None, name=name, flag=flag, hint=f"write `{said}`"))
    else:
        problems.append(diagnose("E921", None, name=name, flag=flag, **like(name, paths)))
    return None


def _whole(nodes: Mapping[str, Table], ids: set[str]) -> set[str]:
    """The steps with all inside them, their handlers and reducers, and the groups around them."""
    found = set(ids) | _inside(nodes, ids)
    for id in list(found):
        parent = nodes[id]["parent"]
        while parent and parent not in found:
            found.add(parent)
            parent = nodes[parent]["parent"]
    for id in list(found):
        handler = nodes[id].get("handler")
        found.update([handler["node"]] if handler else [])
        reduce = nodes[id].get("reduce") or {}
        found.update([reduce["node"]] if reduce.get("node") else [])
    return found


def _inside(nodes: Mapping[str, Table], ids: Iterable[str]) -> set[str]:
    children: dict[str, list[str]] = {}
    for id, node in nodes.items():
        if node["parent"]:
            children.setdefault(node["parent"], []).append(id)
    found: set[str] = set()
    pending = [child for id in ids for child in children.get(id, ())]
    while pending:
        id = pending.pop()
        if id not in found:
            found.add(id)
            pending += children.get(id, ())
    return found


def _before(nodes: Mapping[str, Table]) -> dict[str, list[str]]:
    return {
        id: [*node["needs"], *node["after"], *([node["parent"]] if node["parent"] else [])]
        for id, node in nodes.items()
    }


def _followers(nodes: Mapping[str, Table]) -> dict[str, list[str]]:
    """Who waits for whom; what waits for a group waits for all inside it."""
    found: dict[str, list[str]] = {}
    for id, node in nodes.items():
        for before in (*node["needs"], *node["after"]):
            found.setdefault(before, []).append(id)
        if node["parent"]:
            found.setdefault(id, []).extend(())
    for id, node in nodes.items():
        if node["parent"]:
            found.setdefault(id, []).append(f"^{node['parent']}")
    return found


def _spread(ids: set[str], edges: Mapping[str, list[str]]) -> set[str]:
    """Everything that the edges lead to. `^id` is a group reached from inside: only what waits for it counts."""
    found = set(ids)
    pending = list(ids)
    seen_around: set[str] = set()
    while pending:
        for other in edges.get(pending.pop(), ()):
            if other.startswith("^"):
                if other not in seen_around:
                    seen_around.add(other)
                    pending.append(other[1:])
            elif other not in found:
                found.add(other)
                pending.append(other)
    return found

"""What a drawn plan shows: a figure for each step, group, map and choice, with its lines of text, and the arrows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.rules.last import LAST
from runner.views.outline import Edge, Outline, cases, inner, name, outline, tags
from runner.views.standing import Standing, Standings, summed

MOST = 12  # steps side by side, alike in all they wait for and all that waits for them, that are drawn one by one


class Figure(NamedTuple):
    """`shape`: step, many (items, rounds, steps that are alike), frame (others stand in it). `last`: of `[finally]`."""

    id: str
    name: str
    lines: tuple[str, ...]
    shape: str
    parent: str
    last: bool
    status: str
    about: str


class Picture(NamedTuple):
    """Figures, each after the one around it, and the arrows between them."""

    figures: list[Figure]
    edges: list[Edge]


def picture(plan: Mapping[str, Any], standings: Standings | None = None, *, fold: bool = True) -> Picture:
    """standings: of a run. fold: more than MOST steps that are alike become one figure with their number."""
    nodes: Mapping[str, Mapping[str, Any]] = plan["nodes"]
    shape, stand = outline(plan), standings or {}
    alike = _alike(shape, nodes) if fold else {}
    folded = {id for first, others in alike.items() for id in others if id != first}
    handlers = {
        target: str(nodes[source]["handler"].get("name") or "")
        for source, target, kind, _ in shape.edges
        if kind == "failure"
    }
    values = dict.fromkeys(handlers, "on failure")
    figures = []
    stack = list(reversed(shape.tops))
    while stack:
        id = stack.pop()
        if id in folded:
            continue
        values.update(cases(nodes, id))
        figures.append(
            _many(nodes, alike[id], stand) if id in alike else _figure(nodes, id, shape, handlers, values, stand)
        )
        stack += reversed(shape.inside.get(id, ()))
    return Picture(figures, [edge for edge in shape.edges if folded.isdisjoint((edge.source, edge.target))])


def _figure(
    nodes: Mapping[str, Mapping[str, Any]],
    id: str,
    shape: Outline,
    handlers: Mapping[str, str],
    values: Mapping[str, str],
    stand: Standings,
) -> Figure:
    node, told = nodes[id], stand.get(id, Standing("", ""))
    kind = "frame" if id in shape.inside else "many" if node.get("type") in ("map", "loop") else "step"
    lines = [*([values[id]] if id in values else []), *tags(nodes, id), *([told.text] if told.text else [])]
    about = "\n".join(text for text in (str(node["path"]), str(node.get("description") or ""), *lines) if text)
    about += f"\n{told.status}" if told.status else ""
    return Figure(
        id, handlers.get(id) or name(nodes, id), tuple(lines), kind, _around(nodes, id), _last(node), told.status, about
    )


def _many(nodes: Mapping[str, Mapping[str, Any]], ids: list[str], stand: Standings) -> Figure:
    names = [name(nodes, id) for id in ids]
    counts = Counter(stand[id].status for id in ids if id in stand)
    worst = next(iter(summed(counts).split(", "))).rpartition(" ")[2] if counts else ""
    lines = (f"{len(ids):,} steps", *([summed(counts)] if len(counts) > 1 else []))
    told = f"{names[0]}, {names[1]} … {names[-1]}"
    about = "\n".join([*names[:MOST], f"and {len(ids) - MOST:,} more", *lines])
    return Figure(ids[0], told, lines, "many", _around(nodes, ids[0]), _last(nodes[ids[0]]), worst, about)


def _around(nodes: Mapping[str, Mapping[str, Any]], id: str) -> str:
    parent = nodes[id].get("parent")
    return str(parent) if parent in nodes else ""


def _last(node: Mapping[str, Any]) -> bool:
    return str(node["path"]).endswith(LAST)


def _alike(shape: Outline, nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Plain steps that nothing but their names tells apart in the picture, where they are many: the first -> all."""
    ends: dict[str, list[tuple[str, str]]] = {}
    for source, target, kind, _ in shape.edges:
        ends.setdefault(source, []).append((f">{kind}", target))
        ends.setdefault(target, []).append((f"<{kind}", source))
    groups: dict[Any, list[str]] = {}
    for id, node in nodes.items():
        path = str(node["path"])
        if node.get("type") != "task" or path.endswith("!reduce") or tags(nodes, id):
            continue
        if inner(nodes.get(str(node.get("parent")), {})).get("type") == "choice":  # each is another case
            continue
        groups.setdefault((_around(nodes, id), _last(node), tuple(sorted(ends.get(id, ())))), []).append(id)
    return {ids[0]: ids for ids in groups.values() if len(ids) > MOST}


def data(plan: Mapping[str, Any], standings: Standings | None = None) -> dict[str, Any]:
    """The same for programs, nothing folded. steps: `step` its path, `in` the path of what it stands in, `kind` (step,
    frame, many: items or rounds), `about` what is special, `status` of a run; arrows: `from`, `to`, `kind`."""
    drawn, nodes = picture(plan, standings, fold=False), plan["nodes"]
    paths = {figure.id: str(nodes[figure.id]["path"]) for figure in drawn.figures}
    return {
        "name": plan.get("name"),
        "steps": [
            {
                "step": paths[one.id],
                "in": paths.get(one.parent),
                "kind": one.shape,
                "about": list(one.lines),
                **({"status": one.status or None} if standings is not None else {}),
            }
            for one in drawn.figures
        ],
        "arrows": [{"from": paths[edge.source], "to": paths[edge.target], "kind": edge.kind} for edge in drawn.edges],
    }

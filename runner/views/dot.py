"""A plan in the language of Graphviz."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.views.outline import cases, name, outline, tags
from runner.views.standing import COLOURS, Standing, Standings
from runner.views.terminal import UNICODE

STYLES = {"needs": [], "after": ["style=dashed"], "failure": ["style=dotted", 'label="on failure"']}


def dot(plan: Mapping[str, Any], standings: Standings | None = None) -> str:
    """Groups and choices become clusters. An edge of a cluster ends at a point in it, which stands for the whole.
    standings: of a run, whose colours the steps get."""
    stand = standings or {}
    nodes: Mapping[str, Mapping[str, Any]] = plan["nodes"]
    shape = outline(plan)
    short = {id: f"n{place}" for place, id in enumerate(nodes)}
    values: dict[str, str] = {}
    lines = [f"digraph {quoted(str(plan.get('name') or 'pipeline'))} {{", "  compound=true", "  node [shape=box]"]
    stack: list[tuple[str, int]] = [(id, 1) for id in reversed(shape.tops)]
    while stack:
        id, depth = stack.pop()
        margin = "  " * min(depth, 20)
        if id == "":
            lines.append(f"{margin}}}")
            continue
        values.update(cases(nodes, id))
        told = stand.get(id, Standing("", ""))
        sign = f"{UNICODE.states.get(told.status, '·')} " if told.status else ""
        small = [*([values[id]] if id in values else []), *tags(nodes, id), *([told.text] if told.text else [])]
        text = quoted("\n".join([sign + name(nodes, id), *small]))
        fill, line = COLOURS.get(told.status, ("", ""))
        within = shape.inside.get(id, [])
        if within:
            lines.append(f"{margin}subgraph cluster_{short[id]} {{")
            lines.append(f"{margin}  label={text}")
            lines += [f'{margin}  bgcolor="{fill}"; color="{line}"'] if fill else []
            lines.append(f"{margin}  {short[id]} [shape=point, style=invis]")
            stack.append(("", depth))
            stack += [(child, depth + 1) for child in reversed(within)]
        else:
            more = ", peripheries=2" if nodes[id].get("type") == "map" else ""
            more += f', style=filled, fillcolor="{fill}", color="{line}"' if fill else ""
            lines.append(f"{margin}{short[id]} [label={text}{more}]")
    for edge in shape.edges:
        ends = [("ltail", edge.source), ("lhead", edge.target)]
        given = [f"{key}=cluster_{short[id]}" for key, id in ends if id in shape.inside] + STYLES[edge.kind]
        attributes = f" [{', '.join(given)}]" if given else ""
        lines.append(f"  {short[edge.source]} -> {short[edge.target]}{attributes}")
    return "\n".join([*lines, "}"]) + "\n"


def quoted(text: str) -> str:
    """A quoted string of dot: a backslash, a quote or a newline in it is text."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "\\n") + '"'

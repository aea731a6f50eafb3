"""A plan as a mermaid flowchart, for READMEs and pull requests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.views.outline import cases, inner, name, outline, tags
from runner.views.standing import COLOURS, Standings
from runner.views.terminal import UNICODE

ARROWS = {"needs": "-->", "after": "-.->", "failure": "-. on failure .->"}


def mermaid(plan: Mapping[str, Any], standings: Standings | None = None) -> str:
    """Groups and choices become subgraphs; ids are `n0`, `n1`...: no text of the user can mean anything to mermaid.
    standings: of a run, whose colours the steps get."""
    stand = standings or {}
    nodes: Mapping[str, Mapping[str, Any]] = plan["nodes"]
    shape = outline(plan)
    short = {id: f"n{place}" for place, id in enumerate(nodes)}
    values: dict[str, str] = {}
    drawn: set[str] = set()
    lines = ["flowchart TD"]
    stack: list[tuple[str, int]] = [(id, 1) for id in reversed(shape.tops)]
    while stack:
        id, depth = stack.pop()
        margin = "  " * min(depth, 20)
        if id == "":
            lines.append(f"{margin}end")
            continue
        values.update(cases(nodes, id))
        drawn.add(id)
        told = stand.get(id)
        sign = f"{UNICODE.states.get(told.status, '·')} " if told else ""
        small = [*_tags(nodes, id, values), *([told.text] if told and told.text else [])]
        text = "<br>".join([sign + escaped(name(nodes, id)), *(f"<i>{escaped(one)}</i>" for one in small)])
        within = shape.inside.get(id, [])
        if within:
            lines.append(f'{margin}subgraph {short[id]}["{text}"]')
            stack.append(("", depth))
            stack += [(child, depth + 1) for child in reversed(within)]
        else:
            lines.append(f"{margin}{short[id]}{_shape(nodes[id], text)}")
    lines += [f"  {short[edge.source]} {ARROWS[edge.kind]} {short[edge.target]}" for edge in shape.edges]
    for status, (fill, line) in COLOURS.items():
        found = [short[id] for id, told in stand.items() if told.status == status and id in drawn]
        if found:
            lines.append(f"  classDef {status} fill:{fill},stroke:{line},color:#1f2328")
            lines.append(f"  class {','.join(found)} {status}")
    return "\n".join(lines) + "\n"


def _tags(nodes: Mapping[str, Mapping[str, Any]], id: str, values: Mapping[str, str]) -> list[str]:
    return [*([values[id]] if id in values else []), *tags(nodes, id)]


def _shape(node: Mapping[str, Any], text: str) -> str:
    if node.get("type") == "map":
        return f'[["{text}"]]'
    if inner(node).get("type") == "choice":
        return f'{{"{text}"}}'
    return f'["{text}"]'


def escaped(text: str) -> str:
    """Text between quotes of a mermaid label: letters and digits as they are, all else as entity codes."""
    return "".join(c if c.isalnum() or c in " _-.,()/:" else f"#{ord(c)};" for c in " ".join(text.split()))

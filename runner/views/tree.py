"""A plan as a tree in the terminal: each step under the first step that it needs, groups and choices opened up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.views import words
from runner.views.outline import cases, name, outline, tags
from runner.views.standing import Standings
from runner.views.terminal import ESCAPES, UNICODE, Symbols, columns, paint

MOST = 60  # steps below one parent that are drawn one by one
DEEPEST = 40  # levels of indentation; what follows starts at the margin again
NEEDS = 6  # names after a step
WIDEST = 78  # columns of a line of steps that follow one by one


class _Look(NamedTuple):
    """The alphabet, whether it folds, how steps stand in a run, and whether that is coloured."""

    signs: Symbols
    fold: bool
    stand: Standings
    colours: bool


def tree(
    plan: Mapping[str, Any],
    standings: Standings | None = None,
    head: str = "",
    *,
    signs: Symbols = UNICODE,
    fold: bool = True,
    colours: bool = False,
) -> str:
    """A step stands below the last step that it waits for and names them all where they are several, so that each is
    drawn once and the text is linear in steps and edges. `.name` is inside what stands above it.
    `fold`: more than MOST steps below one parent become one line. `standings`: of a run, `head` a line about it."""
    nodes: Mapping[str, Mapping[str, Any]] = plan["nodes"]
    shape = outline(plan)
    order = {id: place for place, id in enumerate(nodes)}
    before: dict[str, list[str]] = {}
    handlers: dict[str, str] = {}
    for edge in shape.edges:
        if edge.kind == "failure":
            handlers.setdefault(edge.target, edge.source)
        else:
            before.setdefault(edge.target, []).append(edge.source)
    below: dict[str, list[str]] = {}
    roots: list[str] = []
    for group in (shape.tops, *shape.inside.values()):
        members = set(group)
        for id in group:
            given = [source for source in before.get(id, ()) if source in members]
            if id in handlers:
                given = [handlers[id]] if handlers[id] in members else []
            if given:
                below.setdefault(max(given, key=order.__getitem__), []).append(id)
            elif group is shape.tops:
                roots.append(id)
            else:
                below.setdefault(f"in {nodes[id]['parent']}", []).append(id)
    lines = ["  ".join(text for text in (str(plan.get("name") or "pipeline"), head) if text)]
    _draw(nodes, roots, below, before, lines, _Look(signs, fold, standings or {}, colours))
    return "\n".join(lines) + "\n"


def _draw(
    nodes: Mapping[str, Mapping[str, Any]],
    roots: list[str],
    below: Mapping[str, list[str]],
    before: Mapping[str, list[str]],
    lines: list[str],
    look: _Look,
) -> None:
    """Depth first with a stack of its own: nesting and chains may be 10,000 deep."""
    signs, fold = look.signs, look.fold
    stack = _siblings(roots, "", signs, fold)
    values: dict[str, str] = {}
    while stack:
        id, margin, last = stack.pop()
        branch = margin + (signs.last if last else signs.tee)
        if id.startswith("+"):
            lines.append(f"{branch}{signs.more} {words.count(int(id[1:]), 'more step')}")
            continue
        deeper = margin + (signs.blank if last else signs.down)
        line, at = branch + _label(nodes, id, before, values, look), id
        while True:  # what follows one by one stands on one line
            inside, after = below.get(f"in {at}", []), below.get(at, [])
            if inside or len(after) != 1 or len(before.get(after[0], ())) != 1:
                break
            at = after[0]
            text = f"{signs.arrow} {_label(nodes, at, before, values, look)}"
            if columns(ESCAPES.sub("", line + text)) < WIDEST:
                line += f" {text}"
            else:
                lines.append(line)
                line = deeper + text
        lines.append(line)
        if len(deeper) > DEEPEST * len(signs.blank):
            deeper = signs.more + " "
        stack += _siblings([*inside, *after], deeper, signs, fold)


def _label(
    nodes: Mapping[str, Mapping[str, Any]],
    id: str,
    before: Mapping[str, list[str]],
    values: dict[str, str],
    look: _Look,
) -> str:
    values.update(cases(nodes, id))
    text = f"{'.' if nodes[id].get('parent') in nodes else ''}{name(nodes, id)}"
    told = [values[id]] if id in values else []
    given = [name(nodes, source) for source in before.get(id, ())]
    if len(given) > 1:
        told.append(f"needs {words.listed(given, NEEDS)}")
    told += tags(nodes, id)
    if id in look.stand:
        status, more = look.stand[id]
        text = f"{paint(look.signs.states.get(status, look.signs.states['note']), status, look.colours)} {text}"
        told += [more] if more else []
    return f"{text} [{'; '.join(told)}]" if told else text


def _siblings(ids: list[str], margin: str, signs: Symbols, fold: bool) -> list[tuple[str, str, bool]]:
    shown = ids
    if fold and len(ids) > MOST:
        shown = [*ids[: MOST - 1], f"+{len(ids) - MOST + 1}"]
    return [(id, margin, place == len(shown) - 1) for place, id in enumerate(shown)][::-1]

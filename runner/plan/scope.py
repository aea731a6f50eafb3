"""Names and what they mean where they stand (N7, N8): the planner's only place that looks a name up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from runner.plan.steps import Graph, Step
from runner.rules.last import LAST

MOST = 4  # givers of one name that are looked at: two are an error already
RUN = ("id", "name", "date", "scheduled")
RUN_LAST = (*RUN, "status", "failed")


class View(NamedTuple):
    """What a text may see of its own step: a source of `for-each` sees no items, `params` not itself."""

    items: bool = True
    params: bool = True
    files: bool = True
    returns: bool = False
    gathered: bool = False  # a reducer: the step's returns and items are lists
    hidden: str = ""  # a file whose own path this is: there its name means what it means outside


class Found(NamedTuple):
    """A name's meaning: the leaf of the plan, and the step that gives it, if one does."""

    leaf: Any
    giver: Step | None = None


class Ambiguous(NamedTuple):
    """Two providers on one rung of N8."""

    givers: tuple[str, ...]


def own(step: Step, name: str, view: View) -> list[Found]:
    """The first rungs: the step's own return (in `until`, `stop-when`), items, files and `params`."""
    found: list[Found] = []
    if view.gathered:
        if any(entry["name"] == name for entry in step.returns):
            found.append(Found(["each", step.id, step.depth, name]))
        if name in step.each:
            found.append(Found(["items", step.id, step.depth, name]))
        return found
    if view.returns and any(entry["name"] == name for entry in step.returns):
        return [Found(["return", step.id, step.inner, name])]
    if view.items and name in step.each:
        found.append(Found(["item", step.id, step.depth, name]))
    if view.items and step.loop and name == step.loop.get("as"):
        found.append(Found(["round", step.id, step.inner - 1, name]))
    if view.files and name in step.files and step.task and name != view.hidden:
        found.append(Found(["own", name]))
    listed = step.params is not None and step.params.get(name) == "${" + name + "}"  # `params = ["x"]` beside an item x
    if view.params and step.params is not None and name in step.params and not (found and listed):
        found.append(Found(["own-param", name]))
    return found


def siblings(step: Step, name: str) -> list[Found]:
    """The second rung: direct needs (and `after`) of the step that return the name."""
    givers = step.graph.returners.get(name, [])
    if len(givers) > len(step.needs) + len(step.after):  # the shorter list is walked
        waited = {giver.id: giver for giver, _ in [*step.needs.values(), *step.after.values()]}
        givers = [giver for giver in waited.values() if any(entry["name"] == name for entry in giver.returns)]
    return [
        Found(["return", giver.id, giver.depth, name], giver)
        for giver in givers
        if giver.name in step.needs or giver.name in step.after
    ]


def returners(graph: Graph, step: Step, name: str) -> list[Found]:
    """The third rung: steps of the graph that return the name, the taker itself left out."""
    givers = islice((giver for giver in graph.returners.get(name, ()) if giver is not step), MOST)
    return [Found(["return", giver.id, giver.depth, name], giver) for giver in givers]


def outward(step: Step) -> Iterator[tuple[Step, bool]]:
    """The step, then what is around it, inside out; True for the step itself.

    A handler stands in the scope of the step that it guards (N29), a case in that of its `choose`; a file that is used
    sees nothing of what is around the step that uses it (N12).
    """
    current: Step | None = step
    while current is not None:
        yield current, current is step
        if current.guarded is not None:
            current = current.guarded
        else:
            current = current.graph.around


def guards(below: Step | None, current: Step) -> bool:
    """Whether the walk outward came from a handler: that runs once for a whole map, and sees no items (N29)."""
    return below is not None and below.guarded is current


def look(step: Step, name: str, view: View) -> Found | Ambiguous | None:
    """What a bare name means for a step: the first rung of N8 that has it."""
    parameters = step.home.parameters
    known = name in parameters.known
    below: Step | None = None
    for current, first in outward(step):
        around = View(items=not guards(below, current), files=False, params=current.params is not None)
        below = current
        for rung in _rungs(current, name, view if first else around, first, known):
            if len(rung) > 1:
                return Ambiguous(tuple(_label(entry, current) for entry in rung))
            if rung:
                found = rung[0]
                if not first and found.leaf[0] == "own-param":
                    found = Found(["outer-param", current, name])
                return _before(current, name, view if first else around, found)
        if _loops(current, name, view if first else around):
            outer = Found(["param", name]) if known else Found(None)
            return _before(current, name, view, outer)
    if known or name in parameters.required:
        return Found(["param", name])
    return None


def _loops(step: Step, name: str, view: View) -> bool:
    """Whether a name is a return of the step whose rounds see what the round before gave (N31)."""
    inside = view.items and not view.returns and not view.gathered
    return inside and bool(step.loop) and any(entry["name"] == name for entry in step.returns)


def _before(step: Step, name: str, view: View, outer: Found) -> Found:
    """The return of the round before; in the first round what the name means outside (N31)."""
    nearer = outer.leaf is not None and outer.leaf[0] in ("item", "round", "own", "own-param")
    if nearer or not _loops(step, name, view):
        return outer
    return Found(["else", ["previous", step.id, step.inner - 1, name], outer.leaf], outer.giver)


def _rungs(step: Step, name: str, view: View, first: bool, known: bool) -> Iterator[list[Found]]:
    """The rungs of one scope, each looked at only when those before it have nothing."""
    yield own(step, name, view)
    if first and view.gathered:
        yield own(step, name, View(items=False, files=False))
    if step.guarded is None and step.role != "case":
        yield siblings(step, name)
        if not known:
            yield returners(step.graph, step, name)


def visible(step: Step) -> tuple[dict[str, Found], dict[str, Ambiguous]]:
    """All that a step sees without asking (N12), nearest first, pipeline parameters left out; and what is ambiguous."""
    seen: dict[str, Found] = {}
    doubtful: dict[str, Ambiguous] = {}
    below: Step | None = None
    for current, first in outward(step):
        names: list[str] = []
        if not guards(below, current):
            names = [*current.each, *([current.loop["as"]] if "as" in current.loop else [])]
        names += current.params or ()
        names += [entry["name"] for entry in current.returns] if current.loop else []
        below = current
        if current.guarded is None and current.role != "case":
            for giver, _ in [*current.needs.values(), *current.after.values()]:
                names += [entry["name"] for entry in giver.returns]
        for name in names:
            if name in seen or name in doubtful:
                continue
            found = look(step, name, View(files=False))
            if isinstance(found, Found) and found.leaf[0] != "param":
                seen[name] = found
            elif isinstance(found, Ambiguous):
                doubtful[name] = found
        if first and step.params is not None:
            break
    return seen, doubtful


def find_step(step: Step, name: str) -> Step | None:
    """The step that `steps.NAME` means: in the step's own graph, then outward (N7)."""
    beyond: Graph | None = None
    for current, _ in outward(step):
        if current.guarded is None and current.role != "case" and name in current.graph.steps:
            return current.graph.steps[name]
        beyond = current.graph.beyond
    return beyond.steps.get(name) if beyond is not None else None


def step_names(step: Step) -> Iterable[str]:
    """Every step that `steps.NAME` could mean here, for suggestions."""
    for current, _ in outward(step):
        if current.graph.role != "cases":
            yield from (name for name in current.graph.steps if name != LAST)


def names(step: Step) -> list[str]:
    """Every bare name that could be meant here, sorted, for suggestions."""
    parameters = step.home.parameters
    found = set(parameters.known) | set(parameters.required)
    for current, _ in outward(step):
        found.update(current.each, current.files, current.params or ())
        found.update(current.graph.returners if current.graph.role != "cases" else ())
    return sorted(found)


def between(taker: Step, giver: Step) -> tuple[Step, Step] | None:
    """The siblings that an edge from giver to taker belongs to (N26); None inside one step or across `[finally]`."""
    chain: dict[int, Step] = {}
    current: Step | None = giver
    while current is not None:
        current = current.guarded or current
        chain[id(current.graph)] = current
        current = current.graph.owner
    current = taker
    while current is not None:
        current = current.guarded or current
        other = chain.get(id(current.graph))
        if other is not None:
            return None if other is current else (current, other)
        current = current.graph.owner
    return None


def _label(found: Found, step: Step) -> str:
    if found.giver is not None:
        return f"steps.{found.giver.name}.{found.leaf[3]}"
    kinds = {
        "item": "for-each",
        "own": "a named file",
        "own-param": "params",
        "round": "repeat",
        "each": "returns",
        "items": "for-each",
    }
    return f"{kinds.get(found.leaf[0], found.leaf[0])} of `{step.name}`"

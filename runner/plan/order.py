"""The order of siblings: needs and after by word, a topological order, cycles shown as a path (N1, N2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise

from runner.plan.steps import Graph, Step, Tree
from runner.plan.unknown import Unknown
from runner.text.diagnostics import Diagnostic, Place, diagnose

SHOWN = 5  # edges of a circle that are shown, and names on either side of a long one
TURN = {"handler": "its step has failed", "case": "it is chosen", "job": "its file does"}


def say(tree: Tree, unknown: Unknown) -> None:
    """Enter the edges that `needs` and `after` name; unknown names are problems of the tree."""
    for step in tree.steps:
        for key, edges in (("needs", step.needs), ("after", step.after)):
            named = step.table.get(key, ())
            role = "job" if step.keys == ("job",) else step.role
            if named and role in TURN:
                place = step.place((key,), "key")
                tree.problems.append(diagnose("E307", place, key=key, role=role, when=TURN[role]))
                continue
            for index, name in enumerate(named):
                target = step.graph.steps.get(name)
                if target is None:
                    tree.unsure.add(step.id)
                    tree.problems.append(unknown.sibling(step, name, key, step.place((key, index))))
                elif target is step:
                    tree.problems.append(diagnose("E303", step.place((key, index)), name=name))
                else:
                    edges[name] = (target, (step, (key, index)))


def graphs(tree: Tree) -> Iterable[Graph]:
    """Every graph of the tree, the outer ones first."""
    yield tree.top
    yield tree.last
    for step in tree.steps:
        if step.inside is not None:
            yield step.inside


def sort(graph: Graph) -> tuple[list[Step], list[Diagnostic]]:
    """Siblings in topological order, ties in the order of the file; a diagnostic for each cycle.

    Kahn's algorithm, linear in steps and edges.
    """
    waits = {step.name: len({**step.needs, **step.after}) for step in graph.steps.values()}
    followers: dict[str, list[Step]] = {}
    for step in graph.steps.values():
        for name in {**step.needs, **step.after}:
            followers.setdefault(name, []).append(step)
    ready = deque(step for step in graph.steps.values() if not waits[step.name])
    found: list[Step] = []
    while ready:
        step = ready.popleft()
        found.append(step)
        for follower in followers.get(step.name, ()):
            waits[follower.name] -= 1
            if not waits[follower.name]:
                ready.append(follower)
    left = {name for name, count in waits.items() if count}
    return found, list(_cycles(graph, left))


def _cycles(graph: Graph, left: set[str]) -> Iterable[Diagnostic]:
    """One diagnostic a cycle: walk back along the edges until a step comes twice."""
    seen: set[str] = set()
    for start in [name for name in graph.steps if name in left]:
        trail: dict[str, None] = {}
        name = start
        while name not in seen and name not in trail:
            trail[name] = None
            step = graph.steps[name]
            before = [other for other in {**step.needs, **step.after} if other in left]
            if not before:
                break
            name = before[0]
        if name in trail and name not in seen:
            names = list(trail)
            cycle = [*names[names.index(name) :], name][::-1]
            edges = [(graph.steps[two], one) for one, two in pairwise(cycle)]
            related = [(_asks(taker, giver), f"`{taker.name}` waits for `{giver}`") for taker, giver in edges[1:SHOWN]]
            path = cycle if len(cycle) <= 2 * SHOWN + 2 else [*cycle[:SHOWN], "...", *cycle[-SHOWN:]]
            places = [(place, words) for place, words in related if place is not None]
            yield diagnose("E301", _asks(*edges[0]), related=places, path=" -> ".join(path))
        seen.update(trail)


def _asks(taker: Step, giver: str) -> Place | None:
    """Where it is written that one sibling waits for another."""
    asker, keys = (taker.needs.get(giver) or taker.after[giver])[1]
    return asker.place(keys)


def reaches(first: Step, second: Step, index: dict[str, int]) -> bool:
    """Whether `second` comes after `first` by edges; both are siblings, `index` is their topological order."""
    floor = index[first.name]
    pending, seen = [second], {second.name}
    while pending:
        step = pending.pop()
        for name in {**step.needs, **step.after}:
            if name == first.name:
                return True
            if name not in seen and index.get(name, -1) > floor:
                seen.add(name)
                pending.append(step.graph.steps[name])
    return False

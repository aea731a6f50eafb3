"""The order of siblings: needs and after by word, a topological order, cycles shown as a path (N1, N2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from runner.plan.steps import Graph, Step, Tree
from runner.text.diagnostics import Diagnostic, diagnose, near


def say(tree: Tree) -> None:
    """Enter the edges that `needs` and `after` name; unknown names are problems of the tree."""
    for step in tree.steps:
        for key, edges in (("needs", step.needs), ("after", step.after)):
            for index, name in enumerate(step.table.get(key, ())):
                target = step.graph.steps.get(name) if step.role in ("step", "finally") else None
                if step.role not in ("step", "finally"):
                    tree.problems.append(diagnose("E307", step.place((key, index)), key=key, role=step.role))
                elif target is None:
                    args = {"name": name, "key": key}
                    close = near(name, (other for other in step.graph.steps if other != step.name))
                    if close:
                        args["near"] = close
                    elif name in tree.doc.data.get("handlers", {}):
                        tree.problems.append(diagnose("E308", step.place((key, index)), name=name))
                        continue
                    tree.problems.append(diagnose("E250", step.place((key, index)), **args))
                elif target is step:
                    tree.problems.append(diagnose("E301", step.place((key, index)), path=f"{name} -> {name}"))
                else:
                    edges[name] = (target, (key, index))
        for name in step.after:
            step.needs.pop(name, None)  # a step in `after` gives order only (N2)


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
            taker = graph.steps[cycle[1]]
            edge = taker.needs.get(cycle[0]) or taker.after.get(cycle[0])
            keys = edge[1] if edge else ()
            yield diagnose("E301", taker.place(keys, "value" if keys else "header"), path=" -> ".join(cycle))
        seen.update(trail)


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

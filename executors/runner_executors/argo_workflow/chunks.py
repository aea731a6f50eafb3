"""Graphs of many tasks in DAGs of few: Argo refuses more than 200 in one, and is slow long before.

Tasks that wait for the same and are needed by the same go into a DAG that stands for all of them. What has no edge to
the rest goes into a DAG of its own. What is left is cut: the rest is a task of the first part, that waits for the end
of all that it asks about, and is told how they ended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from runner_executors.argo_workflow.barriers import barred, is_barrier
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.tasks import (
    FAIL,
    NEED,
    OUTPUT,
    PASS,
    PAST,
    Call,
    Task,
    every,
    guarded,
    inputs_of,
    named,
)

MOST = 150  # tasks of a DAG
WANTED = {NEED: "Succeeded", PASS: "Skipped"}  # how a task must have ended
Given = Mapping[str, str]


def graph_of(make: Making, name: str, tasks: Sequence[Task], given: Given | None = None, **more: Any) -> Call:
    """The DAG of a graph, or the first of several. given: values of its inputs."""
    tasks = list(tasks)
    if _large(tasks):
        tasks = _bundled(make, tasks)
    tasks = barred(tasks)
    if _large(tasks):
        tasks = _apart(make, tasks)
    return make.dag(name, tasks, given, **more)


def _large(tasks: Sequence[Task]) -> bool:
    return len(guarded(tasks)) > MOST


def _inside(make: Making, letter: str, tasks: Sequence[Task], told: Given) -> Call:
    """A DAG within another, which hands its own inputs on: they have one name in all of them."""
    call = make.dag(letter, tasks)
    names = inputs_of(make.templates[call.template])
    return Call(call.template, {name: told.get(name, f"{{{{inputs.parameters.{name}}}}}") for name in names})


def _bundled(make: Making, tasks: list[Task]) -> list[Task]:
    """Those that wait for the same and are waited for by the same, as one task each."""
    asked = set().union(*map(named, tasks))
    behind: dict[str, list[tuple[int, str]]] = {}
    for number, terms in enumerate(dict.fromkeys(task.terms for task in tasks)):  # those that wait for the same
        for other, kind in terms:
            behind.setdefault(other, []).append((number, kind))
    alike: dict[Any, list[Task]] = {}
    for task in tasks:
        free = not task.when and task.name not in asked and all(kind != FAIL for _, kind in behind.get(task.name, ()))
        mark = (task.terms, tuple(behind.get(task.name, ()))) if free else task.name
        alike.setdefault(mark, []).append(task)
    instead: dict[str, Task] = {}
    for group in alike.values():
        for start in range(0, len(group), MOST) if len(group) > 1 else ():
            some = group[start : start + MOST]
            inside = _inside(make, "b", [task._replace(terms=()) for task in some], {})
            one = Task(f"b-{some[0].name}", inside, some[0].terms)
            instead.update((task.name, one) for task in some)
    found = [instead.get(task.name, task) for task in tasks]
    names = {name: one.name for name, one in instead.items()}
    return [
        task._replace(terms=tuple(dict.fromkeys((names.get(other, other), kind) for other, kind in task.terms)))
        for task in {task.name: task for task in found}.values()
    ]


def _apart(make: Making, tasks: list[Task]) -> list[Task]:
    """What hangs together, in DAGs of its own; the last of them stand in the graph itself."""
    parts = sorted(_components(tasks), key=len)
    chunks: list[list[Task]] = [[]]
    for part in parts:
        if chunks[-1] and _large([*chunks[-1], *part]):
            chunks.append([])
        chunks[-1] += part
    found: list[Task] = []
    for chunk in chunks:
        whole = chunk if not _large(chunk) else _cut(make, chunk, 1)
        found.append(Task(f"p{len(found)}", _inside(make, "p", whole, {})))
    return found


def _components(tasks: list[Task]) -> list[list[Task]]:
    top: dict[str, str] = {task.name: task.name for task in tasks}

    def root(name: str) -> str:
        while top[name] != name:
            top[name] = name = top[top[name]]
        return name

    for task in tasks:
        for other in {*(name for name, _ in task.terms), *named(task)}:
            top[root(other)] = root(task.name)
    found: dict[str, list[Task]] = {}
    for task in tasks:
        found.setdefault(root(task.name), []).append(task)
    return list(found.values())


def _cut(make: Making, tasks: list[Task], level: int) -> list[Task]:
    """The first of the tasks, and one that is all the others."""
    if not _large(tasks):
        return tasks
    size = max(1, MOST - 2)
    while True:
        first = tasks[:size]
        rest = _Rest(first, level)
        others = [rest.told(task) for task in tasks[size:]]
        after = tuple((other, PAST) for other in rest.ends)
        if len(guarded([*first, Task("next", Call("", {}), after)])) <= MOST or size == 1:
            break
        size = max(1, size - max(1, size // 8))
    more = _inside(make, "p", _cut(make, others, level + 1), {name: value for value, name in rest.values.items()})
    return [*first, Task("next", more, after)]


class _Rest:
    """What tasks ask about others that are not beside them any more. values: what is told -> the input for it; ends:
    those whose end is waited for."""

    def __init__(self, first: Sequence[Task], level: int) -> None:
        self.first, self.level = {task.name for task in first}, level
        self.values: dict[str, str] = {}
        self.ends: dict[str, None] = {}
        self.held: dict[str, str] = {}  # barrier -> what those behind it are told in its place

    def told(self, task: Task) -> Task:
        """The task, asking its inputs where it asked the first."""
        gone = [(other, kind) for other, kind in task.terms if other in self.first]
        conditions = [self.held[other] for other, _ in task.terms if other in self.held]
        if not gone and not conditions and self.first.isdisjoint(named(task)):
            return task
        self.ends.update(dict.fromkeys(other for other, _ in gone))
        needed = [f"tasks['{other}'].status == '{WANTED[kind]}'" for other, kind in gone if kind in WANTED]
        if needed:
            conditions.append(self._input(" && ".join(needed)))
        for other in (other for other, kind in gone if kind == FAIL):
            failed = f"tasks['{other}'].status == 'Failed' || tasks['{other}'].status == 'Error'"
            conditions.append(self._input(failed))
        kept = tuple(term for term in task.terms if term not in gone)
        if is_barrier(task):
            self.held.update({task.name: every(conditions)} if conditions else {})
            return task._replace(terms=kept)
        when = OUTPUT.sub(self._instead, task.when)
        arguments = {name: OUTPUT.sub(self._instead, text) for name, text in task.call.arguments.items()}
        call = Call(task.call.template, arguments)
        return task._replace(call=call, terms=kept, when=every([*conditions, *([when] if when else [])]))

    def _input(self, expression: str) -> str:
        name = self.values.setdefault(f"{{{{= {expression} }}}}", f"p{self.level}x{len(self.values)}")
        return f"inputs.parameters.{name}"

    def _instead(self, found: re.Match[str]) -> str:
        if found[1] not in self.first:
            return found[0]
        self.ends[found[1]] = None
        return self._input(f"tasks['{found[1]}'].outputs?.parameters?.{found[2]} ?? 'error'")

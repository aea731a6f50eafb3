"""Barriers: where many wait for the same many, one task waits in their place, and they for it.

It never runs and costs no pod: it is skipped once all have ended as they should, and left out, as those behind it,
where one has not."""

from __future__ import annotations

from collections.abc import Sequence

from runner_executors.argo_workflow.tasks import FAIL, NOTHING, PASS, Call, Task, Term, named

EDGES = 64  # from so many on: below it, what each waits for is read at the task itself


def barred(tasks: Sequence[Task]) -> list[Task]:
    """The tasks, and barriers before the first of those that wait there."""
    waiting: dict[tuple[Term, ...], list[str]] = {}
    for task in tasks:
        waiting.setdefault(task.terms, []).append(task.name)
    dense = [
        terms
        for terms, names in waiting.items()
        if len(names) > 1 and len(terms) * len(names) >= EDGES and all(kind != FAIL for _, kind in terms)
    ]
    barriers = {terms: f"j{number}" for number, terms in enumerate(dense)}
    found: dict[str, Task] = {}
    for task in tasks:
        barrier = barriers.get(task.terms)
        if barrier is not None:
            found.setdefault(barrier, Task(barrier, Call(NOTHING, {}), task.terms, "false"))
            asked = named(task)
            terms = ((barrier, PASS), *(term for term in task.terms if term[0] in asked))
            task = task._replace(terms=terms)
        found[task.name] = task
    return list(found.values())


def is_barrier(task: Task) -> bool:
    """Whether a task is one of these."""
    return task.call.template == NOTHING and task.when == "false"

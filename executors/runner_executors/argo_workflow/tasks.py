"""Tasks of a DAG template: what each runs, what it waits for, and the sentinels that keep a failure in sight."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Table = dict[str, Any]
APART = 8  # sentinels of a DAG that stand by themselves; a failure wins over whatever else one has waited for
NOTHING = "nothing"  # the template of tasks that are never run
INPUT = re.compile(r"inputs\.parameters\.([a-z0-9]+)")

OUTPUT = re.compile(r"tasks(?:\['|\.)([-\w]+?)(?:'\])?\.outputs\.parameters\.(\w+)")

NEED, END, FAIL, DONE, PASS, PAST = "need", "end", "fail", "done", "pass", "past"
_RESULTS = {
    NEED: ("{}.Succeeded",),
    END: ("{}.Succeeded", "{}.Failed", "{}.Errored", "{}.Skipped", "{}.Omitted"),
    FAIL: ("{}.Failed", "{}.Errored"),
    DONE: ("{}.Succeeded", "{}.Skipped"),  # of items, which may be none
    PASS: ("{}.Skipped",),  # of a barrier
    PAST: ("!{}.Daemoned",),  # any end in few letters: nothing is looked at before all that is named has ended
}
Term = tuple[str, str]  # the name of a task, and which of its ends counts


class Call(NamedTuple):
    """A template and what it is given."""

    template: str
    arguments: Mapping[str, str]


class Task(NamedTuple):
    """One task. when: an expression that gives 'true', 'false' or 'error', "" for none; times: how many of it."""

    name: str
    call: Call
    terms: tuple[Term, ...] = ()
    when: str = ""
    times: str = ""


def named(task: Task) -> set[str]:
    """The tasks that a task's texts ask about."""
    texts = (task.when, *task.call.arguments.values())
    return {found[1] for text in texts if "tasks" in text for found in OUTPUT.finditer(text)}


def name_of(id: str) -> str:
    """The task of a node."""
    return f"n-{id}"


def output(task: str, name: str) -> str:
    """A control value of a task, in an expression."""
    return f"tasks['{task}'].outputs.parameters.{name}"


def filled(expression: str) -> str:
    """The field whose text is an expression, or a word as it stands."""
    return expression if expression in ("true", "false", "error") else f"{{{{= {expression} }}}}"


def every(conditions: Sequence[str]) -> str:
    """One expression that is 'true' if all of them are, else the first that is not."""
    if not conditions:
        return ""
    *first, last = conditions
    for one in reversed(first):
        last = f"{_closed(one)} == 'true' ? {_closed(last)} : {_closed(one)}"
    return last


def _closed(expression: str) -> str:
    """An expression as a part of another."""
    if expression in ("true", "false", "error"):
        return f"'{expression}'"
    return f"({expression})" if " " in expression else expression


def guarded(tasks: Sequence[Task], forgiven: Iterable[str] = ()) -> list[Task]:
    """The tasks and a sentinel for each whose failure no leaf would show, or one for many: it waits for its success and
    never runs.

    The phase of a DAG is that of its leaves; one that never starts hands on the phase of what it waited for. So what
    somebody needs is seen: he, or a sentinel behind him, never starts. forgiven: those whose failure may pass."""
    followed = {name for task in tasks for name, _ in task.terms}
    needed = {name for task in tasks for name, kind in task.terms if kind in (NEED, DONE, PASS)}
    unseen = followed - needed - set(forgiven)
    names = [task.name for task in tasks if task.name in unseen]
    together = {"s-all": names} if len(names) > APART else {f"s-{name}": [name] for name in names}
    return [
        *tasks,
        *(Task(one, Call(NOTHING, {}), tuple((name, NEED) for name in of), "false") for one, of in together.items()),
    ]


def dag(tasks: Iterable[Task], leaves: Iterable[str] = (), forgiven: Iterable[str] = (), **more: Any) -> Table:
    """A DAG template without its name. leaves: templates that know their node by the name of the task; forgiven: tasks
    whose failure may pass."""
    own = set(leaves)
    written = [_written(task, own) for task in guarded(list(tasks), forgiven)]
    inputs = dict.fromkeys(name for task in written for text in _texts(task) for name in INPUT.findall(text))
    out: Table = {"inputs": {"parameters": [{"name": name} for name in inputs]}} if inputs else {}
    out.update({key: value for key, value in more.items() if value})
    return {**out, "dag": {"failFast": False, "tasks": written}}


def inputs_of(template: Mapping[str, Any]) -> list[str]:
    """The names of what a template is given."""
    return [entry["name"] for entry in template.get("inputs", {}).get("parameters", ())]


def _written(task: Task, leaves: set[str]) -> Table:
    given = dict(task.call.arguments)
    if task.call.template in leaves and given.get("node") == task.name.removeprefix("n-"):
        del given["node"]
    out: Table = {"name": task.name, "template": task.call.template}
    if task.terms:
        out["depends"] = depends(task.terms)
    if task.when:
        out["when"] = filled(task.when)
    if given:
        out["arguments"] = {"parameters": [{"name": name, "value": value} for name, value in given.items()]}
    if task.times:
        out["withSequence"] = {"count": task.times}
    return out


def depends(terms: Sequence[Term]) -> str:
    """What a task waits for, in Argo's words."""
    parts = [" || ".join(result.format(name) for result in _RESULTS[kind]) for name, kind in dict.fromkeys(terms)]
    return parts[0] if len(parts) == 1 else " && ".join(f"({one})" if " " in one else one for one in parts)


def _texts(task: Mapping[str, Any]) -> Iterable[str]:
    yield from (str(entry["value"]) for entry in task.get("arguments", {}).get("parameters", ()))
    yield str(task.get("when", ""))
    yield str(task.get("withSequence", {}).get("count", ""))

"""What a node is, from the outside in (N3): the call that runs it, by its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner_executors.argo_workflow.choices import choice
from runner_executors.argo_workflow.graphs import graph
from runner_executors.argo_workflow.loops import loop
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.maps import items
from runner_executors.argo_workflow.tasks import Call, Task, name_of, output

Table = dict[str, Any]
ASKS = {"map": "count", "choice": "case"}


def call(make: Making, id: str, part: Table, key: str, answers: Mapping[str, str]) -> Call:
    """What runs a part of a node. key: its key as text that the DAG around it fills in, "" at the top; answers: to
    what it asks, likewise."""
    if part["type"] == "task":
        return Call(make.leaf(part["do"], part, make.outs(id)), {"node": id, **({"key": key} if key else {})})
    return SHAPES[part["type"]](make, id, part, key, answers)


def inner(make: Making, id: str, part: Table, key: str) -> Call:
    """The same for an item or a round, of which nobody outside can answer what it asks: a task beside it does."""
    what = ASKS.get(part["type"])
    if what is None:
        return call(make, id, part, key, {})
    known = make.asked.known(id, part, what)
    if known is not None:
        return call(make, id, part, key, {what: known})
    asking = make.deciding(id, [what])
    passed = "{{inputs.parameters.key}}" if key else ""
    own = {"key": passed} if passed else {}
    name = name_of(asking)
    found = call(make, id, part, passed, {what: f"{{{{tasks.{name}.outputs.parameters.c0}}}}"})
    tasks = [
        Task(name, Call(make.small(1), {"node": asking, **own})),
        Task(name_of(id), found, ((name, "need"),)),
    ]
    return make.dag("e", tasks, {"key": key})


SHAPES = {"graph": graph, "map": items, "choice": choice, "loop": loop}
__all__ = ["call", "inner", "output"]

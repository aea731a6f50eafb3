"""Handlers: beside the step, where its failure stays one; around it, where they stand in for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner_executors.argo_workflow.lifting import Lifted
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.tasks import FAIL, Call, Task

Table = dict[str, Any]
OK = "tasks['s'].status == 'Succeeded' ? 'true' : 'false'"


def recovering(make: Making, handler: Mapping[str, Any], run: Call, key: str) -> Call:
    """A DAG of the step and its handler, that succeeds if either does. Its `ok` tells followers which one did."""
    from runner_executors.argo_workflow.graphs import placed

    lift = Lifted()
    tasks = [Task("s", lift.call(run, ()))]
    behind = placed(make, handler["node"], "{{inputs.parameters.key}}" if key else "", (("s", FAIL),), ())
    if len(behind) == 1:
        (only,) = behind
        if only.call.template in make.leaves:  # it is shared with all of this shape
            behind = [only._replace(name="h", call=lift.call(only.call, ()))]
    outputs = {"parameters": [{"name": "ok", "valueFrom": {"expression": OK}}]}
    more: Table = {"outputs": outputs} if handler["recover"] == "skip" else {}
    return make.dag("h", [*tasks, *behind], {**lift.given, "key": key}, forgiven=("s",), **more)


def told(when: str) -> list[str]:
    """The condition of a handler beside a step: it stands by one that ran, not by a condition that failed."""
    return [f"{when} == 'error' ? 'false' : 'true'"] if when.startswith("tasks[") else []

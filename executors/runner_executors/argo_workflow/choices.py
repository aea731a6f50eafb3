"""A choice: one DAG of its cases, of which a number chooses one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner_executors.argo_workflow.graphs import siblings
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.tasks import NOTHING, Call, Task

Table = dict[str, Any]
CASE = "inputs.parameters.case"


def choice(make: Making, id: str, part: Table, key: str, answers: Mapping[str, str]) -> Call:
    """The cases; where no case could be named, a task that fails without a pod."""
    cases = [case for _, case in part["cases"]] + ([part["default"]] if part.get("default") else [])
    only = {case: f"{CASE} == '{number}' ? 'true' : 'false'" for number, case in enumerate(cases)}
    tasks = siblings(make, cases, "{{inputs.parameters.key}}" if key else "", only)
    tasks.append(Task("none", Call(NOTHING, {}), (), f"{CASE} == 'error' ? 'error' : 'false'"))
    return make.dag(f"c-{id}", tasks, {"key": key, **answers})

"""Steps of an executor that only pretends to run them, and what their plan leaves out: nothing is waited for, no secret
is asked for, no text made of a return that is `none`, and the cache neither serves nor keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.plugins import Asked, find

Table = dict[str, Any]
PRETEND = "pretend"  # among what a flavor says that its executor can do


def pretends(executor: Mapping[str, Any], plugins: Asked | None = None) -> bool:
    """Whether the executor with these settings runs nothing."""
    return PRETEND in find("executors", str(executor["type"]), plugins).more


def mocked(nodes: Table, is_mocked: Callable[[Table], bool]) -> Table:
    """The nodes of a plan as they are run. is_mocked: of the `do` of a task."""
    return {id: _part(node, is_mocked) for id, node in nodes.items()}


def all_mocked(plan: Table) -> bool:
    """Whether no step of a plan runs anything."""
    return all(do.get("mock", False) for do in map(task_of, plan["nodes"].values()) if do is not None)


def _part(part: Table, is_mocked: Callable[[Table], bool]) -> Table:
    do = task_of(part)
    if do is None or not is_mocked(do):
        return part
    out = dict(part)
    if "body" in part:
        out["body"] = _part(part["body"], is_mocked)
    else:
        out["do"] = {**do, "cache": False, "secrets": [], "env": {}, "mock": True}
        out["do"].update({"argv": []} if "argv" in do else {})
        out["retry"] = {**part["retry"], **({"delay": 0.0} if "delay" in part["retry"] else {})}
    return {**out, **({"delay": 0.0} if "delay" in out else {})}


def task_of(node: Table) -> Table | None:
    """What a node's task does, or that of its items or rounds."""
    while "body" in node:
        node = node["body"]
    return node.get("do")

"""What a pipeline asks and a Workflow can't do, and pipelines that are too large for one."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, prod
from typing import Any, NamedTuple

from runner_executors.argo_workflow.making import capped

Table = dict[str, Any]
ROUNDS = 100  # a loop is unrolled
WIDE = 100  # steps of a group that stay in one DAG, which is what Argo counts in
STEPS, MANY = 2500, 1500  # steps that fit into a Workflow at all; pods from which on it is tight
STEP, POD = 130, 216  # bytes of a step in `spec`, of a pod in `status` once that is compressed
ROOM = 1 << 20  # bytes of a Workflow, with its status


class Gap(NamedTuple):
    """code: of the problem; id: the node that asks, None for the whole; key: where it does; args: of the sentence."""

    code: str
    id: str | None
    key: tuple[str, ...]
    args: Table


def gaps(plan: Table) -> Iterator[Gap]:
    """Everything, in plan order."""
    settings = plan["profile"]["executor"]
    for id, node in plan["nodes"].items():
        part: Table | None = node
        while part is not None:
            yield from _of_part(id, part, settings)
            part = part.get("body")
    yield from _of_profile(plan["profile"])
    yield from _size(plan)


def _of_profile(profile: Table) -> Iterator[Gap]:
    """What the profile says that Argo would read as its own, or has no room for."""
    cron = profile.get("schedule", {}).get("cron")
    if isinstance(cron, list) and len(cron) > 1 and profile["executor"].get("min-version") == "3.5":
        yield Gap("E616", None, (), {"what": "start at several times before Argo 3.6", "hint": "one `cron` time"})
    ours = {key: value for key, value in profile["executor"].items() if key not in ("overlay", "pod")}
    for where, table in (("executor", ours), *((one, profile.get(one)) for one in ("volumes", "secrets"))):
        if any("{{" in text for text in _texts(table)):
            what = f"take the `{{{{` in `[{where}]`, which Argo would fill in"
            yield Gap("E616", None, (), {"what": what, "hint": "`executor.overlay` and `executor.pod` may hold it"})


def _texts(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            pending += [*one, *one.values()]
        elif isinstance(one, list):
            pending += one


def _of_part(id: str, part: Table, settings: Table) -> Iterator[Gap]:
    def cant(what: str, *key: str, hint: str | None = None) -> Gap:
        return Gap("E616", id, key, {"what": what, **({"hint": hint} if hint else {})})

    image = str(part.get("do", {}).get("image") or "")
    if "{{" in image:
        yield cant("take `{{` in the name of an image, which Argo would fill in", "image")
    if part["type"] == "graph" and part.get("max_parallel") and len(part["steps"]) > WIDE:
        yield cant(f"count how many of more than {WIDE} steps run at once", "max-parallel", hint="leave it out")
    if part.get("do", {}).get("cache"):
        yield Gap("W616", id, ("cache",), {})
    if part.get("stop_when"):
        yield cant("stop a map before its end", "stop-when", hint="leave it out, or put the steps into a loop")
    if part.get("batch", 1) > 1 and part["body"]["type"] != "task":
        yield cant("pack items that are more than a task into one pod", "batch", hint="leave `batch` out")
    if part["type"] == "loop" and part["max"] > ROUNDS:
        yield cant(f"repeat more than {ROUNDS} times", "repeat", "max", hint=f"`max = {ROUNDS}` at most")
    retry = part.get("retry") or {}
    if retry.get("delay") and float(retry.get("factor") or 1) != int(retry.get("factor") or 1):
        yield cant("let waits grow by a broken number", "retry", "factor", hint="a whole number, such as 2")
    if capped(retry) and settings.get("min-version", "3.5") < "3.7":
        hint = 'leave it out, or say `executor.min-version = "3.7"`'
        yield cant("limit the wait between attempts before Argo 3.7", "retry", "max-delay", hint=hint)


def _size(plan: Table) -> Iterator[Gap]:
    """Of the Workflow, with the status that it will have: a cluster's store takes a mebibyte."""
    steps = [node for node in plan["nodes"].values() if _leaf(node)["type"] == "task"]
    pods = sum(_items(node) for node in steps)
    size = f"{(len(steps) * STEP + pods * POD) / ROOM:.1f} MiB"
    if len(steps) > STEPS:
        yield Gap("E617", None, (), {"steps": f"{len(steps):,}", "most": f"{STEPS:,}", "size": size})
    elif pods > MANY:
        yield Gap("W617", None, (), {"pods": f"{pods:,}", "size": size})


def _leaf(part: Table) -> Table:
    while "body" in part:
        part = part["body"]
    return part


def _items(node: Table) -> int:
    """How many pods of a node the plan knows of."""
    if node["type"] != "map":
        return 1
    counts = [len(one[1]) for one in node["each"].values() if isinstance(one, list) and one[0] == "lit"]
    return ceil(prod(counts) / int(node.get("batch", 1)))

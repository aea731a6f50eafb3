"""The Workflow around the templates: what holds for all pods, what runs last, how long it is kept."""

from __future__ import annotations

import json
from math import ceil
from typing import Any

from runner.model.units import seconds
from runner.rules.keys import node_id
from runner.rules.last import is_last
from runner_executors.argo_workflow.chunks import graph_of
from runner_executors.argo_workflow.forms import API, formed, slug
from runner_executors.argo_workflow.graphs import siblings
from runner_executors.argo_workflow.making import BACKSTOP, Making
from runner_executors.argo_workflow.tasks import END, Call, Task, name_of
from runner_executors.kubernetes_pod import LABEL, laid

Table = dict[str, Any]
SPEC = ("serviceAccountName", "imagePullSecrets", "securityContext", "nodeSelector", "tolerations", "affinity")
OWN = (*SPEC, "containers", "initContainers", "volumes", "automountServiceAccountToken")
KEPT = {"success": "secondsAfterSuccess", "failure": "secondsAfterFailure", "completion": "secondsAfterCompletion"}
POD_GC = {"never": None, "success": "OnPodSuccess", "completion": "OnPodCompletion"}


def workflow(make: Making) -> Table:
    """The document."""
    plan, settings = make.plan, make.settings
    graph_of(make, "main", siblings(make, plan["steps"], "", {}))
    make.last = True
    last = _last(make)
    if last:
        make.dag("exit", last)
    made: Table = {
        "apiVersion": API,
        "kind": "Workflow",
        "metadata": _metadata(make),
        "spec": {
            "entrypoint": "main",
            **({"onExit": "exit"} if last else {}),
            "arguments": {"parameters": [{"name": "parent", "value": ""}]},
            **_spec(make),
            "templates": [{"name": name, **content} for name, content in _ordered(make)],
        },
    }
    found: Table = laid(formed(plan, made), settings.get("overlay") or {})
    return found


def _last(make: Making) -> list[Task]:
    """The tasks of `[finally]`, and the one that writes down how the run ended."""
    plan = make.plan
    tasks = siblings(make, plan.get("finally", ()), "", {})
    if make.settings.get("close", True):
        close = node_id("!close")
        make.wire[close] = {"role": "close", "c": []}
        waited = {name for task in tasks for name, _ in task.terms}
        ends = tuple((task.name, END) for task in tasks if task.name not in waited)
        tasks.append(Task(name_of(close), Call(make.small(), {"node": close}), ends))
    return tasks


def _ordered(make: Making) -> list[tuple[str, Table]]:
    """The graph first, from the outside in, then what runs in pods."""
    first = [name for name in ("main", "exit") if name in make.templates]
    inside = [name for name, one in reversed(make.templates.items()) if "dag" in one and name not in first]
    rest = [name for name, one in make.templates.items() if "dag" not in one]
    return [(name, make.templates[name]) for name in (*first, *inside, *rest)]


def _metadata(make: Making) -> Table:
    settings = make.settings
    found: Table = {"generateName": f"{slug(make.plan)}-"}
    if settings.get("namespace"):
        found["namespace"] = settings["namespace"]
    found["labels"] = {**(settings.get("labels") or {}), f"{LABEL}/plan": make.plan["digest"][:12]}
    if settings.get("annotations"):
        found["annotations"] = dict(settings["annotations"])
    return found


def _spec(make: Making) -> Table:
    plan, settings, base = make.plan, make.settings, make.base
    out: Table = {}
    limit = plan.get("max_parallel") or settings.get("parallelism")
    if limit:
        out["parallelism"] = limit
    said = settings.get("deadline")
    deadline = _backstop(make) if plan.get("timeout") else seconds(said) if said else None
    if deadline:
        out["activeDeadlineSeconds"] = ceil(deadline)
    gc = POD_GC[settings.get("pod-gc") or "never"]
    if gc:
        out["podGC"] = {"strategy": gc}
    ttl = settings.get("ttl") or {}
    if ttl:
        out["ttlStrategy"] = {KEPT[key]: int(seconds(value)) for key, value in ttl.items()}
    out.update((key, base[key]) for key in SPEC if key in base)
    if base.get("priorityClassName"):
        out["podPriorityClassName"] = base["priorityClassName"]
    patch = {key: value for key, value in base.items() if key not in (*OWN, "priorityClassName")}
    if patch:
        out["podSpecPatch"] = json.dumps(patch, separators=(",", ":"), sort_keys=True)
    out["volumes"] = base["volumes"]
    return out


def _backstop(make: Making) -> float | None:
    """When a run is ended that its agents have not ended; None where `[finally]` would be cut off (N52)."""
    if any(is_last(node["path"]) for node in make.nodes.values()):
        return None
    return float(make.plan["timeout"] + make.grace + BACKSTOP)

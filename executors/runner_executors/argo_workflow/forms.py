"""What a Workflow is put into: nothing, a template that others submit, a schedule; and who may run it."""

from __future__ import annotations

import re
from typing import Any

Table = dict[str, Any]
OVERLAP = {"allow": "Allow", "forbid": "Forbid", "replace": "Replace"}
LATE = 86_400  # seconds after which a tick that was missed is not made up for
API = "argoproj.io/v1alpha1"


def slug(plan: Table, most: int = 40) -> str:
    """The name of a pipeline as names of objects allow it."""
    name = re.sub("[^a-z0-9]+", "-", str(plan["name"]).lower()).strip("-")[:most].strip("-") or "pipeline"
    return name if name[0].isalpha() else f"p-{name}"


def formed(plan: Table, workflow: Table) -> Table:
    """The document that is submitted."""
    profile = plan["profile"]
    named = {key: value for key, value in workflow["metadata"].items() if key != "generateName"}
    metadata: Table = {"name": slug(plan), **named}
    if ticks(profile):
        spec = scheduled(profile["schedule"], str(profile["executor"].get("min-version") or ""))
        labels = {"workflowMetadata": {"labels": named.get("labels", {})}}
        inner = {**spec, **labels, "workflowSpec": workflow["spec"]}
        return {"apiVersion": API, "kind": "CronWorkflow", "metadata": metadata, "spec": inner}
    if profile["executor"].get("form") == "template":
        return {"apiVersion": API, "kind": "WorkflowTemplate", "metadata": metadata, "spec": workflow["spec"]}
    return workflow


def ticks(profile: Table) -> bool:
    """Whether it starts by itself; a run that is submitted keeps the timezone of its schedule and nothing else."""
    return bool((profile.get("schedule") or {}).get("cron"))


def scheduled(schedule: Table, version: str) -> Table:
    """When it runs by itself. Before 3.6 there was room for one time only, since 4.0 for a list only."""
    cron = schedule["cron"]
    times = [cron] if isinstance(cron, str) else list(cron)
    return {
        **({"schedule": times[0]} if version == "3.5" else {"schedules": times}),
        "timezone": schedule.get("timezone") or "UTC",
        "concurrencyPolicy": OVERLAP[schedule.get("overlap") or "allow"],
        **({"startingDeadlineSeconds": LATE} if schedule.get("catch-up") else {}),
        "suspend": bool(schedule.get("suspended")),
    }


def rights(plan: Table) -> list[Table]:
    """What the service account of pods must be allowed: to say how they ended."""
    settings = plan["profile"]["executor"]
    space = {"namespace": settings["namespace"]} if settings.get("namespace") else {}
    metadata = {"name": f"{slug(plan)}-pods", **space}
    group = "rbac.authorization.k8s.io"
    rule = {"apiGroups": ["argoproj.io"], "resources": ["workflowtaskresults"], "verbs": ["create", "patch"]}
    account = {"kind": "ServiceAccount", "name": settings.get("service-account") or "default", **space}
    return [
        {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]},
        {
            "apiVersion": f"{group}/v1",
            "kind": "RoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "Role", "name": metadata["name"]},
            "subjects": [account],
        },
    ]

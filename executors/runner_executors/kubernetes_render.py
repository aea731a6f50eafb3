"""A job file as one Job, or as a CronJob where its profile has a schedule: documents for `kubectl apply`."""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from runner.rules.keys import node_id, written
from runner.text.diagnostics import Refused, diagnose
from runner_executors.kubernetes_maps import TooLarge, facts, maps, mark
from runner_executors.kubernetes_pod import LABEL, MAIN, MESSAGE, PLAN, SECRETS, Maps, Task, pod

Table = dict[str, Any]
RUN = "RUNNER_UP_RUN"
OVERLAP = {"allow": "Allow", "forbid": "Forbid", "replace": "Replace"}
LATE = 60  # seconds that a start may be late where missed ones are not caught up


def emit(plan: Table) -> dict[str, list[Table]]:
    """File name -> documents: the ConfigMaps of plan and agent, and the Job or CronJobs. Raises Refused."""
    steps = [plan["nodes"][id] for id in plan["steps"]]
    if len(plan["nodes"]) != 1 or steps[0]["type"] != "task":
        raise Refused([diagnose("E955", None, count=len(plan["nodes"]))])
    try:
        names, documents = maps(written(plan), facts(plan, "kubernetes"), f"runner-{mark(plan)}")
    except TooLarge as error:
        raise Refused([diagnose("E737", None, why=str(error))]) from None
    schedule = plan["profile"].get("schedule")
    made = _scheduled(plan, steps[0], names, schedule) if schedule else [_job(plan, steps[0], names)]
    space = plan["profile"]["executor"].get("namespace")
    for one in [*made, *documents]:
        if space:
            one["metadata"]["namespace"] = space
    return {"configmaps.yaml": documents, "job.yaml": made}


def _job(plan: Table, step: Table, names: Maps) -> Table:
    """Each Job is a run of its own, by its uid."""
    meta = {"name": node_id(plan["name"]), "labels": _labels(plan)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": meta,
        "spec": _spec(plan, step, names, "controller-uid"),
    }


def _scheduled(plan: Table, step: Table, names: Maps, schedule: Mapping[str, Any]) -> list[Table]:
    """One for each cron time. The Jobs of a tick have one name, which is its run: two of them do its work once."""
    given = schedule["cron"]
    found: list[Table] = []
    for cron in [given] if isinstance(given, str) else given:
        name = node_id(plan["name"])
        if not isinstance(given, str):
            name += f"-{hashlib.sha256(cron.encode()).hexdigest()[:4]}"
        spec: Table = {
            "schedule": cron,
            "timeZone": schedule.get("timezone") or "Etc/UTC",
            "concurrencyPolicy": OVERLAP[schedule.get("overlap") or "allow"],
            "suspend": bool(schedule.get("suspended")),
            "jobTemplate": {"metadata": {"labels": _labels(plan)}, "spec": _spec(plan, step, names, "job-name")},
        }
        if not schedule.get("catch-up"):
            spec["startingDeadlineSeconds"] = LATE
        meta = {"name": name, "labels": _labels(plan)}
        found.append({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": meta, "spec": spec})
    return found


def _labels(plan: Table) -> Table:
    return {f"{LABEL}/pipeline": node_id(plan["name"])}


def _spec(plan: Table, step: Table, names: Maps, run: str) -> Table:
    """run: the label of its pods that is the run's id. Attempts are pods of one Job; 78 ends it."""
    profile, do, retry = plan["profile"], step["do"], step.get("retry") or {}
    lost = int(profile["executor"].get("lost-attempts", 3))
    # not packed: every zlib packs in its own way, and a document is the same everywhere
    told = b64encode(zlib.compress(json.dumps({"lost_attempts": lost}).encode(), 0)).decode()
    words = {"plan": PLAN, "run": f"$({RUN})", "told": told, "secrets": SECRETS, "message": MESSAGE, "echo": "log"}
    argv = ["execute-job", *(word for name, value in words.items() for word in (f"--{name}", value))]
    template = pod(profile, Task(do.get("image") or "", argv, do["resources"], do["secrets"], do["kind"]), names)
    template["metadata"] = {
        **template["metadata"],
        "labels": {**template["metadata"].get("labels", {}), **_labels(plan)},
    }
    template["spec"]["restartPolicy"] = "Never"
    field = {"fieldRef": {"fieldPath": f"metadata.labels['batch.kubernetes.io/{run}']"}}
    template["spec"]["containers"][0]["env"].append({"name": RUN, "valueFrom": field})
    never = {"containerName": MAIN, "operator": "In", "values": [78]}
    return {
        "backoffLimit": int(retry.get("attempts") or 1) - 1 + lost,
        "podFailurePolicy": {"rules": [{"action": "FailJob", "onExitCodes": never}]},
        "template": template,
    }

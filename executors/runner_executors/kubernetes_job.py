"""One attempt as a Job: its name and labels say which, its pod is that of every executor of pods."""

from __future__ import annotations

import hashlib
import json
import zlib
from base64 import b64encode
from collections.abc import Mapping
from math import ceil
from typing import Any

from runner.model.units import seconds
from runner_executors.kubernetes_pod import LABEL, MESSAGE, PLAN, SECRETS, Maps, Task, pod

Table = dict[str, Any]
TOLD = ("attempt", "n", "fingerprint", "code_digest", "failed", "finally", "grace", "facts", "statuses", "done")
WORD = 100_000  # bytes of one word of a command line; Linux takes 131,072
SHORT = 4_000  # bytes that are said as they are: what every zlib packs in its own way is not the same everywhere
LARGEST = 1_400_000  # bytes of an object in the store of a cluster
KEPT = 86_400  # seconds that a Job nobody asks for stays after its end
SLACK = 60  # seconds that a cluster may be late before its own deadline ends a pod


def job(profile: Mapping[str, Any], call: Mapping[str, Any], maps: Maps, owner: Table | None, lost: int) -> Table:
    """The Job of an attempt. call: as a driver makes it; owner: what is deleted with all that belongs to a run."""
    run, told = call["run"], {name: call[name] for name in TOLD if call.get(name) is not None}
    words = {
        "plan": PLAN, "run": run["id"], "node": call["id"], "key": call["key"],
        "secrets": SECRETS, "message": MESSAGE, "echo": "all",
    }  # fmt: skip
    argv = ["execute-node", *(word for name, value in words.items() for word in (f"--{name}", value))]
    said = json.dumps({**told, "lost_attempts": lost}).encode()
    text = b64encode(zlib.compress(said, 9 if len(said) > SHORT else 0)).decode()
    argv += [word for start in range(0, len(text), WORD) for word in ("--told", text[start : start + WORD])]
    task = Task(
        call.get("image") or "", argv, call.get("resources") or {}, call.get("secrets") or (), call.get("kind") or ""
    )
    template = pod(profile, task, maps)
    marks = labels(call)
    template["metadata"] = {**template["metadata"], "labels": {**template["metadata"].get("labels", {}), **marks}}
    template["spec"]["restartPolicy"] = "Never"
    made: Table = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name_of(call), "labels": marks, "annotations": notes(call)},
        "spec": {"backoffLimit": 0, "ttlSecondsAfterFinished": KEPT, "template": template},
    }
    if call.get("timeout"):
        wait = seconds(profile["executor"].get("start-timeout") or "15m")
        made["spec"]["activeDeadlineSeconds"] = ceil(call["timeout"] + wait + call.get("grace", 0)) + SLACK
    if owner is not None:
        made["metadata"]["ownerReferences"] = [owner]
    return made


def name_of(call: Mapping[str, Any]) -> str:
    """The name of the Job of an attempt: the same whenever it is asked for."""
    which = f"{call['run']['id']} {call['key']} {call['n']}"
    return f"n-{call['id']}-{hashlib.sha256(which.encode()).hexdigest()[:12]}"


def labels(call: Mapping[str, Any]) -> dict[str, str]:
    """By which it is found again."""
    run = call["run"]
    found = {"run": run["id"], "chain": run.get("first") or run["id"], "node": call["id"], "attempt": call["attempt"]}
    return {f"{LABEL}/{name}": text for name, text in found.items()}


def notes(call: Mapping[str, Any]) -> dict[str, str]:
    """What says whether it does the same work as another attempt."""
    found = {"key": call["key"], "definition": call["definition"], "inputs": call.get("inputs_digest") or ""}
    return {f"{LABEL}/{name}": text for name, text in found.items()}


def told_too_much(document: Table) -> bool:
    """Whether a cluster would refuse it for its size."""
    return len(json.dumps(document)) > LARGEST

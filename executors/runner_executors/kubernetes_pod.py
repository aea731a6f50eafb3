"""One task as a pod: what a profile and a task ask for, in the words of Kubernetes.

Nothing of the user's commands, parameters or names stands in it: plan and agent come as files (`kubernetes_maps`), and
the command line holds names that we made. What a profile says of pods stands as it is written there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, NamedTuple

from runner.model.units import seconds
from runner.rules.keys import node_id
from runner_executors.kubernetes_carry import bring, carries

Table = dict[str, Any]
HOME = "/runner"  # what of ours a pod sees lies below
AGENT, PLAN, OUT, SECRETS = f"{HOME}/agent.pyz", f"{HOME}/plan", f"{HOME}/out", f"{HOME}/secrets"
MESSAGE = "/dev/termination-log"
LABEL = "run.runner"  # the prefix of our labels
MAIN = "main"  # the container of the agent
PULL = {"missing": "IfNotPresent", "always": "Always", "never": "Never"}
MARGIN = 5  # seconds that an agent has, beside the grace of the step, to store what it left
MODE = 0o555


class Task(NamedTuple):
    """What one task asks of a pod. image: "" where the step names none; secrets: `env name file?` of each; argv: words
    for the agent, all made by us."""

    image: str
    argv: Sequence[str]
    resources: Mapping[str, Any]
    secrets: Sequence[Mapping[str, Any]]
    kind: str = ""  # of the step


class Maps(NamedTuple):
    """Names of the ConfigMaps that bring the agent, and the plan in pieces."""

    agent: str
    plan: Sequence[str]


def pod(profile: Mapping[str, Any], task: Task, maps: Maps) -> Table:
    """The template of a pod: `metadata` and `spec`, without `restartPolicy`. profile: as a plan holds it."""
    settings = profile["executor"]
    volumes, mounts = _volumes(profile, task, maps)
    container: Table = {
        "name": MAIN,
        "image": task.image or settings.get("image") or "",
        "imagePullPolicy": PULL[settings.get("pull") or "missing"],
        "command": [settings.get("python") or "python3", AGENT],
        "args": list(task.argv),
        "env": _env(profile, task),
        "resources": resources(settings, task.resources),
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "terminationMessagePath": MESSAGE,
        "volumeMounts": mounts,
    }
    spec: Table = {
        "containers": [container],
        "volumes": volumes,
        "enableServiceLinks": False,  # a Service named `runner-...` would set variables of ours
        "automountServiceAccountToken": bool(settings.get("token")),
        "securityContext": _security(settings.get("user") or "1000:1000"),
        "terminationGracePeriodSeconds": ceil(seconds(settings.get("grace") or "10s")) + MARGIN,
        "serviceAccountName": settings.get("service-account"),
        "imagePullSecrets": [{"name": name} for name in settings.get("pull-secrets") or ()],
        "nodeSelector": _node_selector(settings, task.resources),
        "tolerations": _tolerations(settings, task.resources),
        "affinity": settings.get("affinity"),
        "priorityClassName": settings.get("priority-class"),
    }
    if carries(settings, task.kind):
        bring(spec, container, settings, task.kind)
    metadata = {"labels": dict(settings.get("labels") or {}), "annotations": dict(settings.get("annotations") or {})}
    return {"metadata": _said(metadata), "spec": laid(_said(spec), settings.get("pod") or {})}


def laid(under: Any, over: Any) -> Any:
    """Tables merge key by key, lists of named tables entry by entry, all else is replaced."""
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{key: laid(under.get(key), value) for key, value in over.items()}}
    if _named(under) and _named(over):
        extra = {entry["name"]: entry for entry in over}
        merged = [laid(entry, extra.pop(entry["name"], {})) for entry in under]
        return [*merged, *extra.values()]
    return over


def _named(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(entry, dict) and "name" in entry for entry in value)


def resources(settings: Mapping[str, Any], asked: Mapping[str, Any]) -> Table:
    """`resources` of a container: memory and devices are limits as well, processors are not."""
    requests: Table = {}
    limits: Table = {}
    if asked.get("cpu"):
        requests["cpu"] = f"{ceil(round(asked['cpu'] * 1000, 6))}m"
    for name, word in (("memory", "memory"), ("disk", "ephemeral-storage")):
        if asked.get(name):
            requests[word] = limits[word] = str(int(asked[name]))
    if asked.get("gpu"):
        limits[settings.get("gpu") or "nvidia.com/gpu"] = str(ceil(asked["gpu"]))
    return _said({"requests": requests, "limits": limits})


def _volumes(profile: Mapping[str, Any], task: Task, maps: Maps) -> tuple[list[Table], list[Table]]:
    """What is mounted: agent, plan, a folder to write to, secrets that are files, the profile's volumes, memory."""
    pieces = [{"configMap": {"name": name}} for name in maps.plan]
    volumes: list[Table] = [
        {"name": "agent", "configMap": {"name": maps.agent, "defaultMode": MODE}},
        {"name": "plan", "projected": {"sources": pieces, "defaultMode": MODE}},
        {"name": "out", "emptyDir": {}},
    ]
    mounts: list[Table] = [
        {"name": "agent", "mountPath": AGENT, "subPath": "agent.pyz", "readOnly": True},
        {"name": "plan", "mountPath": PLAN, "readOnly": True},
        {"name": "out", "mountPath": OUT},
    ]
    for number, secret in enumerate(entry for entry in task.secrets if entry.get("file")):
        there = secret_of(profile["secrets"], secret["name"])
        items = [{"key": there["key"], "path": "value"}]
        volumes.append({"name": f"secret-{number}", "secret": {"secretName": there["name"], "items": items}})
        mounts.append({"name": f"secret-{number}", "mountPath": f"{SECRETS}/{secret['env']}", "readOnly": True})
    for name, volume in (profile.get("volumes") or {}).items():
        if volume.get("mount"):
            slug = f"v-{node_id(name)}"
            volumes.append({"name": slug, **_source(volume)})
            more = {"subPath": volume.get("sub-path"), "readOnly": volume.get("read-only")}
            mounts.append({"name": slug, "mountPath": volume["mount"], **_said(more)})
    if task.resources.get("shm"):
        limit = str(int(task.resources["shm"]))
        volumes.append({"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": limit}})
        mounts.append({"name": "shm", "mountPath": "/dev/shm"})
    return volumes, mounts


def _source(volume: Mapping[str, Any]) -> Table:
    """Where a volume of a profile comes from."""
    if volume.get("claim"):
        return {"persistentVolumeClaim": {"claimName": volume["claim"]}}
    if volume.get("secret"):
        return {"secret": {"secretName": volume["secret"]}}
    if volume.get("config-map"):
        return {"configMap": {"name": volume["config-map"]}}
    return {"emptyDir": _said({"sizeLimit": volume.get("size")})}


def secret_of(settings: Mapping[str, Any], name: str) -> Table:
    """Where a secret lives: the `name` and the `key` of a Secret."""
    there = (settings.get("map") or {}).get(name) or {}
    return {"name": there.get("secret") or settings.get("secret") or "", "key": there.get("key") or name}


def _env(profile: Mapping[str, Any], task: Task) -> list[Table]:
    """Variables of the agent: what belongs to a home of its own, the profile's, and secrets by reference."""
    found: list[Table] = [
        {"name": "HOME", "value": OUT},
        {"name": "TMPDIR", "value": OUT},
        *({"name": n, "value": "runner"} for n in ("USER", "LOGNAME")),
    ]
    for name, value in (profile["executor"].get("env") or {}).items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        found.append({"name": name, "value": text.replace("$", "$$")})
    for secret in task.secrets:
        if not secret.get("file"):
            reference = secret_of(profile["secrets"], secret["name"])
            found.append({"name": secret["env"], "valueFrom": {"secretKeyRef": reference}})
    return found


def _security(user: str) -> Table:
    found: Table = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    if user != "image":
        number, _, group = user.partition(":")
        id, gid = int(number), int(group or number)
        found.update(runAsUser=id, runAsGroup=gid, fsGroup=gid, fsGroupChangePolicy="OnRootMismatch")
        found["runAsNonRoot"] = id != 0
    return found


def _node_selector(settings: Mapping[str, Any], asked: Mapping[str, Any]) -> Table:
    kind = {settings.get("gpu-label") or "nvidia.com/gpu.product": asked["gpu-type"]} if asked.get("gpu-type") else {}
    return {**(settings.get("node-selector") or {}), **kind}


def _tolerations(settings: Mapping[str, Any], asked: Mapping[str, Any]) -> list[Table]:
    found: list[Table] = []
    for entry in settings.get("tolerations") or ():
        said = {key: entry.get(key) for key in ("key", "operator", "value", "effect")}
        found.append(_said({**said, "tolerationSeconds": entry.get("seconds")}))
    if asked.get("gpu"):
        key = settings.get("gpu") or "nvidia.com/gpu"
        found.append({"key": key, "operator": "Exists", "effect": "NoSchedule"})
    return found


def _said(table: Table) -> Table:
    """Without what nobody said."""
    return {key: value for key, value in table.items() if value not in (None, "", [], {})}

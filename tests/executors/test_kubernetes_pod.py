"""One task as a pod: what profile and task ask for, in the words of Kubernetes, and nothing else."""

from __future__ import annotations

import bz2
import json
from base64 import b64decode
from typing import Any

import pytest
import yaml

from runner_executors.kubernetes_maps import PIECE, TooLarge, maps
from runner_executors.kubernetes_pod import Maps, Task, laid, pod

Table = dict[str, Any]
WORDS = ["execute-node", "--run", "r1"]
EXECUTOR: Table = {"type": "kubernetes", "image": "registry.example/p:1"}
FULL: Table = {
    **EXECUTOR,
    "python": "/opt/python",
    "pull": "always",
    "pull-secrets": ["registry"],
    "user": "1001:100",
    "service-account": "runner",
    "token": True,
    "node-selector": {"disk": "ssd"},
    "tolerations": [{"key": "spot", "operator": "Exists", "effect": "NoExecute", "seconds": 60}],
    "affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}},
    "priority-class": "low",
    "labels": {"team": "ml"},
    "annotations": {"sidecar.istio.io/inject": "false"},
    "env": {"DEBUG": True, "NOTE": "$(HOME)"},
    "grace": "30s",
    "pod": {"dnsPolicy": "Default", "containers": [{"name": "main", "stdin": True}, {"name": "more", "image": "x"}]},
}
SECRETS: Table = {"type": "kubernetes", "secret": "all", "map": {"DSN": {"secret": "postgres", "key": "dsn"}}}
VOLUMES: Table = {
    "data": {"claim": "runner-volume", "mount": "/mnt", "sub-path": "a", "read-only": True},
    "conf": {"config-map": "conf", "mount": "/conf"},
    "keys": {"secret": "keys", "mount": "/keys"},
    "room": {"size": "1Gi", "mount": "/room"},
}
ASKED: Table = {"cpu": 0.25, "memory": 1 << 30, "gpu": 1, "gpu-type": "A100", "disk": 5, "shm": 7}
TOKENS = [{"env": "DB", "name": "DSN"}, {"env": "KEY", "name": "KEY", "file": True}]


def made(
    executor: Table = EXECUTOR, image: str = "", asked: Table | None = None, secrets: Any = (), **more: Any
) -> Any:
    """The template of a pod."""
    profile = {"executor": executor, "secrets": SECRETS, **more}
    return pod(profile, Task(image, WORDS, asked or {}, secrets), Maps("a", ["p0", "p1"]))


def test_a_plain_pod_is_as_the_strictest_clusters_want_it(valid: Any) -> None:
    found = made()
    valid(found, "core.v1.PodTemplateSpec")
    spec = found["spec"]
    (main,) = spec["containers"]
    assert spec["enableServiceLinks"] is False and spec["automountServiceAccountToken"] is False
    assert spec["securityContext"] == {
        "runAsNonRoot": True, "runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 1000,
        "fsGroupChangePolicy": "OnRootMismatch", "seccompProfile": {"type": "RuntimeDefault"},
    }  # fmt: skip
    assert main["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert main["command"] == ["python3", "/runner/agent.pyz"] and main["args"] == WORDS
    assert main["image"] == "registry.example/p:1" and main["imagePullPolicy"] == "IfNotPresent"
    assert [each["mountPath"] for each in main["volumeMounts"]] == ["/runner/agent.pyz", "/runner/plan", "/runner/out"]


def test_all_that_a_profile_says_is_there(valid: Any) -> None:
    found = made(FULL, asked=ASKED, secrets=TOKENS, volumes=VOLUMES)
    valid(found, "core.v1.PodTemplateSpec")
    spec, meta = found["spec"], found["metadata"]
    main, more = spec["containers"]
    assert meta == {"labels": {"team": "ml"}, "annotations": {"sidecar.istio.io/inject": "false"}}
    assert spec["serviceAccountName"] == "runner" and spec["automountServiceAccountToken"] is True
    assert spec["imagePullSecrets"] == [{"name": "registry"}] and spec["priorityClassName"] == "low"
    assert spec["nodeSelector"] == {"disk": "ssd", "nvidia.com/gpu.product": "A100"}
    assert spec["tolerations"] == [
        {"key": "spot", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
    ]
    assert spec["terminationGracePeriodSeconds"] == 35 and spec["dnsPolicy"] == "Default"
    assert main["resources"] == {
        "requests": {"cpu": "250m", "memory": "1073741824", "ephemeral-storage": "5"},
        "limits": {"memory": "1073741824", "ephemeral-storage": "5", "nvidia.com/gpu": "1"},
    }
    env = {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in main["env"]}
    assert env["DEBUG"] == "true" and env["NOTE"] == "$$(HOME)" and env["HOME"] == "/runner/out"
    assert env["DB"] == {"secretKeyRef": {"name": "postgres", "key": "dsn"}} and "KEY" not in env
    mounts = {each["mountPath"]: each for each in main["volumeMounts"]}
    sources = {each["name"]: each for each in spec["volumes"]}
    assert mounts["/mnt"]["subPath"] == "a" and mounts["/mnt"]["readOnly"] is True
    assert sources[mounts["/mnt"]["name"]]["persistentVolumeClaim"] == {"claimName": "runner-volume"}
    assert sources[mounts["/room"]["name"]]["emptyDir"] == {"sizeLimit": "1Gi"}
    assert sources[mounts["/dev/shm"]["name"]]["emptyDir"] == {"medium": "Memory", "sizeLimit": "7"}
    secret = sources[mounts["/runner/secrets/KEY"]["name"]]["secret"]
    assert secret == {"secretName": "all", "items": [{"key": "KEY", "path": "value"}]}
    assert main["stdin"] is True and more["image"] == "x"


@pytest.mark.parametrize(
    ("user", "number", "refused"), [("0:0", 0, False), ("7", 7, True), ("image", None, True)], ids=str
)
def test_whom_a_pod_runs_as(user: str, number: int | None, refused: bool) -> None:
    said = made({**EXECUTOR, "user": user})["spec"]["securityContext"]
    assert (said.get("runAsUser"), said["runAsNonRoot"]) == (number, refused)


def test_the_image_of_a_step_is_stronger() -> None:
    assert made(image="other:1")["spec"]["containers"][0]["image"] == "other:1"


def test_the_last_word_is_laid_over_key_by_key() -> None:
    assert laid({"a": [{"name": "x", "b": 1}], "c": [1]}, {"a": [{"name": "x", "d": 2}], "c": [2]}) == {
        "a": [{"name": "x", "b": 1, "d": 2}],
        "c": [2],
    }


def test_plan_and_agent_travel_in_immutable_maps_of_a_size_that_fits(valid: Any) -> None:
    plan = json.dumps({"nodes": {str(number): "x" for number in range(1000)}}).encode()
    names, documents = maps(plan, {"params": {}}, "runner-1")
    for document in documents:
        valid(document, "core.v1.ConfigMap")
        assert document["immutable"] is True
    assert [document["metadata"]["name"] for document in documents] == [names.agent, *names.plan]
    held = documents[1]["binaryData"]
    assert (
        bz2.decompress(b64decode(held["plan.json.bz2.00"])) == plan and b64decode(held["run.json"]) == b'{"params":{}}'
    )
    assert maps(plan, {"params": {}}, "runner-1") == (names, documents)


def test_a_large_plan_is_cut_and_one_that_is_too_large_is_told() -> None:
    import random

    noise = random.Random(1).randbytes(PIECE * 2 + 5)
    names, documents = maps(noise, {}, "x")
    assert names.plan == ["x-plan-0", "x-plan-1", "x-plan-2"]
    pieces = [b64decode(data) for one in documents[1:] for key, data in one["binaryData"].items() if "plan" in key]
    assert bz2.decompress(b"".join(pieces)) == noise
    assert all(len(json.dumps(document)) < 1 << 20 for document in documents)
    with pytest.raises(TooLarge, match="5,6"):
        maps(random.Random(1).randbytes(PIECE * 8), {}, "x")


JOB = """
name = "Night_shift"
[job]
shell = 'echo "it is $RUNNER_PARAM_n, $TOKEN"'
params = ["n"]
secrets = ["TOKEN"]
retry = { attempts = 2 }
[params]
n = 2
"""
WHERE = """
extends = "std:kubernetes"
[executor]
image = "box:1"
namespace = "ml"
[secrets]
secret = "keys"
"""


def rendered(project: Any, text: str, profile: str) -> list[Table]:
    """The documents of `render`."""
    found = project({"job.toml": text, "profiles/k.toml": profile})
    return list(yaml.safe_load_all(found.cli("render", "job.toml", "--profile", "k").ok().out))


def test_a_job_file_is_one_job(project: Any, valid: Any) -> None:
    *maps_of_it, job = rendered(project, JOB, WHERE)
    valid(job, "batch.v1.Job")
    assert [one["kind"] for one in maps_of_it] == ["ConfigMap", "ConfigMap"]
    assert {one["metadata"]["namespace"] for one in [*maps_of_it, job]} == {"ml"}
    assert job["spec"]["backoffLimit"] == 1 + 3
    (rule,) = job["spec"]["podFailurePolicy"]["rules"]
    assert rule == {"action": "FailJob", "onExitCodes": {"containerName": "main", "operator": "In", "values": [78]}}
    (main,) = job["spec"]["template"]["spec"]["containers"]
    assert main["args"][:5] == ["execute-job", "--plan", "/runner/plan", "--run", "$(RUNNER_UP_RUN)"]
    assert "it is" not in json.dumps(job)


def test_a_schedule_makes_it_a_cron_job(project: Any, valid: Any) -> None:
    schedule = '[schedule]\ncron = ["0 3 * * *", "0 4 * * 0"]\ntimezone = "Europe/Zurich"\noverlap = "forbid"\n'
    made = [one for one in rendered(project, JOB, WHERE + schedule) if one["kind"] == "CronJob"]
    for one in made:
        valid(one, "batch.v1.CronJob")
        assert len(one["metadata"]["name"]) <= 52
    assert [one["spec"]["schedule"] for one in made] == ["0 3 * * *", "0 4 * * 0"]
    assert made[0]["spec"]["timeZone"] == "Europe/Zurich" and made[0]["spec"]["concurrencyPolicy"] == "Forbid"
    assert made[0]["metadata"]["name"] != made[1]["metadata"]["name"]
    assert made[0]["spec"]["startingDeadlineSeconds"] == 60


def test_a_pipeline_of_several_steps_is_no_job(project: Any) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'true'\n[steps.b]\nshell = 'true'\n"
    found = project({"job.toml": text, "profiles/k.toml": WHERE})
    found.cli("render", "job.toml", "--profile", "k").exits(2).says("error[E955]", "here are 2 steps")

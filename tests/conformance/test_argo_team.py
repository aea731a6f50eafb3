"""The profile that a team has for its cluster, of an example, on a real one: all that it says is there, and it runs.

As `test_argo_cluster`. What differs between clusters is replaced, and the graphics processor that it asks for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.testing.argo.live import POD, Workflows
from runner.testing.kubectl import kubectl
from runner.testing.project import Project
from tests.conformance.test_argo_cluster import pytestmark

__all__ = ["pytestmark"]
PROFILE = Path(__file__).resolve().parents[2] / "examples/12-orders/profiles/cluster.toml"
IMAGE = os.environ.get("RUNNER_TEST_IMAGE", "runner-base:py311")
CLAIM = os.environ.get("RUNNER_TEST_CLAIM", "runner-volume")
CONFIG = os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")
TEXT = """
name = "orders"
[steps.extract]
secrets = ["WAREHOUSE_DSN"]
shell = 'test "$WAREHOUSE_DSN" = postgres://me:open-sesame@there; echo 3 > rows.txt'
outputs = ["rows.txt"]
[steps.convert]
inputs = ["rows.txt"]
shell = 'echo "n=$(cat rows.txt)" >> "$RUNNER_RETURNS"'
returns = ["n"]
[finally.slack]
when = "run.status != 'succeeded'"
secrets = ["SLACK_URL"]
shell = "true"
"""


@pytest.fixture
def workflows() -> Iterator[Workflows]:
    made = Workflows(IMAGE, CLAIM)
    yield made
    for kind in ("secrets", "serviceaccounts"):
        kubectl("delete", kind, "-l", f"{POD}={made.mark}")
    made.close()


def test_the_profile_of_a_team_runs(project: Callable[..., Project], workflows: Workflows) -> None:
    name = workflows.mark
    data = {"connection_string": "postgres://me:open-sesame@there", "url": "https://hooks.example/open-sesame"}
    workflows.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data})
    workflows.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
    profile = PROFILE.read_text()
    for written, here in {
        '"ml"': f'"default"\nrbac = true\npull = "never"\nlabels = {{ "{POD}" = "{name}" }}',
        '"registry.example/orders@sha256:' + "0" * 64 + '"': f'"{IMAGE}"',
        '"default-editor"': f'"{name}"',
        '"runner-volume"': f'"{CLAIM}"',
        '"/mnt/': f'"{workflows.home}/',
        '"postgres"': f'"{name}"',
        '"slack"': f'"{name}"',
        "gpu = 1": "gpu = 0",
    }.items():
        assert written in profile
        profile = profile.replace(written, here)
    made = project({"pipeline.toml": TEXT, "profiles/cluster.toml": profile})
    words, env = ("pipeline.toml", "--profile", "cluster"), {"KUBECONFIG": CONFIG}
    made.run("render", *words, "-o", "made").ok()
    rights = ("-f", str(made.path("made/rights.yaml")))
    kubectl("apply", *rights)
    try:
        ended = made.run("up", *words, "--json", env=env, timeout=300).ok()
    finally:
        kubectl("delete", *rights)
    assert ended.statuses() == {"extract": "succeeded", "convert": "succeeded", "slack!finally": "skipped"}
    workflow = kubectl("get", "workflow", workflows.name_of(made), "-o", "json")
    assert "open-sesame" not in workflow
    which = f"workflows.argoproj.io/workflow={workflows.name_of(made)}"
    pods = json.loads(kubectl("get", "pods", "-l", which, "-o", "json"))["items"]
    assert {pod["spec"]["serviceAccountName"] for pod in pods} == {name}
    mains = [one for pod in pods for one in pod["spec"]["containers"] if one["name"] == "main"]
    assert all("/mnt" in [mount["mountPath"] for mount in one["volumeMounts"]] for one in mains)
    requests = [one["resources"].get("requests") for one in mains]
    assert requests == [{"cpu": "250m", "memory": str(1 << 30)}] * 2
    assert json.loads(workflow)["spec"]["activeDeadlineSeconds"] == 6 * 3600

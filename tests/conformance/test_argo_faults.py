"""A followed Workflow on a real cluster that does its worst, one that is gone on with, and one that a schedule submits.

As `test_argo_cluster`: RUNNER_TEST_CLUSTER=1 turns it on."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator

import pytest

from runner.testing.argo.live import Workflows
from runner.testing.kubectl import kubectl
from runner.testing.project import Outcome, Project
from tests.conformance.test_argo_cluster import pytestmark

__all__ = ["pytestmark"]
Made = Callable[..., Project]
CONFIG = os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")


@pytest.fixture(scope="module")
def workflows() -> Iterator[Workflows]:
    made = Workflows(
        os.environ.get("RUNNER_TEST_IMAGE", "runner-base:py311"), os.environ.get("RUNNER_TEST_CLAIM", "runner-volume")
    )
    yield made
    made.close()


def ended(process: subprocess.Popen[str]) -> Outcome:
    out, err = process.communicate(timeout=240)
    return Outcome(process.returncode, out, err)


NEVER = """
name = "never"
[steps.image]
image = "no-such-image:1"
shell = "true"
[steps.memory]
resources = { memory = "900Ti" }
shell = "true"
[steps.fine]
shell = "sleep 4"
[steps.key]
needs = ["fine"]
secrets = ["TOKEN"]
shell = "true"
"""


def test_what_can_not_start_is_given_up_and_says_what_it_waited_for(project: Made, workflows: Workflows) -> None:
    """An image, a node and a key that are not there: Argo by itself would wait for them for ever."""
    name = f"{workflows.mark}-keys"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": {"token": "abc-def"}}
    workflows.create(secret)
    made = project({"pipeline.toml": NEVER})
    workflows.profile(made)
    key = f"secrets.map.TOKEN={{ secret = '{name}', key = 'token' }}"
    words = ("executor.start-timeout=12s", "executor.lost-attempts=0", key)
    process = workflows.up(made, *(word for one in words for word in ("--set", one)))
    workflows.running(made, "fine")
    kubectl("delete", "secret", name)
    ended(process).exits(1).says("ErrImageNeverPull", "Insufficient memory", f'secret "{name}" not found')
    nodes = made.cli("show", "@last", "--json").ok().nodes()
    assert {label: (node["status"], node["reason"]) for label, node in nodes.items()} == {
        "image": ("errored", "no-image"), "memory": ("errored", "never-started"),
        "fine": ("succeeded", None), "key": ("errored", "never-started"),
    }  # fmt: skip
    assert made.cli("logs", "@last", "image").ok().out.startswith("waiting: ErrImageNeverPull: ")
    assert workflows.ended(Workflows.name_of(made))["status"]["phase"] == "Failed"


def test_a_namespace_that_lets_no_pod_in_is_waited_for_as_long(project: Made, workflows: Workflows) -> None:
    """By a quota that holds for the pods of this test alone."""
    name = f"{workflows.mark}-none"
    kind = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": 1}
    which = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": [name]}]}
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name}}
    quota["spec"] = {"hard": {"pods": "0"}, "scopeSelector": which}
    made = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n"})
    workflows.profile(made)
    workflows.create(kind)
    workflows.create(quota)
    try:
        words = ("--set", "executor.start-timeout=8s", "--set", f"executor.priority-class={name}")
        ended(workflows.up(made, *words)).exits(1).says("exceeded quota")
        assert workflows.ended(Workflows.name_of(made))["status"]["phase"] in ("Failed", "Error")
    finally:
        kubectl("delete", "resourcequota", name)
        kubectl("delete", "priorityclass", name)


BROKEN = """
name = "broken"
[params]
good = 1
[steps.give]
params = []
shell = 'date +%N > made.txt; echo "n=3" >> "$RUNNER_RETURNS"'
outputs = ["made.txt"]
returns = ["n"]
[steps.lost]
params = []
shell = 'echo on; test "$RUNNER_ATTEMPT" = 2 || sleep 120'
[steps.take]
needs = ["lost"]
inputs = ["made.txt"]
params = ["n", "good"]
shell = 'test "$RUNNER_PARAM_n" = 3 && test -s made.txt && exit "$RUNNER_PARAM_good"'
[steps.last]
needs = ["take"]
params = []
shell = "true"
"""


def test_n49_a_run_that_broke_is_finished_in_the_cluster(project: Made, workflows: Workflows) -> None:
    """A pod is deleted in mid-step, a step fails; a second Workflow keeps what the first has done."""
    made = project({"pipeline.toml": BROKEN})
    workflows.profile(made)
    process = workflows.up(made)
    pod = workflows.running(made, "lost")
    made.wait(lambda: "on\n" in kubectl("logs", pod, "-c", "main"))
    kubectl("delete", "pod", pod, "--wait=false")
    ended(process).exits(1)
    first = Workflows.name_of(made)
    nodes = made.cli("show", "@last", "--json").ok().nodes()
    assert [one["reason"] for one in nodes["lost"]["attempts"]] == ["lost", None]
    assert (nodes["take"]["status"], nodes["last"]["status"]) == ("failed", "blocked")
    ended(workflows.up(made, "--resume", "--param", "good=0")).ok().says("kept from")
    second = json.loads(kubectl("get", "workflow", Workflows.name_of(made), "-o", "json"))
    uid = kubectl("get", "workflow", first, "-o", "jsonpath={.metadata.uid}")
    assert second["spec"]["arguments"]["parameters"] == [{"name": "parent", "value": uid}]
    nodes = made.cli("show", "@last", "--json").ok().nodes()
    kept = {label for label, node in nodes.items() if "adopted" in node["attempts"][-1]}
    assert kept == {"give", "lost"} and {node["status"] for node in nodes.values()} == {"succeeded"}


TICKS = "name = '@'\n[steps.a]\nshell = 'echo $DUE'\nenv = { DUE = '${run.scheduled}' }\n"


def test_n53_a_schedule_that_ticks_twice_gives_two_runs(project: Made, workflows: Workflows) -> None:
    made = project({"pipeline.toml": TICKS.replace("@", workflows.mark)})
    workflows.profile(made)
    schedule = '[schedule]\ncron = "* * * * *"\n'
    made.write({"profiles/live.toml": made.read("profiles/live.toml") + schedule})
    text = made.cli("render", "--profile", "live").ok().out
    kubectl("apply", "-f", "-", text=text)
    try:
        which = ("-l", f"workflows.argoproj.io/cron-workflow={workflows.mark},run.runner/plan={digest(made)}")
        ends = ("-o", "jsonpath={.items[*].status.finishedAt}")
        made.wait(lambda: len(kubectl("get", "workflows", *which, *ends).split()) > 1, 200)
        kubectl("patch", "cronworkflow", workflows.mark, "--type=merge", "-p", '{"spec": {"suspend": true}}')
        env = {"KUBECONFIG": CONFIG}
        found = made.cli("runs", "--profile", "live", "--json", env=env).ok().json()
        ticks = [made.cli("logs", one["name"], "a", env=env).ok().out for one in found[-2:]]
        assert len(set(ticks)) == 2 and all(tick.endswith(":00Z\n") for tick in ticks)
        assert [one["status"] for one in made.cli("runs", "--json").ok().json()][-2:] == ["succeeded", "succeeded"]
        first = found[-1]["name"]
        again = json.loads(kubectl("get", "workflow", first, "-o", "json"))
        meta = {key: again["metadata"][key] for key in ("labels", "annotations")}
        meta["labels"] = {key: value for key, value in meta["labels"].items() if "argoproj" not in key}
        name = workflows.create({**again, "metadata": {**meta, "name": f"{first}-again"}, "status": {}})
        assert workflows.ended(name)["status"]["phase"] == "Succeeded"
        made.cli("runs", "--profile", "live", env=env).ok()
        told = made.cli("show", name, "--json", env=env).ok()
        assert (told.statuses(), told.json()["tick"]) == ({"a": "skipped"}, first)
    finally:
        kubectl("delete", "-f", "-", text=text)


def digest(made: Project) -> str:
    return str(made.cli("plan", "--profile", "live", "--json").ok().json()["digest"][:12])

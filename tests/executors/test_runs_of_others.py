"""`runner runs --profile P`: what a schedule or somebody else has submitted is a run like any other from then on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from runner.testing.argo.cluster import ArgoCluster
from runner.testing.fake import Fake
from runner.testing.project import Project

pytest.importorskip("kubernetes")
TEXT = "name = 'night'\n[steps.a]\nshell = 'echo $DAY'\nenv = { DAY = '${run.date}' }\n"
MUCH = """
name = "night"
[steps.list]
shell = 'echo "l=[1,2]" >> "$RUNNER_RETURNS"; echo "k=2" >> "$RUNNER_RETURNS"'
returns = ["l", "k"]
[steps.each]
for-each = { i = "${l}" }
shell = "true"
[steps.two]
when = "k == 2"
shell = "true"
[steps.pick]
choose = "k"
[steps.pick.cases.2]
shell = "true"
[steps.rounds]
repeat = { until = "d == 2", max = 3, as = "r" }
shell = 'echo "d=$RUNNER_PARAM_r" >> "$RUNNER_RETURNS"'
returns = ["d"]
[finally.last]
shell = "true"
"""
TICKS = ("2026-03-01T23:30:00Z", "2026-03-02T23:30:00Z")
DUE = "workflows.argoproj.io/scheduled-time"


@pytest.fixture
def here(project: Callable[..., Project]) -> Any:
    found = project({})
    made = Fake(found, TEXT, "argo", lambda at: ArgoCluster(at, found.root, found.environment()))
    text = found.read("profiles/k.toml") + '[schedule]\ncron = "30 0 * * *"\ntimezone = "Europe/Berlin"\n'
    found.write({"profiles/k.toml": text})
    yield made
    made.cluster.close()


def tick(here: Fake[ArgoCluster], number: int, again: str = "") -> None:
    """What the controller makes of the CronWorkflow when it is due, or somebody by hand once more."""
    cron, *maps = yaml.load_all(here.found.cli("render", "--profile", "k").ok().out, Loader=yaml.CSafeLoader)
    for one in maps:
        if one["metadata"]["name"] not in here.cluster.kind("configmaps"):
            here.cluster.put("configmaps", one, "ADDED")
    meta = {"name": f"night-{number}{again}", "labels": cron["spec"]["workflowMetadata"]["labels"]}
    meta["annotations"] = {DUE: TICKS[number]}
    made = {"metadata": meta, "spec": cron["spec"]["workflowSpec"]}
    here.cluster.put("workflows", json.loads(json.dumps(made).replace("{{workflow.scheduledTime}}", TICKS[number])))
    here.cluster.kind("workflows")[meta["name"]]["metadata"]["creationTimestamp"] = TICKS[number]
    here.cluster.made("workflows", here.cluster.kind("workflows")[meta["name"]])


def test_two_ticks_are_two_runs(here: Fake[ArgoCluster]) -> None:
    tick(here, 0)
    tick(here, 1)
    here.found.wait(lambda: all("status" in one for one in here.cluster.kind("workflows").values()))
    env = {"KUBECONFIG": here.config()}
    for _ in range(2):  # asked again, it notes none twice
        found = here.found.cli("runs", "--profile", "k", "--json", env=env).ok().json()
        assert [one["name"] for one in found] == ["night-1", "night-0"]
    for number, day in enumerate(("2026-03-02", "2026-03-03")):
        here.found.cli("show", f"night-{number}", env=env).ok().says("succeeded")
        assert here.found.cli("logs", f"night-{number}", "a", env=env).ok().out == f"{day}\n"
    assert {one["status"] for one in here.found.cli("runs", "--json").ok().json()} == {"succeeded"}


def test_field_c16_n53_a_tick_that_comes_twice_is_done_once(here: Fake[ArgoCluster]) -> None:
    here.found.write({"pipeline.toml": MUCH})
    tick(here, 0)
    here.found.wait(lambda: all("status" in one for one in here.cluster.kind("workflows").values()))
    tick(here, 0, "-again")
    here.found.wait(lambda: all("status" in one for one in here.cluster.kind("workflows").values()))
    assert [one["status"]["phase"] for one in here.cluster.kind("workflows").values()] == ["Succeeded"] * 2
    env = {"KUBECONFIG": here.config()}
    here.found.cli("runs", "--profile", "k", env=env).ok()
    first, second = (here.found.cli("show", name, "--json", env=env).ok() for name in ("night-0", "night-0-again"))
    assert first.statuses()["list"] == "succeeded" and "tick" not in first.json()
    assert (second.json()["status"], second.json()["tick"]) == ("succeeded", "night-0")
    nodes = second.nodes()
    assert {nodes[name]["status"] for name in ("list", "two", "last!finally")} == {"skipped"}
    assert not any(node["attempts"] for node in nodes.values())  # a map of nothing has succeeded, as ever
    here.found.cli("show", "night-0-again", env=env).ok().says("had by night-0")


def test_who_keeps_no_runs_is_not_asked(here: Fake[ArgoCluster]) -> None:
    here.found.cli("runs", "--profile", "std:local").exits(4).says("does not say which runs others have started")

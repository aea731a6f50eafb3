"""`runner up` on Argo: a Workflow is followed as if it ran here; whatever goes wrong there is told, and nothing is left
behind where nothing began."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.rules.keys import node_id
from runner.testing.argo.cluster import ArgoCluster
from runner.testing.fake import Fake
from runner.testing.project import Project

pytest.importorskip("kubernetes")
Made = Callable[..., Project]
TEXT = """
name = "x"
[steps.a]
shell = 'echo hello; echo "x=42" >> "$RUNNER_RETURNS"'
returns = ["x"]
[steps.b]
when = "x == 42"
shell = 'test "$RUNNER_PARAM_x" = 42'
[steps.c]
when = "x == 41"
shell = 'true'
"""


Here = Fake[ArgoCluster]
Makes = Callable[[str], Here]


@pytest.fixture
def fake(project: Made) -> Any:
    made: list[Here] = []

    def make(text: str) -> Here:
        found = project({})
        made.append(Fake(found, text, "argo", lambda at: ArgoCluster(at, found.root, found.environment())))
        return made[-1]

    yield make
    for one in made:
        one.cluster.close()


def test_a_workflow_is_followed_to_its_end(fake: Makes) -> None:
    here = fake(TEXT)
    here.up().ok().says("succeeded a", "succeeded b", "skipped   c")
    assert here.found.cli("logs", "@last", "a").ok().out == "hello\n"
    assert {label: node["status"] for label, node in here.nodes().items()} == {
        "a": "succeeded", "b": "succeeded", "c": "skipped",
    }  # fmt: skip


def test_the_workflow_owns_what_brings_the_plan(fake: Makes) -> None:
    here = fake(TEXT)
    here.up().ok()
    here.up().ok()
    first, second = here.cluster.kind("workflows").values()
    for one in here.cluster.kind("configmaps").values():
        assert [owner["uid"] for owner in one["metadata"]["ownerReferences"]] == [
            first["metadata"]["uid"], second["metadata"]["uid"],
        ]  # fmt: skip


def test_a_run_knows_its_workflow_and_has_its_name_in_references(fake: Makes) -> None:
    here = fake("name = 'x'\n[steps.a]\nshell = 'echo $WHO'\nenv = { WHO = '${run.name} ${run.id}' }\n")
    here.up().ok()
    (workflow,) = here.cluster.kind("workflows").values()
    meta = workflow["metadata"]
    assert here.found.cli("logs", "@last", "a").ok().out == f"{meta['name']} {meta['uid']}\n"
    assert meta["labels"]["run.runner/run"] == here.found.cli("runs", "--json").ok().json()[0]["run"]
    entry = json.loads(here.found.path(".runner/index.jsonl").read_text().splitlines()[-1])
    assert entry["own"] == {"namespace": "default", "workflow": meta["name"], "uid": meta["uid"]}


def test_items_of_a_batch_are_told_one_by_one(fake: Makes) -> None:
    here = fake("""
name = "x"
[steps.m]
for-each = { i = [1, 2, 3] }
batch = 2
shell = 'echo "item $RUNNER_PARAM_i"; echo "y=$((RUNNER_PARAM_i * 2))" >> "$RUNNER_RETURNS"'
returns = ["y"]
[steps.end]
shell = 'echo "$RUNNER_PARAM_y"'
params = ["y"]
""")
    here.up().ok()
    assert [here.found.cli("logs", "@last", f"m[{i}]").ok().out for i in (0, 1, 2)] == [
        f"item {i}\n" for i in (1, 2, 3)
    ]
    assert here.found.cli("logs", "@last", "end").ok().out == "[2,4,6]\n"


def test_n31_attempts_are_told_one_by_one(fake: Makes) -> None:
    here = fake("""
name = "x"
[steps.a]
shell = 'echo "try $RUNNER_ATTEMPT"; test "$RUNNER_ATTEMPT" = 2'
retry = { attempts = 3 }
[steps.b]
needs = ["a"]
shell = 'exit 3'
[steps.c]
needs = ["b"]
shell = 'true'
""")
    here.up().exits(1).says("attempt 1 exited 1", "failed    b", "blocked   c")
    nodes = here.nodes()
    assert [one["status"] for one in nodes["a"]["attempts"]] == ["failed", "succeeded"]
    assert (nodes["b"]["status"], nodes["b"]["attempts"][0]["exit"]) == ("failed", 3)


def test_n54_a_pod_that_is_gone_is_lost_and_the_next_one_counts(fake: Makes) -> None:
    here = fake("name = 'x'\n[steps.a]\nshell = 'sleep 0.5; echo done'\n")
    here.cluster.lost.add(node_id("a"))
    here.up().ok()
    assert [one["reason"] for one in here.nodes()["a"]["attempts"]] == ["lost", None]


def given(**settings: Any) -> list[str]:
    return [
        word for name, value in settings.items() for word in ("--set", f"executor.{name.replace('_', '-')}={value}")
    ]


@pytest.mark.parametrize(("why", "reason"), [("ErrImageNeverPull", "no-image"), ("Unschedulable", "never-started")])
def test_a_pod_that_can_not_start_is_given_up_and_the_rest_goes_on(fake: Makes, why: str, reason: str) -> None:
    """Argo would make it again if it were deleted, and waits for it for ever if it is not."""
    here = fake("name = 'x'\n[steps.a]\nshell = 'true'\n[steps.b]\nshell = 'true'\n")
    here.cluster.waits[node_id("a")] = why
    here.up(*given(start_timeout="1s", lost_attempts=1)).exits(1).says(f"{why}: in so many words")
    nodes = here.nodes()
    assert [one["reason"] for one in nodes["a"]["attempts"]] == [reason, reason]
    assert nodes["b"]["status"] == "succeeded"
    assert here.found.cli("logs", "@last", "a").ok().out == f"waiting: {why}: in so many words\n"


def test_a_namespace_that_lets_no_pod_in_is_waited_for_as_long(fake: Makes) -> None:
    here = fake("name = 'x'\n[steps.a]\nshell = 'true'\n[steps.b]\nneeds = ['a']\nshell = 'true'\n")
    here.cluster.quota = "pods is forbidden: exceeded quota"
    here.up(*given(start_timeout="1s", lost_attempts=0)).exits(1).says("exceeded quota")
    assert {label: node["reason"] for label, node in here.nodes().items()} == {"a": "never-started", "b": "needs"}


def test_what_can_not_mend_is_given_up_at_once_also_where_it_decides(fake: Makes) -> None:
    here = fake("name = 'x'\n[steps.a]\nshell = 'true'\n")
    here.cluster.waits = {node_id(name): "InvalidImageName" for name in ("a", "!close")}
    here.up(*given(lost_attempts=0)).exits(1).says("InvalidImageName")
    here.found.wait(lambda: all("status" in one for one in here.cluster.kind("workflows").values()))


def test_a_pod_that_goes_before_it_has_started_is_waited_for_again(fake: Makes) -> None:
    """Such as one whose node is taken away: Argo makes it again, by the same name."""
    here = fake("name = 'x'\n[steps.a]\nshell = 'echo on'\n")
    here.cluster.again.add(node_id("a"))
    here.up().ok()
    (attempt,) = here.nodes()["a"]["attempts"]
    assert attempt["status"] == "succeeded" and here.found.cli("logs", "@last", "a").ok().out == "on\n"


def test_r1_what_has_committed_succeeded_also_where_its_log_is_gone(fake: Makes) -> None:
    here = fake("name = 'x'\n[steps.a]\nshell = 'true'\n")
    here.cluster.refuse.append(("GET pods/log", 404, "the pod is gone"))
    here.up().ok()
    (attempt,) = here.nodes()["a"]["attempts"]
    assert attempt["warnings"] == ["what it returned is not known here: its log could not be read"]


def test_a_workflow_that_somebody_deletes_is_over(fake: Makes) -> None:
    here = fake("name = 'x'\n[steps.a]\nshell = 'sleep 2'\n[steps.b]\nneeds = ['a']\nshell = 'true'\n")
    running = here.begin()
    here.found.wait(lambda: here.cluster.kind("pods"))
    (name,) = here.cluster.kind("workflows")
    here.cluster.delete("workflows", name)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1 and "somebody has deleted it" in err


def test_a_signal_stops_the_workflow_and_runs_what_is_last(fake: Makes) -> None:
    here = fake("""
name = "x"
[steps.a]
shell = 'echo on; exec sleep 60'
[steps.b]
needs = ["a"]
shell = 'true'
[finally.f]
shell = 'true'
""")
    running = here.begin()
    here.found.wait(lambda: any(one["status"] for one in here.cluster.kind("pods").values()))
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    (workflow,) = here.cluster.kind("workflows").values()
    assert workflow["spec"]["shutdown"] == "Stop"
    assert {label: node["status"] for label, node in here.nodes().items()} == {
        "a": "cancelled", "b": "blocked", "f!finally": "succeeded",
    }  # fmt: skip


def test_fail_fast_stops_the_workflow_and_runs_what_is_last(fake: Makes, tmp_path: Path) -> None:
    here = fake("""
name = "x"
[params]
there = ""
[steps.long]
params = ["there"]
shell = 'touch "$RUNNER_PARAM_there"; exec sleep 30'
[steps.bad]
params = ["there"]
shell = 'for i in $(seq 200); do test -e "$RUNNER_PARAM_there" && exit 3; sleep 0.05; done'
[steps.behind]
needs = ["long"]
shell = 'true'
[finally.f]
shell = 'true'
""")
    here.up("--fail-fast", "--param", f"there={tmp_path}/there").exits(1)
    (workflow,) = here.cluster.kind("workflows").values()
    assert workflow["spec"]["shutdown"] == "Stop"
    assert {label: node["status"] for label, node in here.nodes().items()} == {
        "long": "cancelled", "bad": "failed", "behind": "blocked", "f!finally": "succeeded",
    }  # fmt: skip
    here.up("--fail-fast", "--detach").exits(2).says("E941")


@pytest.mark.parametrize(
    ("refuse", "said"),
    [
        (("GET workflows", 404, "the server could not find the requested resource"), "has no Argo Workflows"),
        (("POST configmaps", 403, "forbidden by a policy"), "forbidden by a policy"),
        (("POST workflows", 422, "spec is invalid"), "spec is invalid"),
    ],
)
def test_what_the_cluster_refuses_is_told_and_nothing_is_left(
    fake: Makes, refuse: tuple[str, int, str], said: str
) -> None:
    here = fake(TEXT)
    here.cluster.refuse.append(refuse)
    here.up().exits(4).says(said)
    assert here.left() == []


def test_what_may_not_be_done_there_is_told_at_once(fake: Makes) -> None:
    here = fake(TEXT)
    here.cluster.denied |= {"create workflows", "patch configmaps"}
    here.up().exits(4).says("lets us not create workflows; patch configmaps in the namespace")
    assert here.left() == [] and not here.found.exists(".runner/index.jsonl")


AGAIN = """
name = "x"
[steps.a]
shell = 'echo "x=$WHO" >> "$RUNNER_RETURNS"'
env = { WHO = "${run.id}" }
returns = ["x"]
[steps.b]
shell = 'test -e $CLAIM/go && echo "$RUNNER_PARAM_x" > out.txt'
params = ["x"]
outputs = ["out.txt"]
"""


def test_n49_a_workflow_goes_on_from_one_that_failed(fake: Makes) -> None:
    here = fake(AGAIN)
    gate = here.claim
    here.cluster.environ = {**here.cluster.environ, "CLAIM": str(gate)}
    here.up().exits(1)
    (gate / "go").touch()
    here.up("--resume").ok().says("kept from")
    first, second = here.cluster.kind("workflows").values()
    assert second["spec"]["arguments"]["parameters"] == [{"name": "parent", "value": first["metadata"]["uid"]}]
    assert here.nodes()["b"]["params_in"] == {"x": first["metadata"]["uid"]}
    for thread in here.cluster.threads:  # nobody waits for the last pod of a run
        thread.join()
    started = [one["spec"]["containers"][0]["args"] for one in here.cluster.kind("pods").values()]
    assert sum(f"--run={second['metadata']['uid']}" in words for words in started) == 3


def test_what_a_driver_missed_of_a_workflow_is_kept_by_the_next(fake: Makes) -> None:
    here = fake("name = 'x'\n[steps.a]\nshell = 'date +%N >> $LOG'\n[steps.b]\nneeds = ['a']\nshell = 'sleep 1'\n")
    log = here.found.tmp / "runs-of-a"
    here.cluster.environ = {**here.cluster.environ, "LOG": str(log)}
    running = here.begin()
    here.found.wait(log.exists)
    running.kill()
    running.communicate()
    here.found.wait(lambda: all("status" in one for one in here.cluster.kind("workflows").values()))
    here.up("--resume").ok()
    assert len(log.read_text().splitlines()) == 1


def test_some_steps_are_no_workflow(fake: Makes) -> None:
    here = fake(TEXT)
    here.up().ok()
    here.up("--only", "b").exits(4).says("`argo` takes a pipeline as a whole")
    assert len(here.cluster.kind("workflows")) == 1


def test_j_is_how_many_pods_run_at_once(fake: Makes) -> None:
    here = fake(TEXT)
    here.up("-j", "1").ok()
    (workflow,) = here.cluster.kind("workflows").values()
    assert workflow["spec"]["parallelism"] == 1


def test_an_answer_that_gets_lost_submits_nothing_twice(fake: Makes) -> None:
    here = fake(TEXT)
    here.cluster.lose.append("POST workflows")
    here.up().ok()
    assert len(here.cluster.kind("workflows")) == 1

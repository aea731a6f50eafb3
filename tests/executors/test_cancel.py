"""`runner cancel`: a run ends where it is, whoever drives it, and is told as one that was cancelled."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.argo.cluster import ArgoCluster
from runner.testing.cluster import Cluster
from runner.testing.fake import Fake
from runner.testing.project import Project

Made = Callable[..., Project]
SLOW = """
name = "x"
[steps.a]
shell = 'echo on; exec sleep 60'
[steps.b]
needs = ["a"]
shell = 'true'
[finally.f]
shell = 'true'
"""


def test_a_run_of_this_machine_ends_as_by_ctrl_c(project: Made) -> None:
    found = project({"pipeline.toml": SLOW})
    running = found.popen("up")
    found.wait(lambda: found.exists(".runner/index.jsonl") and found.cli("logs", "@last", "a").out == "on\n")
    found.cli("cancel").ok().says(f"its process ({running.pid}) ends it")
    running.communicate(timeout=60)
    assert running.returncode == 130
    told = found.cli("show", "--json").ok().statuses()
    assert told == {"a": "cancelled", "b": "blocked", "f!finally": "succeeded"}
    found.cli("cancel").exits(2).says("error[E943]", "is over: cancelled")


def test_what_a_driver_left_that_was_killed_is_ended(project: Made) -> None:
    found = project({"pipeline.toml": SLOW})
    running = found.popen("up")
    found.wait(lambda: found.exists(".runner/index.jsonl") and found.cli("logs", "@last", "a").out == "on\n")
    running.kill()
    running.communicate()
    found.cli("cancel").ok().says("its process was gone")
    found.cli("runs").ok().says("cancelled")


def test_a_run_of_another_machine_is_not_ended_from_here(project: Made) -> None:
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n"})
    found.cli("up").ok()
    line = json.loads(found.read(".runner/index.jsonl").splitlines()[0])
    found.write({".runner/index.jsonl": json.dumps({**line, "host": "elsewhere", "born": "1"}) + "\n"})
    found.cli("cancel").exits(4).says("error[E744]", "is driven on the machine `elsewhere`")


@pytest.fixture
def far(project: Made) -> Any:
    pytest.importorskip("kubernetes")
    made: list[Fake[Any]] = []

    def make(text: str, executor: str) -> Fake[Any]:
        found = project({})
        kinds = {"argo": lambda at: ArgoCluster(at, found.root, found.environment()), "kubernetes": Cluster}
        made.append(Fake(found, text, executor, kinds[executor]))
        return made[-1]

    yield make
    for one in made:
        one.cluster.close()


def test_a_workflow_that_nobody_follows_is_shut_down(far: Any) -> None:
    here = far(SLOW, "argo")
    config = {"KUBECONFIG": here.config()}
    name = here.up("--detach").ok().out.strip()
    pods = here.cluster.kind("pods")
    here.found.wait(lambda: any(one["status"] for one in pods.values()))
    here.found.cli("cancel", name, env=config).ok().says("ends what runs and then runs `[finally]`")
    (workflow,) = here.cluster.kind("workflows")
    here.found.wait(lambda: "status" in here.cluster.kind("workflows")[workflow])
    told = here.found.cli("show", name, "--json", env=config).ok().json()
    assert told["status"] == "cancelled"
    assert {node["label"]: node["status"] for node in told["nodes"].values()} == {
        "a": "cancelled", "b": "blocked", "f!finally": "succeeded",
    }  # fmt: skip
    here.found.cli("cancel", name, env=config).exits(2).says("is over: cancelled")


def test_a_second_word_ends_a_workflow_at_once(far: Any) -> None:
    here = far(SLOW, "argo")
    config = {"KUBECONFIG": here.config()}
    here.up("--detach").ok()
    (workflow,) = here.cluster.kind("workflows").values()
    workflow["spec"]["shutdown"] = "Stop"
    here.found.cli("cancel", env=config).ok().says("ends what runs at once")
    (workflow,) = here.cluster.kind("workflows").values()
    assert workflow["spec"]["shutdown"] == "Terminate"


def test_what_the_cluster_refuses_is_told(far: Any) -> None:
    here = far("name = 'x'\n[steps.a]\nshell = 'true'\n", "argo")
    name = here.up("--detach").ok().out.strip()
    here.cluster.refuse.append(("PATCH workflows", 403, "you may not"))
    said = here.found.cli("cancel", env={"KUBECONFIG": here.config()})
    said.exits(4).says(f"error[E745]: `{name}` can't be ended in its cluster: you may not")


def test_jobs_that_nobody_drives_any_more_are_deleted(far: Any) -> None:
    here = far(SLOW, "kubernetes")
    running = here.begin()
    here.found.wait(lambda: any(one["status"].get("containerStatuses") for one in here.cluster.kind("pods").values()))
    running.kill()
    running.communicate()
    (lease,) = here.cluster.kind("leases").values()
    lease["spec"]["renewTime"] = "2020-01-01T00:00:00.000000Z"
    here.found.cli("cancel", env={"KUBECONFIG": here.config()}).ok().says("what it had in the cluster is deleted")
    assert here.left() == []
    here.found.cli("runs").ok().says("cancelled")


def test_a_driver_elsewhere_is_told(far: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from runner_executors import kubernetes_executor

    here = far(SLOW, "kubernetes")
    monkeypatch.setattr(kubernetes_executor, "EVERY", 0.1)
    told: list[str] = []

    def ask(pod: Any) -> bool:
        """Somebody on another machine, whose index says no more than that it began."""
        if not told:
            entry = json.loads(here.found.read(".runner/index.jsonl").splitlines()[-1])
            from runner_executors.kubernetes_remote import Remote

            told.append(Remote({}, {**os.environ, "KUBECONFIG": here.config()}).cancel(entry)[0])
        return True

    here.cluster.before = ask
    here.up().exits(130)
    assert told == [f"{os.uname().nodename}:{os.getpid()} drives it, and is told to end it"]
    assert here.nodes()["a"]["status"] == "cancelled" and here.left() == []


def test_what_a_controller_ended_at_once_was_cancelled(tmp_path: Any) -> None:
    from runner.agent.folder import Folder
    from runner.rules.keys import attempt_key, dumps, start_key
    from runner.run.caught import _cancelled
    from runner.run.records import Records, read

    log = Folder(str(tmp_path))
    log.put(start_key("r", "a-1", (), "A"), dumps({"v": 1, "n": 1, "at": 1.0}))
    lost = {"v": 1, "id": "b-1", "key": "-", "n": 1, "attempt": "B", "status": "errored", "reason": "lost"}
    log.put(attempt_key("r", "b-1", (), "B"), dumps(lost))
    log.put(attempt_key("r", "c-1", (), "C"), dumps({**lost, "id": "c-1", "status": "failed", "reason": "exit"}))
    _cancelled("r", log, {f"{name}-1": {"path": name} for name in "abc"})
    ends = Records(read(log, "r")).ends
    assert {address.id: ends[-1]["status"] for address, ends in ends.items()} == {
        "a-1": "cancelled", "b-1": "cancelled", "c-1": "failed",
    }  # fmt: skip

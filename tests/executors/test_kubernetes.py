"""The executor `kubernetes` with a cluster that fails as it is told to: no run is lost, and nothing is left behind."""

from __future__ import annotations

import json
import signal
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.testing.cluster import Cluster
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


Here = Fake[Cluster]


@pytest.fixture
def fake(project: Made) -> Iterator[Callable[[str], Here]]:
    made: list[Here] = []

    def make(text: str = TEXT) -> Here:
        made.append(Fake(project(), text, "kubernetes", Cluster))
        return made[-1]

    yield make
    for one in made:
        one.cluster.close()


def test_a_run_is_driven_without_its_store(fake: Any) -> None:
    one = fake()
    run = one.up("--json").ok().json()
    assert {name: node["status"] for name, node in run["nodes"].items()}.values() and one.left() == []
    told = one.found.cli("show", "@last", "--json").ok()
    assert told.statuses() == {"a": "succeeded", "b": "succeeded", "c": "skipped"}
    assert one.found.cli("logs", "@last", "a").ok().out == "hello\n"
    records = list(one.claim.glob("log/runs/*/n/*/*done.json"))
    assert len(records) == 2 and list(one.claim.glob("log/runs/*/run.json"))


ONE = """
name = "x"
[steps.a]
shell = 'echo a >> "$LOG"; test ! -e "$LOG.wait" || { rm "$LOG.wait"; sleep 60; }'
"""


def lines(one: Here) -> list[str]:
    """What the one step has written, once an attempt."""
    return one.found.path("log").read_text().split()


def settings(one: Here, **more: Any) -> list[str]:
    """Words that set the executor, and a variable of pods that says where the step writes."""
    said = {"executor.env.LOG": one.found.path("log"), **{f"executor.{name}": text for name, text in more.items()}}
    return [word for name, text in said.items() for word in ("--set", f"{name.replace('_', '-')}={text}")]


@pytest.mark.parametrize(
    "refusal",
    [("POST jobs", 500, "later"), ("POST jobs", 429, "slower"), ("POST jobs", 403, "exceeded quota: pods"),
     ("GET pods", 503, "down"), ("GET pods/log", 500, "the node is busy"), ("DELETE jobs", 409, "it has changed")],
    ids=lambda refusal: f"{refusal[0]} {refusal[1]}",
)  # fmt: skip
def test_an_answer_that_says_later_is_waited_for(fake: Any, refusal: Any) -> None:
    one = fake(ONE)
    one.cluster.refuse.append(refusal)
    one.up(*settings(one)).ok()
    assert not one.cluster.refuse and lines(one) == ["a"] and one.left() == []


def test_a_job_whose_making_was_never_answered_is_taken_for_what_it_is(fake: Any) -> None:
    one = fake(ONE)
    one.cluster.lose.append("POST jobs")
    one.up(*settings(one)).ok()
    assert not one.cluster.lose and lines(one) == ["a"] and one.left() == []


def test_a_watch_that_expires_is_begun_anew(fake: Any) -> None:
    shell = """'echo a >> "$LOG"; while test -e "$LOG.wait"; do sleep 0.05; done'"""
    one = fake(f'name = "x"\n[steps.a]\nshell = {shell}\n')
    wait = one.found.path("log.wait")
    wait.touch()
    running = one.begin(*settings(one))
    waited(one.found.path("log"))
    limit = time.monotonic() + 60
    while one.cluster.asked.count("GET pods") <= 2 and time.monotonic() < limit:  # a list, a watch, and then again
        one.cluster.expire()
        time.sleep(0.05)
    wait.unlink()
    _, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert one.cluster.asked.count("GET pods") > 2 and lines(one) == ["a"]


def test_n54_a_pod_that_somebody_deletes_is_lost_and_the_step_is_tried_again(fake: Any) -> None:
    one = fake(ONE)
    one.found.path("log.wait").touch()
    running = one.begin(*settings(one))
    waited(one.found.path("log"))
    (pod,) = one.cluster.kind("pods")
    one.cluster.stop(pod)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert lines(one) == ["a", "a"]
    (node,) = one.found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert [(attempt["status"], attempt.get("reason")) for attempt in node["attempts"]] == [
        ("errored", "lost"), ("succeeded", None),
    ]  # fmt: skip


def test_a_pod_that_goes_without_a_word_is_lost(fake: Any) -> None:
    one = fake(ONE)
    one.cluster.before = lambda pod: one.cluster.delete("pods", pod["metadata"]["name"]) and False
    said = one.up(*settings(one, lost_attempts=1)).exits(1)
    said.says("somebody has deleted it")
    assert one.cluster.asked.count("POST jobs") == 2 and one.left() == []


def test_an_image_name_that_nobody_can_mean_ends_at_once(fake: Any) -> None:
    one = fake(ONE)

    def stuck(pod: Any) -> bool:
        one.cluster.status(pod, {"waiting": {"reason": "InvalidImageName", "message": "no such form"}})
        return False

    one.cluster.before = stuck
    one.up(*settings(one, lost_attempts=0)).exits(1).says("InvalidImageName: no such form")
    (node,) = one.found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert node["reason"] == "no-image" and one.left() == []
    assert one.found.cli("logs", "@last", "a").ok().out == "waiting: InvalidImageName: no such form\n"


def test_what_can_not_start_is_given_up_in_time(fake: Any) -> None:
    one = fake(ONE)
    one.cluster.before = lambda pod: False
    one.up(*settings(one, lost_attempts=0, start_timeout="500ms")).exits(1)
    (node,) = one.found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert node["reason"] == "never-started" and one.left() == []


def test_a_cluster_that_is_silent_for_too_long_is_left_to_itself(fake: Any) -> None:
    one = fake(ONE)

    def silent(pod: Any) -> bool:
        one.cluster.silent = True
        return False

    one.cluster.before = silent
    said = one.up(*settings(one, unreachable="500ms")).exits(4)
    said.says("error[E736]: the cluster has given no answer for 500ms", "`runner up --resume`")
    assert "DELETE jobs" not in one.cluster.asked and one.cluster.kind("jobs")


def test_what_is_stopped_leaves_nothing(fake: Any) -> None:
    one = fake(ONE)
    one.found.path("log.wait").touch()
    running = one.begin(*settings(one))
    waited(one.found.path("log"))
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    (node,) = one.found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert node["status"] == "cancelled" and one.left() == []


CHAIN = """
name = "x"
[steps.a]
shell = 'echo a >> "$LOG"; echo "x=42" >> "$RUNNER_RETURNS"'
returns = ["x"]
[steps.b]
needs = ["a"]
shell = 'echo b >> "$LOG"; while test -e "$LOG.wait"; do sleep 0.05; done'
[steps.c]
needs = ["b"]
params = { x = "${steps.a.x}" }
shell = 'test "$RUNNER_PARAM_x" = 42 && echo c >> "$LOG"'
"""


@pytest.mark.parametrize("over", [False, True], ids=["it runs", "it has ended"])
def test_a_job_whose_driver_was_killed_is_gone_on_with(fake: Any, over: bool) -> None:
    one = fake(CHAIN)
    wait = one.found.path("log.wait")
    wait.touch()
    running = one.begin(*settings(one))
    limit = time.monotonic() + 60
    while not (one.found.exists("log") and lines(one) == ["a", "b"]) and time.monotonic() < limit:
        time.sleep(0.05)
    running.kill()
    running.communicate()
    if over:
        wait.unlink()
        for process in one.cluster.running.values():
            process.wait()
    again = one.begin("--resume", *settings(one))
    while not over and one.cluster.asked.count("POST leases") < 2 and time.monotonic() < limit:
        time.sleep(0.05)
    wait.unlink(missing_ok=True)
    _, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert lines(one) == ["a", "b", "c"] and one.left() == []
    told = one.found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert all(len(node["attempts"]) == 1 for node in told)
    commits = one.claim.glob("log/runs/*/n/*/*done.json")
    assert len(list(commits)) == 5, "those of the first run, and all of the second"


def waited(path: Path) -> None:
    """Until something stands in a file."""
    limit = time.monotonic() + 60
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < limit, f"{path} was not written"
        time.sleep(0.05)


def test_an_image_has_its_own_environment(fake: Any) -> None:
    """`runtime` is for those that run here: a pod has what its image has."""
    fake("name = 'x'\n[steps.a]\npython = 'platform:node'\nruntime = '.venv'\n").up().ok()


def test_all_that_is_missing_is_told_before_anything_is_made(fake: Any) -> None:
    one = fake("name = 'x'\n[steps.a]\nshell = 'true'\nsecrets = ['A', 'B']\n")
    one.cluster.delete("persistentvolumeclaims", "runner-volume")
    one.cluster.put("secrets", {"metadata": {"name": "there"}, "data": {"other": ""}})
    words = (
        "executor.service-account=me",
        "secrets.map.A={secret='there', key='a'}",
        "secrets.map.B={secret='gone', key='b'}",
    )
    said = one.up(*(word for each in words for word in ("--set", each))).exits(4)
    said.says(
        "error[E735]: the namespace `default` has no service account `me`",
        "error[E735]: the namespace `default` has no persistent volume claim `runner-volume`",
        "error[E735]: the namespace `default` has no key `a` in the secret `there`",
        "error[E735]: the namespace `default` has no secret `gone`",
        "kubectl --namespace default create secret generic gone --from-literal=b=...",
    )
    assert one.left() == [] and not one.found.exists(".runner/index.jsonl")


@pytest.mark.parametrize(
    ("modes", "nodes", "fit"),
    [(["ReadWriteMany"], 2, True), (["ReadWriteOnce"], 1, True), (["ReadWriteOnce"], 2, False),
     (["ReadWriteOncePod"], 1, False)],
)  # fmt: skip
def test_a_claim_that_pods_can_not_share_is_told_before_anything_is_made(
    fake: Any, modes: list[str], nodes: int, fit: bool
) -> None:
    one = fake("name = 'x'\n[steps.a]\nshell = 'true'\n")
    one.cluster.put("persistentvolumeclaims", {"metadata": {"name": "runner-volume"}, "spec": {"accessModes": modes}})
    for number in range(nodes):
        one.cluster.put("nodes", {"metadata": {"name": f"n{number}"}})
    said = one.up()
    if fit:
        said.ok()
    else:
        said.exits(4).says(f"can't share the claim `runner-volume` of `[volumes.data]`: it is {modes[0]}")
        assert one.left() == []


def test_what_the_cluster_does_not_let_us_do_is_told(fake: Any) -> None:
    one = fake(ONE)
    one.cluster.denied = {"create jobs"}
    one.up().exits(4).says(
        "error[E733]: the cluster lets us not create jobs in the namespace `default`", "ask for a Role"
    )


def test_a_namespace_that_is_not_there_is_told(fake: Any) -> None:
    one = fake(ONE)
    said = one.up("--set", "executor.namespace=ml").exits(4)
    said.says("error[E734]: the cluster has no namespace `ml`", "kubectl create namespace ml")


def test_a_context_that_is_not_there_is_told(fake: Any) -> None:
    one = fake(ONE)
    one.up("--set", "executor.context=other").exits(4).says("error[E731]", "contexts there: `fake`")


def test_a_cluster_that_does_not_answer_is_told(fake: Any) -> None:
    one = fake(ONE)
    one.cluster.silent = True
    one.up().exits(4).says("error[E732]: no cluster answers at `http://127.0.0.1:")


def test_a_run_that_can_not_be_brought_there_leaves_nothing(fake: Any) -> None:
    one = fake(ONE)
    one.cluster.refuse.append(("POST configmaps", 413, "too large"))
    one.up().exits(4).says("error[E737]: the run can't be brought into the cluster: too large")
    assert one.left() == []


def test_certificates_that_stand_in_the_kubeconfig_are_not_left_lying_about(fake: Any) -> None:
    one = fake(ONE)
    path = Path(one.cluster.kubeconfig())
    data = json.loads(path.read_text())
    data["clusters"][0]["cluster"]["certificate-authority-data"] = b64encode(b"none").decode()
    path.write_text(json.dumps(data))
    one.up(*settings(one)).ok()


def test_a_claim_that_this_machine_sees_is_used_as_it_is(fake: Any) -> None:
    one = fake("name = 'x'\n[steps.a]\nshell = 'echo hello > a.txt'\noutputs = ['a.txt']\n")
    here = ("--set", f"volumes.data.here={one.claim}")
    one.up(*here).ok()
    assert not list(one.found.path(".runner/runs").glob("*/journal*")) and list(
        one.claim.glob("log/runs/*/n/a-*/*done.json")
    )
    one.found.cli("catalog", "get", "a.txt").ok()
    assert one.found.read("a.txt") == "hello\n" and one.left() == []

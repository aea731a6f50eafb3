"""Reported in the field: pods that vanish, that never start or live on; a cluster that answers oddly.

On a stand-in for a cluster, whose pods are processes of this machine."""

from __future__ import annotations

import hashlib
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from runner.agent.committed import Instances, record
from runner.rules.day import day_of
from runner.rules.keys import done_key, dumps, node_id
from runner.store.memory import Memory
from runner.testing.argo.cluster import ArgoCluster
from runner.testing.cluster import Cluster
from runner.testing.fake import Fake
from runner.testing.project import Project
from runner_executors.kubernetes_end import state
from tests.conformance.test_execute_node import Pods

pytest.importorskip("kubernetes")
Make = Callable[..., Project]
Makes = Callable[..., Fake[Any]]
Table = dict[str, Any]
PODS = ("--profile", "std:emulated")


@pytest.fixture
def fake(project: Make) -> Iterator[Makes]:
    """fake(text, "kubernetes" | "argo"): a project and a cluster for it."""
    made: list[Fake[Any]] = []

    def make(text: str, executor: str = "kubernetes") -> Fake[Any]:
        found = project({})
        argo = lambda at: ArgoCluster(at, found.root, found.environment())  # noqa: E731
        made.append(Fake(found, text, executor, argo if executor == "argo" else Cluster))
        return made[-1]

    yield make
    for one in made:
        one.cluster.close()


def reasons(node: Table) -> list[tuple[str, str | None]]:
    return [(one["status"], one.get("reason")) for one in node["attempts"]]


EVICTED = """
name = "lost"
[steps.a]
shell = 'if mkdir "CLAIM/once" || test -e CLAIM/ever; then kill -9 $PPID; exit 1; fi; echo ok'
[steps.b]
needs = ["a"]
shell = "true"
"""


@pytest.mark.parametrize("executor", ["kubernetes", "argo"])
def test_field_c1_lost_is_not_an_attempt(fake: Makes, executor: str) -> None:
    """Of one attempt that the command may have, none is taken by the place that lost it."""
    here = fake("", executor)
    here.found.write({"pipeline.toml": EVICTED.replace("CLAIM", str(here.found.tmp))})
    here.up().ok()
    nodes = here.nodes()
    assert reasons(nodes["a"]) == [("errored", "lost"), ("succeeded", None)]
    assert nodes["b"]["status"] == "succeeded"


def test_field_c1_lost_again_and_again(fake: Makes) -> None:
    here = fake("")
    here.found.write({"pipeline.toml": EVICTED.replace("CLAIM", str(here.found.tmp))})
    (here.found.tmp / "ever").touch()
    here.up("--set", "executor.lost-attempts=2").exits(1)
    nodes = here.nodes()
    assert reasons(nodes["a"]) == [("errored", "lost")] * 3 and nodes["b"]["status"] == "blocked"


class Lagging(Memory):
    """Shows its objects bit by bit: with each look a quarter more."""

    looks = 0

    def get(self, key: str) -> bytes | None:
        whole = super().get(key)
        self.looks += 1
        return whole[: len(whole) * (self.looks - 1) // 4] if whole is not None else None


def test_field_c11_share_that_lags(monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of which another machine shows less than there is, for now: it is neither passed over nor believed."""
    monkeypatch.setattr("runner.agent.committed.PAUSES", (0.0,) * 5)
    store, end = Lagging(), {"status": "succeeded", "attempt": "A1", "returns": {"n": 1}}
    store.create(done_key("r", "a", ()), dumps(end))
    assert Instances(store, "r", "a")[()] == end and store.looks == 5
    assert record(store, done_key("r", "b", ())) is None and store.looks == 6, "what is not there is not waited for"


PENDING = """
name = "pending"
[steps.a]
shell = "true"
[steps.b]
needs = ["a"]
shell = "true"
[steps.c]
needs = ["a"]
shell = "true"
[steps.d]
needs = ["a"]
shell = "true"
"""
NO_KEY = {"reason": "CreateContainerConfigError", "message": "couldn't find key dsn in Secret default/db"}
NO_NODE = {"reason": "Unschedulable", "message": "0/1 nodes are available: insufficient memory"}
NO_IMAGE = {"reason": "ErrImagePull", "message": "429 Too Many Requests"}


def test_field_c3_pending_for_ever(fake: Makes) -> None:
    """What never starts ends in time, and says what it waited for; a hiccup of a registry ends nothing."""
    here = fake(PENDING)
    waits = {node_id("b"): NO_KEY, node_id("c"): NO_NODE, node_id("d"): NO_IMAGE}

    def begin(pod: Table) -> bool:
        wait = waits.get(pod["metadata"]["labels"]["run.runner/node"])
        if wait is not None:
            here.cluster.status(pod, {"waiting": wait})
        return wait in (None, NO_IMAGE)

    here.cluster.before = begin
    here.up("--set", "executor.start-timeout=3s", "--set", "executor.lost-attempts=0").exits(1)
    nodes = here.nodes()
    assert [reasons(nodes[name]) for name in "abcd"] == [
        [("succeeded", None)], [("errored", "never-started")], [("errored", "never-started")], [("succeeded", None)],
    ]  # fmt: skip
    for name, wait in (("b", NO_KEY), ("c", NO_NODE)):
        assert nodes[name]["attempts"][0]["error"]["message"] == f"{wait['reason']}: {wait['message']}"
        assert here.found.cli("logs", "@last", name).out == f"waiting: {wait['reason']}: {wait['message']}\n"


def test_field_c4_declared_failed_still_coming(fake: Makes) -> None:
    """Before another attempt is made, the one that was given up is gone for sure, whatever the cluster answers."""
    here = fake("name = 'x'\n[steps.a]\nshell = 'true'\n")
    tries: list[list[str]] = []

    def begin(pod: Table) -> bool:
        tries.append(list(here.cluster.kind("jobs")))
        return len(tries) == 2

    here.cluster.before = begin
    here.cluster.refuse += [("DELETE jobs", 503, "later")] * 2
    here.up("--set", "executor.start-timeout=500ms").ok()
    assert reasons(here.nodes()["a"]) == [("errored", "never-started"), ("succeeded", None)]
    assert [len(jobs) for jobs in tries] == [1, 1] and tries[0] != tries[1] and here.left() == []


TWICE = """
name = "x"
[steps.first]
shell = "true"
[steps.a]
needs = ["first"]
shell = 'echo a >> "$LOG"; echo "${ME:-}" > a.txt; while test -e "$LOG.${ME:-}"; do sleep 0.02; done'
outputs = ["a.txt"]
"""


@pytest.fixture
def pods(project: Make) -> Pods:
    return Pods(project({"pipeline.toml": TWICE}), until="first")


def test_field_c5_second_pod_after_success(pods: Pods) -> None:
    """Whoever is started again finds what is committed; a start alone is no success."""
    words = pods.words("a")
    gone = subprocess.Popen(words, cwd=pods.found.root, env={**pods.found.environment(), "LOG": "/nowhere/log"})
    gone.kill()
    gone.wait()
    pods.go("a").ok()
    pods.go("a").ok()
    assert pods.log.read_text() == "a\n"


def test_field_c5_two_pods_at_once(pods: Pods) -> None:
    """Both do the work, one has done it: the other says so, and ends well."""
    env = {**pods.found.environment(), "LOG": str(pods.log)}
    for name in ("slow", "quick"):
        pods.found.path(f"log.{name}").touch()
    both = [
        subprocess.Popen(pods.words("a"), cwd=pods.found.root, env={**env, "ME": name}) for name in ("slow", "quick")
    ]
    pods.found.wait(lambda: pods.log.exists() and pods.log.read_text() == "a\na\n")
    for name, process in (("quick", both[1]), ("slow", both[0])):
        pods.found.path(f"log.{name}").unlink()
        assert process.wait(60) == 0
    done, lost = sorted(pods.records("a"), key=lambda one: "superseded_by" in one)
    assert "superseded_by" not in done and lost["superseded_by"] == done["attempt"]
    (file,) = done["files"]
    assert file["sha256"] == hashlib.sha256(b"quick\n").hexdigest()


COMMITTED = """
name = "x"
[steps.a]
shell = 'echo a >> CLAIM/log; echo "n=1" >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.b]
params = ["n"]
shell = 'test "$RUNNER_PARAM_n" = 1 && echo b >> CLAIM/log'
"""


@pytest.mark.parametrize("executor", ["kubernetes", "argo"])
def test_field_c6_committed_then_lost(fake: Makes, executor: str) -> None:
    """The pod is killed between its commit and its exit: the next one adopts what is there."""
    here = fake("", executor)
    here.found.write({"pipeline.toml": COMMITTED.replace("CLAIM", str(here.found.tmp))})
    killed: list[str] = []

    def end(pod: Table, said: Table) -> Table:
        if killed:
            return said
        killed.append(pod["metadata"]["name"])
        here.cluster.logs[killed[0]] = b""
        return {"exitCode": 137, "reason": "Error"}

    here.cluster.after = end
    here.up().ok()
    assert (here.found.tmp / "log").read_text() == "a\nb\n"
    assert here.nodes()["a"]["status"] == "succeeded"


def test_field_c6_committed_then_lost_for_good(fake: Makes) -> None:
    """Where no pod may follow, the run says that it lost it; the next run does not do it again."""
    here = fake("")
    here.found.write({"pipeline.toml": COMMITTED.replace("CLAIM", str(here.found.tmp))})

    def end(pod: Table, said: Table) -> Table:
        here.cluster.logs[pod["metadata"]["name"]] = b""
        return {"exitCode": 137, "reason": "Error"}

    here.cluster.after = end
    seen = ("--set", f"volumes.data.here={here.claim}")
    here.up(*seen, "--set", "executor.lost-attempts=0").exits(1)
    here.cluster.after = lambda pod, said: said
    here.up(*seen, "--resume").ok()
    assert (here.found.tmp / "log").read_text() == "a\nb\n"


@pytest.mark.parametrize("first", [True, False])
def test_field_c7_foreign_sidecar(first: bool) -> None:
    """Whatever other containers do, and however the phase of the pod tells it."""
    ours: Table = {"name": "main", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
    killed: Table = {"name": "istio-proxy", "state": {"terminated": {"exitCode": 137, "reason": "Error"}}}
    on: Table = {"name": "istio-proxy", "state": {"running": {}}}
    for other, phase in ((on, "Running"), (killed, "Failed")):
        both = [other, ours] if first else [ours, other]
        seen = state({"status": {"phase": phase, "containerStatuses": both}})
        assert (seen.phase, seen.exit) == ("ended", 0)
    going = {**ours, "state": {"running": {}}}
    assert state({"status": {"phase": "Running", "containerStatuses": [killed, going]}}).phase == "running"


ODD = [(500, "etcdserver: leader changed"), (429, "slower"), (409, "the object has been modified"), (0, ""),
       (503, "the tunnel is down"), (401, "Unauthorized")]  # fmt: skip


def test_field_c8_api_blips(fake: Makes) -> None:
    """Every fourth answer is an odd one, and the credentials are replaced in mid-run."""
    text = "name = 'x'\n" + "".join(f"[steps.s{number}]\nshell = 'true'\n" for number in range(6))
    here = fake(text)
    asked = count()

    def blip(what: str) -> tuple[int, str] | None:
        if any(word in what for word in ("reviews", "DELETE configmaps", "DELETE leases")):
            return None  # before the run, and what is tidied up after it, for as long as there is time
        number = next(asked)
        return ODD[number // 4 % len(ODD)] if number % 4 == 3 else None

    def begin(pod: Table) -> bool:
        here.cluster.blip = blip
        if here.cluster.token == "t":
            here.cluster.token = "new"
            here.cluster.kubeconfig()
        return True

    here.cluster.before = begin
    here.up().ok()
    assert all(reasons(node) == [("succeeded", None)] for node in here.nodes().values())
    made = [name for _, plural, what, _ in here.cluster.history for name in [plural] if what == "ADDED"]
    assert made.count("jobs") == 6 and here.left() == []


CANCELLED = """
name = "x"
[steps.m]
for-each = { i = { range = 12 } }
shell = 'exec sleep 600'
[steps.after]
needs = ["m"]
shell = "true"
[finally.bye]
shell = 'echo bye >> CLAIM/bye'
"""


def test_field_c9_cancel_leaves_nothing(fake: Makes) -> None:
    """Some items run, some have a pod that waits, some have a Job that is being made."""
    here = fake("")
    here.found.write({"pipeline.toml": CANCELLED.replace("CLAIM", str(here.found.tmp))})
    begun: list[str] = []

    def begin(pod: Table) -> bool:
        begun.append(pod["metadata"]["name"])
        return len(begun) < 4 or node_id("bye!finally") in pod["metadata"]["labels"]["run.runner/node"]

    here.cluster.before = begin
    running = here.begin()
    here.found.wait(lambda: len(begun) >= 6)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130, err
    ends = {label: node["status"] for label, node in here.nodes().items()}
    assert ends.pop("bye!finally") == "succeeded" and (here.found.tmp / "bye").read_text() == "bye\n"
    assert set(ends.values()) <= {"cancelled", "skipped", "blocked"}, ends
    assert here.left() == [] and all(process.poll() is not None for process in here.cluster.running.values())


LATE = """
name = "x"
timeout = "1500ms"
[steps.a]
shell = "sleep 60"
[steps.b]
needs = ["a"]
shell = "true"
[finally.bye]
shell = 'sleep 1; test "$RUNNER_RUN_STATUS" = failed'
"""


def test_field_c17_finally_after_the_deadline(project: Make) -> None:
    for words in ((), PODS):
        made = project({"pipeline.toml": LATE})
        made.cli("up", *words).exits(124)
        nodes = made.cli("show", "@last", "--json").ok().nodes()
        assert nodes["a"]["status"] in ("cancelled", "failed") and nodes["bye!finally"]["status"] == "succeeded"


def test_field_c17_clocks_of_the_schedule(fake: Makes) -> None:
    """`run.date` is the day where the schedule is, for the driver and in pods, whatever TZ says there."""
    text = "name = 'x'\n[params]\nday = '${run.date}'\n[steps.a]\nshell = 'echo $RUNNER_PARAM_day'\n"
    here = fake(text, "argo")
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):  # a day apart, at any time
        day = datetime.now(ZoneInfo(zone)).strftime("%Y-%m-%d")
        here.up("--set", "schedule.cron='30 0 * * *'", "--set", f"schedule.timezone={zone}").ok()
        assert here.found.cli("logs", "@last", "a").ok().out == f"{day}\n"
        assert here.found.cli("show", "@last", "--json").ok().json()["params"] == {"day": day}


def test_field_c17_the_day_of_a_tick_is_kept_past_midnight() -> None:
    tick = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    start = tick.timestamp() + 7200
    assert day_of(start, tick.isoformat(), {"timezone": "Europe/Zurich"}) == "2026-11-26"
    assert day_of(start, "2026-11-25T23:30:00Z") == "2026-11-25" and day_of(start) == "2026-11-26"


def test_field_c_a_service_account_that_can_not_say_how_pods_end(fake: Makes) -> None:
    """All pods would be done, and the Workflow would run on."""
    here = fake("name = 'x'\n[steps.a]\nshell = 'true'\n", "argo")
    here.cluster.denied.add("default: patch workflowtaskresults")
    here.up().exits(4).says("error[E748]: pods of the service account `default` may not", "executor.rbac=true")
    assert here.left() == []


def test_field_c_a_claim_that_only_one_node_may_have(fake: Makes) -> None:
    here = fake("name = 'x'\n[steps.a]\nshell = 'true'\n")
    claim = {"metadata": {"name": "runner-volume"}, "spec": {"accessModes": ["ReadWriteOnce"]}}
    here.cluster.put("persistentvolumeclaims", claim)
    for name in ("one", "two"):
        here.cluster.put("nodes", {"metadata": {"name": name}})
    said = here.found.cli("doctor", "--profile", "k", env={"KUBECONFIG": here.config()}).exits(4)
    said.says("wrong  kubernetes  pods that run at once can't share the claim `runner-volume`", "(E747)")

"""The executor `kubernetes` on a real cluster: the same runs, and what becomes of them when the cluster does its worst.

RUNNER_TEST_CLUSTER=1 turns them on, for the cluster of KUBECONFIG. It has the claim RUNNER_TEST_CLAIM (`runner-volume`)
that many pods may write to, and can have the image RUNNER_TEST_IMAGE, with a Python 3.9 or newer. They clean up behind
them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from runner.rules.keys import node_id
from runner.testing.conformance import Executors
from runner.testing.jobs import Jobs
from runner.testing.kubectl import kubectl
from runner.testing.project import Outcome, Project

Made = Callable[..., Project]
IMAGE = os.environ.get("RUNNER_TEST_IMAGE", "runner-base:py311")
CLAIM = os.environ.get("RUNNER_TEST_CLAIM", "runner-volume")
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not os.environ.get("RUNNER_TEST_CLUSTER"), reason="RUNNER_TEST_CLUSTER is not set: no cluster"),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Jobs]:
    made = Jobs(IMAGE, CLAIM)
    yield made
    made.close()


class TestKubernetes(Executors):
    test_what_steps_print_is_kept_and_what_takes_too_long_is_stopped = None  # below, of one pod

    @pytest.fixture(autouse=True)
    def _cluster(self, cluster: Jobs) -> None:
        self.cluster = cluster

    def up(self, found: Project, *more: str) -> Outcome:
        return self.cluster.up(found, "pipeline.toml", *more)


def test_a_run_leaves_its_records_on_the_claim_and_nothing_else(project: Made, cluster: Jobs) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'echo hello; id -u; echo hi > a.txt'\noutputs = ['a.txt']\n"
    found = project({"pipeline.toml": text})
    cluster.up(found).ok()
    assert found.cli("logs", "@last", "a").ok().out == "hello\n1000\n"
    assert cluster.left(found) == ""


def test_n40_a_secret_is_referred_to_and_stands_nowhere(project: Made, cluster: Jobs) -> None:
    name = f"{cluster.mark}-keys"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    cluster.make({**secret, "stringData": {"token": "open-sesame", "file": "another-one"}})
    text = """
name = "x"
[steps.a]
shell = 'test ${#TOKEN} = 11 && test "$(cat "$FILE")" = another-one && echo "it is $TOKEN"; sleep 3'
secrets = { TOKEN = "TOKEN", FILE = { name = "FILE", file = true } }
"""
    where = {"TOKEN": "token", "FILE": "file"}
    words = [f"secrets.map.{one}={{ secret = '{name}', key = '{key}' }}" for one, key in where.items()]
    found = project({"pipeline.toml": text})
    running = cluster.begin(found, *(word for each in words for word in ("--set", each)))
    cluster.running(found)
    seen = kubectl("get", "jobs,pods,configmaps", "-l", cluster.of(found), "-o", "json")
    _, err = running.communicate(timeout=120)
    assert running.returncode == 0, err
    assert name in seen and "open-sesame" not in seen and "another-one" not in seen
    kept = b"".join(path.read_bytes() for path in found.root.glob(".runner/**/*") if path.is_file())
    assert b"open-sesame" not in kept and b"it is ***" in kept


WAIT = """
name = "x"
[steps.a]
shell = 'test "$RUNNER_ATTEMPT" = "${LAST:-2}" || sleep 120'
"""


def test_n54_a_pod_that_somebody_deletes_is_lost_and_the_step_runs_again(project: Made, cluster: Jobs) -> None:
    found = project({"pipeline.toml": WAIT})
    running = cluster.begin(found)
    kubectl("delete", "pod", cluster.running(found), "--wait=false")
    _, err = running.communicate(timeout=180)
    assert running.returncode == 0, err
    (node,) = found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert [one["reason"] for one in node["attempts"]] == ["lost", None]
    assert cluster.left(found) == ""


def test_what_is_stopped_leaves_nothing(project: Made, cluster: Jobs) -> None:
    found = project({"pipeline.toml": WAIT})
    running = cluster.begin(found)
    cluster.running(found)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 130, err
    (node,) = found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert (node["status"], node["reason"]) == ("cancelled", "cancelled")
    assert cluster.left(found) == ""


def test_a_timeout_is_counted_inside(project: Made, cluster: Jobs) -> None:
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'sleep 60'\ntimeout = '1s'\n"})
    cluster.up(found).exits(1)
    (node,) = found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert (node["status"], node["reason"]) == ("failed", "timeout")


def test_an_image_that_is_not_there_is_given_up_in_time(project: Made, cluster: Jobs) -> None:
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nimage = 'no-such-image:1'\nshell = 'true'\n"})
    words = ("executor.pull=never", "executor.start-timeout=3s", "executor.lost-attempts=0")
    said = cluster.up(found, *(word for each in words for word in ("--set", each))).exits(1)
    said.says("ErrImageNeverPull")
    (node,) = found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert node["reason"] == "no-image" and cluster.left(found) == ""


def test_a_claim_that_may_not_be_written_is_told(project: Made, cluster: Jobs) -> None:
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n"})
    cluster.up(found).ok()
    other = "executor.pod.securityContext={ runAsUser = 2000, runAsGroup = 2000 }"
    cluster.up(found, "--set", other, "--set", "executor.lost-attempts=0").exits(1).says("Permission denied")


def test_a_quota_that_is_used_up_is_waited_for(project: Made, cluster: Jobs) -> None:
    name = f"{cluster.mark}-quota"
    cluster.make({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name, "namespace": name}}
    kubectl("create", "-f", "-", text=json.dumps({**quota, "spec": {"hard": {"pods": "0"}}}))
    profile = f"""
extends = "std:kubernetes"
[executor]
image = "{IMAGE}"
namespace = "{name}"
start-timeout = "15s"
lost-attempts = 0
"""
    asked = {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}}
    named = {"name": "runner-volume", "namespace": name}
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": named, "spec": asked}
    kubectl("create", "-f", "-", text=json.dumps(claim))
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n"})
    found.write({"profiles/k.toml": profile})
    cluster.up(found).exits(1).says("FailedCreate: ", "exceeded quota")
    (node,) = found.cli("show", "@last", "--json").ok().json()["nodes"].values()
    assert node["reason"] == "never-started"


def test_what_runs_when_its_driver_is_killed_is_gone_on_with(project: Made, cluster: Jobs) -> None:
    text = """
name = "x"
[steps.a]
shell = 'echo a; echo "x=42" >> "$RUNNER_RETURNS"'
returns = ["x"]
[steps.b]
needs = ["a"]
shell = 'sleep 15'
[steps.c]
needs = ["b"]
params = { x = "${steps.a.x}" }
shell = 'test "$RUNNER_PARAM_x" = 42'
"""
    found = project({"pipeline.toml": text})
    running = cluster.begin(found)
    cluster.running(found, "b")
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    first = cluster.of(found)
    cluster.up(found, "--resume").ok().says("kept from")
    told = found.cli("show", "@last", "--json").ok().json()["nodes"]
    ran = {node["path"]: node["attempts"][-1].get("adopted", {}).get("run") for node in told.values()}
    assert first.endswith(f"={ran['a']}") and ran["a"] == ran["b"] and ran["c"] is None
    assert cluster.left(found) == "" and kubectl("get", "jobs,configmaps,leases", "-l", first, "-o", "name") == ""


def test_a_job_file_runs_as_one_job_and_by_a_schedule_once_a_tick(project: Made, cluster: Jobs) -> None:
    text = 'name = "night"\n[params]\nn = 2\n[job]\nshell = \'echo "n is $RUNNER_PARAM_n"\'\nparams = ["n"]\n'
    found = project({"job.toml": text})
    cluster.profile(found)
    name = node_id("night")
    for schedule in ("", '[schedule]\ncron = "0 0 1 1 *"\n'):
        found.write({"profiles/s.toml": found.read("profiles/k.toml") + schedule})
        made = found.cli("render", "job.toml", "--profile", "s").ok().out
        kubectl("apply", "-f", "-", text=made)
        try:
            if schedule:
                kubectl("create", "job", f"{name}-now", "--from", f"cronjob/{name}")
            which = f"job/{name}{'-now' if schedule else ''}"
            kubectl("wait", which, "--for=condition=Complete", "--timeout=180s")
            assert kubectl("logs", which) == "n is 2\n"
        finally:
            kubectl("delete", "-f", "-", "--cascade=foreground", text=made)


class Way:
    """A way to the cluster that can be cut: every connection is dropped, and no new one is let through."""

    def __init__(self, server: str) -> None:
        found = urlsplit(server)
        self.host, self._to = str(found.hostname), f"TCP:{found.hostname}:{found.port or 443}"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self.mend()

    def mend(self) -> None:
        words = ["socat", f"TCP-LISTEN:{self.port},bind=127.0.0.1,fork,reuseaddr", self._to]
        self._process = subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL)

    def cut(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


@pytest.fixture
def way(tmp_path: Path) -> Iterator[tuple[Way, str]]:
    """A way that can be cut, and a kubeconfig that goes it."""
    if shutil.which("socat") is None:
        pytest.skip("no socat")
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json"))
    there = config["clusters"][0]["cluster"]
    made = Way(there["server"])
    there.update({"server": f"https://127.0.0.1:{made.port}", "tls-server-name": made.host})
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(config))
    yield made, str(path)
    made.cut()


@pytest.mark.parametrize("long", [False, True], ids=["for a while", "for good"])
def test_a_cluster_that_can_not_be_reached(project: Made, cluster: Jobs, way: tuple[Way, str], long: bool) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'sleep 8; echo a'\n"
    found = project({"pipeline.toml": text})
    cluster.profile(found)
    patience = ("--set", f"executor.unreachable={'5s' if long else '5m'}")
    running = found.popen("up", "--profile", "k", *patience, env={"KUBECONFIG": way[1]})
    cluster.running(found)
    way[0].cut()
    if not long:
        time.sleep(12)  # it ends meanwhile
        way[0].mend()
    _, err = running.communicate(timeout=180)
    if long:
        way[0].mend()
        assert running.returncode == 4 and "E736" in err
        cluster.up(found, "--resume").ok()
        (node,) = found.cli("show", "@last", "--json").ok().json()["nodes"].values()
        assert "adopted" in node["attempts"][-1]
    else:
        assert running.returncode == 0, err
        assert found.cli("logs", "@last", "a").ok().out == "a\n"
    assert cluster.left(found) == ""

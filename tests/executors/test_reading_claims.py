"""What a run has on a claim that this machine does not see is read through a pod that lives for a moment."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.testing.argo.cluster import ArgoCluster
from runner.testing.cluster import Cluster
from runner.testing.fake import Fake
from runner.testing.project import Outcome, Project

pytest.importorskip("kubernetes")
Made = Callable[..., Project]
TEXT = """
name = "x"
[steps.a]
shell = 'echo hello; mkdir -p made; echo report > made/a.html; echo more > made/b.html'
outputs = ["made/*.html"]
[steps.b]
shell = 'test -e "$GO" && cat made/a.html > b.txt'
inputs = ["made/a.html"]
env = { GO = "@go" }
outputs = ["b.txt"]
"""


class Far(Fake[ArgoCluster]):
    """A project, a cluster with Argo, and a claim that only its pods see. go: a file that lets `b` succeed."""

    def __init__(self, found: Project, text: str) -> None:
        self.go = found.tmp / "go"
        text = text.replace("@go", str(self.go))
        super().__init__(found, text, "argo", lambda at: ArgoCluster(at, found.root, found.environment()))

    def cli(self, *words: str) -> Outcome:
        return self.found.cli(*words, env={"KUBECONFIG": self.config()})

    def detached(self) -> str:
        """Submit it, and leave it; the name of the run."""
        return self.up("--detach").ok().out.strip()

    def wait(self) -> None:
        """Until every Workflow has ended."""
        self.found.wait(lambda: all("status" in one for one in self.cluster.kind("workflows").values()))

    def store_has(self, pattern: str) -> bool:
        """Whether pods have put such a record on the claim."""
        return bool(list(self.claim.glob(f"log/runs/*/n/*/{pattern}")))

    def readers(self) -> int:
        """How many pods were made to read."""
        return self.cluster.asked.count("POST pods")


@pytest.fixture
def far(project: Made) -> Any:
    made: list[Far] = []

    def make(text: str = TEXT) -> Far:
        made.append(Far(project({}), text))
        return made[-1]

    yield make
    for one in made:
        one.go.touch()  # what still waits for it
        one.cluster.close()


def test_a_report_comes_back_from_the_claim(far: Any) -> None:
    here = far()
    here.up().exits(1)
    assert not here.found.exists("made")
    here.cli("catalog", "ls").ok().says("made/a.html", "made/b.html").silent("gone")
    assert here.readers() == 0
    here.cli("catalog", "get", "made/").ok().says("made/a.html  7 bytes")
    assert here.found.read("made/a.html") == "report\n" and here.readers() == 1
    here.cli("catalog", "get", "made/a.html", "-o", "again.html").ok()
    assert here.readers() == 1, "what was brought is kept"
    assert [name for name in here.cluster.kind("pods") if "reader" in name] == []


def test_what_is_left_to_the_cluster_is_read_from_there(far: Any) -> None:
    here = far("name = 'x'\n[steps.a]\nshell = 'echo hello; exit 3'\n[steps.b]\nneeds = ['a']\nshell = 'true'\n")
    said = here.up("--detach").ok()
    name = said.out.strip()
    said.says(f"runner show {name}", f"runner cancel {name}")
    assert here.cli("runs").ok().out.splitlines()[1].split()[:2] == [name, "detached"]
    here.wait()
    assert here.cli("show", "@last", "--json").ok().statuses() == {"a": "failed", "b": "blocked"}
    assert here.cli("logs", "@last", "a").ok().out == "hello\n" and here.readers() == 1, "its end is known now"
    here.cli("runs", "--status", "failed").ok().says(name)


def test_a_run_of_the_cluster_is_finished_on_this_machine(far: Any) -> None:
    here = far()
    here.detached()
    here.wait()
    here.go.touch()
    here.cli("up", "--profile", "local", "--resume").ok().says("kept from", "succeeded b")
    assert here.found.read("b.txt") == "report\n" and here.readers() == 2


def test_what_can_not_be_read_is_told_with_its_claim_and_the_way_on(far: Any) -> None:
    here = far("name = 'x'\n[steps.a]\nshell = 'true'\n")
    name = here.detached()
    here.cluster.refuse.append(("POST pods", 403, "pods is forbidden"))
    here.cli("show", name).exits(4).says(
        f"error[E741]: the run log of `{name}` lies on the claim `runner-volume`, and can't be read from here: pods is "
        "forbidden",
        f"`runner up pipeline.toml --profile k --resume {name}`",
    )
    here.cluster.before = lambda pod: here.cluster.stuck(pod, "ErrImagePull", "no such image")
    here.cli("show", name).exits(4).says("the pod that reads it can't start: ErrImagePull: no such image")
    here.cluster.silent = True
    here.cli("show", name).exits(4).says(f"error[E741]: the run log of `{name}`")
    assert [pod for pod in here.cluster.kind("pods") if "reader" in pod] == []


def packed(**files: bytes | str) -> io.BytesIO:
    """An archive: text is where a link leads."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("_", "/"))
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                archive.addfile(member)
            else:
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return out


def test_nothing_that_a_pod_prints_is_written_outside_its_place(tmp_path: Path) -> None:
    from runner_executors.kubernetes_reader import unpack

    into = tmp_path / "into"
    unpack(packed(**{"a_b": b"x", ".._out": b"x", "_abs": b"x", "link": "/etc/passwd"}), into)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["into", "into/a", "into/a/b"]


def test_a_log_that_was_cut_off_is_known() -> None:
    from runner_executors.kubernetes_reader import _take

    assert _take([b"YWJj\n", b"end 00\n"], io.BytesIO()) == "what the pod printed did not come whole"
    assert _take([b"YWJj\n"], io.BytesIO()) == ""
    assert _take([b"Traceback\n", b"no such thing!\n"], io.BytesIO()) == "no such thing!"


def test_it_reads_one_claim_and_nothing_else() -> None:
    from runner_executors.kubernetes_reader import reader

    volume = {"claim": "c", "mount": "/mnt"}
    more = {"config-map": "gone", "mount": "/x"}
    settings = {"image": "box:1", "labels": {"team": "ml"}, "pod": {"containers": [{"name": "side"}], "hostname": "h"}}
    pod = reader({"executor": settings, "volumes": {"data": volume, "x": more}}, volume, "/mnt/log", ["runs/$(r)"])
    (main,) = pod["spec"]["containers"]
    claims = [one for one in pod["spec"]["volumes"] if "emptyDir" not in one]
    assert [one["persistentVolumeClaim"] for one in claims] == [{"claimName": "c"}]
    assert {mount["mountPath"]: mount.get("readOnly") for mount in main["volumeMounts"]}["/mnt"] is True
    assert main["args"] == ["/mnt/log", "runs/$$(r)"] and pod["spec"]["hostname"] == "h"
    assert pod["metadata"]["labels"]["team"] == "ml" and pod["spec"]["activeDeadlineSeconds"] == 3600
    assert json.loads(json.dumps(pod)) == pod


def test_a_workflow_is_gone_on_with_by_retry(far: Any) -> None:
    here = far()
    here.detached()
    here.wait()
    here.go.touch()
    said = here.cli("retry", "--detach").ok()
    here.wait()
    assert here.cli("show", said.out.strip(), "--json").ok().statuses() == {"a": "succeeded", "b": "succeeded"}
    first, second = here.cluster.kind("workflows").values()
    assert second["spec"]["arguments"]["parameters"][0]["value"] == first["metadata"]["uid"]


def test_what_needs_this_process_can_not_be_left(project: Made) -> None:
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n"})
    found.cli("up", "--detach").exits(4).says("error[E742]: `local` runs steps only while this process is there")
    assert not found.exists(".runner/index.jsonl")


def test_what_a_killed_driver_did_not_hear_of_is_read(far: Any, project: Made) -> None:
    found = project({})
    one = Fake(found, SLOW.replace("@go", str(found.tmp / "go")), "kubernetes", Cluster)
    try:
        driver = one.begin()
        one.found.wait(lambda: any("containerStatuses" in pod["status"] for pod in one.cluster.kind("pods").values()))
        driver.kill()
        driver.communicate()
        env = {"KUBECONFIG": one.config()}
        assert one.found.cli("show", env=env).ok().says("lost").out.count("running") == 0
        (found.tmp / "go").touch()
        for process in one.cluster.running.values():
            process.wait()
        told = one.found.cli("show", "--json", env=env).ok()
        assert (told.statuses()["a"], told.nodes()["a"]["returns"]["x"]["json"]) == ("succeeded", 42)
        assert len(told.nodes()["a"]["attempts"]) == 1, "it has the same name here and there"
        one.cluster.silent = True
        one.found.cli("show", env=env).ok().says("warning[W712]", "what `", "a     succeeded")
    finally:
        one.cluster.close()


SLOW = """
name = "x"
[steps.a]
shell = 'while ! test -e @go; do sleep 0.05; done; echo x=42 >> "$RUNNER_RETURNS"'
returns = ["x"]
[steps.b]
needs = ["a"]
shell = 'true'
"""


def test_what_a_killed_follower_did_not_hear_of_is_read(far: Any) -> None:
    here = far(SLOW)
    follower = here.begin()
    here.found.wait(lambda: any(one["status"] for one in here.cluster.kind("pods").values()))
    follower.kill()
    follower.communicate()
    begun = [json.loads(line) for line in here.found.read(".runner/index.jsonl").splitlines()]
    here.found.write({".runner/index.jsonl": json.dumps({**begun[0], "own": None}) + "\n"})  # killed while it submits
    here.found.wait(lambda: here.store_has("*.start.json"))
    here.cli("show").ok().says("status    detached", "a     running", "b     waiting").silent("the run ended before")
    here.go.touch()
    here.wait()
    told = here.cli("show", "--json").ok()
    assert told.statuses() == {"a": "succeeded", "b": "succeeded"} and told.json()["status"] == "succeeded"
    assert [len(node["attempts"]) for node in told.nodes().values()] == [1, 1]


def test_a_workflow_that_goes_on_is_not_gone_on_with(far: Any) -> None:
    here = far(SLOW)
    name = here.detached()
    for words in (("--resume",), ("--resume", "--profile", "local")):
        here.up(*words).exits(4).says(f"error[E743]: `{name}` still runs in the cluster", f"`runner cancel {name}`")
    assert len(here.cluster.kind("workflows")) == 1

"""`runner doctor`: what is there, what is missing, what to do; and nothing that says who somebody is."""

from __future__ import annotations

import getpass
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.testing.argo.cluster import ArgoCluster
from runner.testing.fake import Fake
from runner.testing.golden import golden
from runner.testing.project import Outcome, Project
from runner.views.findings import Nameless

Made = Callable[..., Project]
GOLDENS = Path(__file__).parent / "doctor"
SECRET = "name = 'x'\n[steps.a]\nshell = 'true'\nsecrets = ['TOKEN']\n"


def told(said: Outcome, found: Project) -> str:
    """From the project on: what stands before it is another text on every machine."""
    text = said.out[said.out.index("\nok     project") + 1 :]
    return re.sub(r"[\d,]+ [GM]iB free", "31 GiB free", text.replace(str(found.base), "BASE"))


def test_a_fresh_folder(project: Made) -> None:
    found = project()
    golden(GOLDENS / "fresh.txt", told(found.cli("doctor").ok(), found))
    assert not found.files()


def test_the_machine(project: Made) -> None:
    said = project().cli("doctor", env={"CI": "true", "TERM": "dumb"}).ok()
    said.says(
        "ok     runner      runner-up ",
        ", Python 3.",
        "ok     machine     ",
        "stdout is no terminal, no colour, Unicode",
    )
    said.says("CI=true", "ok     programs    ")


def test_all_that_is_missing_is_told_at_once(project: Made) -> None:
    found = project(
        {
            "pipeline.toml": SECRET,
            ".runner/crash-20260101T000000Z-1.txt": "",
            ".runner/index.jsonl": '{"run": "1", "name": "calm-owl-1", "pid": 1, "born": "never"}\n',
            ".runner/schema/pipeline.json": "{}",
            "profiles/p.toml": '[catalog]\npath = "pipeline.toml/here"\n',
            "runner.toml": '[plugins]\nexecutors = { moon = "no_such.module:FLAVOR" }\n',
        }
    )
    said = found.cli("doctor", "--profile", "p").exits(4)
    golden(GOLDENS / "missing.txt", told(said, found))
    assert found.cli("doctor", "--profile", "p", "--json").exits(4).json()[-1]["state"] == "wrong"


def test_a_secret_is_told_by_its_name_alone(project: Made) -> None:
    said = project({"pipeline.toml": SECRET}).cli("doctor", env={"TOKEN": "s3cr3t-value"}).ok()
    said.says("ok     secrets     `TOKEN` can be had (env)").silent("s3cr3t-value")


def test_the_profile_is_looked_at_though_the_pipeline_is_wrong(project: Made) -> None:
    found = project({"pipeline.toml": "[steps.a]\nshell = 1\n"})
    said = found.cli("doctor", "--set", "executor.type=docker", env={"DOCKER_HOST": "unix:///none.sock"}).exits(4)
    said.says("wrong  pipeline    `pipeline.toml`: `shell` must be ", "= `runner check pipeline.toml` shows where")
    said.says("wrong  docker      no Docker Engine answers at `unix:///none.sock`: ")
    assert found.cli("doctor", "--profile", "pp").exits(3).says("E501")


def test_a_cluster(project: Made) -> None:
    pytest.importorskip("kubernetes")
    found = project()
    here: Any = Fake(found, SECRET, "argo", lambda at: ArgoCluster(at, found.root, found.environment()))
    try:
        here.cluster.put("secrets", {"metadata": {"name": "token"}, "data": {"TOKEN": ""}})
        more = ["--set", "secrets.type=kubernetes", "--set", "secrets.secret=token"]
        env = {"KUBECONFIG": here.config()}
        said = found.cli("doctor", "--profile", "k", *more, env=env).ok()
        said.says(f"ok     argo        Kubernetes v1.34.0 at {here.cluster.url}, namespace default")
        said.says("ok     secrets     `TOKEN` is looked for where steps run (kubernetes)")
        here.cluster.refuse.append(("GET workflows", 404, "the server could not find the requested resource"))
        here.cluster.delete("secrets", "token")
        said = found.cli("doctor", "--profile", "k", *more, env=env).exits(4)
        said.says("wrong  argo        the namespace `default` has no secret `token` (E735)")
    finally:
        here.cluster.close()


@pytest.mark.cluster
@pytest.mark.skipif(not os.environ.get("RUNNER_TEST_CLUSTER"), reason="RUNNER_TEST_CLUSTER is not set: no cluster")
def test_a_real_cluster(project: Made) -> None:
    pytest.importorskip("kubernetes")
    claim = os.environ.get("RUNNER_TEST_CLAIM", "runner-volume")
    more = [f"--set=volumes.data.claim={claim}", "--set=executor.image=box:1"]
    env = {"KUBECONFIG": os.environ["KUBECONFIG"]}
    said = project().cli("doctor", "--profile", "std:argo", *more, env=env).ok()
    said.says("ok     argo        Kubernetes v1.").silent("wrong")
    said = project().cli("doctor", "--profile", "std:argo", *more, "--set=executor.namespace=gone-1", env=env).exits(4)
    said.says("wrong  argo        the cluster has no namespace `gone-1` (E734)", "kubectl create namespace gone-1")


def test_names_of_people_are_taken_out() -> None:
    said = Nameless({"HOME": "/srv/ann"}, "ann")
    assert said("`/srv/ann/x` and /srv/annette") == "`~/x` and /srv/annette"
    assert said(f"/{'home'}/bob/p, /Users/eve: /mnt/ann/data") == "~/p, ~: /mnt/~/data"
    assert said("tcp://ann:pw@host:2375") == "tcp://~@host:2375"


def test_who_calls_is_in_no_line(project: Made) -> None:
    found = project()
    said = found.cli("doctor", "--json", env={"HOME": str(found.base)}).ok()
    assert str(found.base) not in said.out and "~/project" in said.out
    assert all(f"/{getpass.getuser()}/" not in one["what"] for one in json.loads(said.out))

"""On a real cluster: what was left to it is looked at, its files come back, and it is ended, all from this machine.

RUNNER_TEST_CLUSTER=1 turns it on, as for `test_argo_cluster`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.testing.argo.live import Workflows
from runner.testing.kubectl import kubectl
from runner.testing.project import Outcome, Project
from tests.conformance.test_argo_cluster import pytestmark

__all__ = ["pytestmark"]
BREAKS = """
name = "breaks"
[steps.a]
shell = 'echo hello; echo report > a.html; head -c 3000000 /dev/urandom > a.bin'
outputs = ["a.html", "a.bin"]
[steps.b]
shell = 'test -d /home/nobody-has && true || { test -e here.txt && cat a.html > b.txt; }'
inputs = ["a.html"]
outputs = ["b.txt"]
"""
SLOW = """
name = "slow"
[steps.a]
shell = 'echo on; exec sleep 300'
[steps.b]
needs = ["a"]
shell = 'true'
[finally.f]
shell = 'true'
"""


WORKFLOW = "workflows.argoproj.io/workflow"


class Left:
    """A project whose pipeline runs in the cluster, and nobody follows it."""

    def __init__(self, workflows: Workflows, base: Path, text: str) -> None:
        self.made = Project(base, {"pipeline.toml": text}).allow("tmp")
        workflows.profile(self.made)
        process = workflows.up(self.made, "--detach")
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        self.name = out.strip()
        self.workflow = workflows.name_of(self.made)

    def cli(self, *words: str) -> Outcome:
        return self.made.cli(
            *words, env={"KUBECONFIG": os.environ.get("KUBECONFIG") or os.path.expanduser("~/.kube/config")}
        )


@pytest.fixture(scope="module")
def workflows() -> Iterator[Workflows]:
    made = Workflows(
        os.environ.get("RUNNER_TEST_IMAGE", "runner-base:py311"), os.environ.get("RUNNER_TEST_CLAIM", "runner-volume")
    )
    yield made
    made.close()


def phases(workflow: str) -> set[str]:
    """Of the pods of a Workflow."""
    return set(kubectl("get", "pods", "-l", f"{WORKFLOW}={workflow}", "-o", "jsonpath={..status.phase}").split())


def test_runs_that_were_left_are_ended_looked_at_and_gone_on_with(workflows: Workflows, tmp_path: Path) -> None:
    slow = Left(workflows, tmp_path / "slow", SLOW)
    breaks = Left(workflows, tmp_path / "breaks", BREAKS)
    slow.made.wait(lambda: "Running" in phases(slow.workflow), 120)
    slow.cli("cancel").ok().says("ends what runs and then runs `[finally]`")

    workflows.ended(breaks.workflow)
    assert breaks.cli("show", "--json").ok().statuses() == {"a": "succeeded", "b": "failed"}
    assert breaks.cli("logs", "@last", "a").ok().out == "hello\n"
    breaks.cli("catalog", "get", "a.bin").ok()
    assert breaks.made.path("a.bin").stat().st_size == 3_000_000
    breaks.made.write({"here.txt": ""})
    breaks.cli("up", "--resume", "--profile", "local").ok().says("kept from", "succeeded b")
    assert breaks.made.read("b.txt") == "report\n"

    workflows.ended(slow.workflow)
    slow.made.wait(lambda: not {"Pending", "Running"} & phases(slow.workflow), 120)  # `[finally]` outlives it
    told = slow.cli("show", "--json").ok()
    assert told.statuses() == {"a": "cancelled", "b": "blocked", "f!finally": "succeeded"}
    assert told.json()["status"] == "cancelled"
    assert "runner-reader" not in kubectl("get", "pods", "-o", "name")

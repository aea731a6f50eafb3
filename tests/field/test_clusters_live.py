"""Reported in the field, on a real cluster: what nothing else can show. One run of each kind for all of them.

RUNNER_TEST_CLUSTER=1 turns them on, as those of `tests/conformance/test_kubernetes.py`. The image RUNNER_TEST_BARE
(that of the others) has a shell; a Python is brought along."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.testing.argo.live import Workflows
from runner.testing.jobs import Jobs
from runner.testing.project import Project
from tests.conformance.test_argo_cluster import argo_is_there
from tests.conformance.test_kubernetes import CLAIM, IMAGE, pytestmark

__all__ = ["pytestmark"]
Make = Callable[..., Project]
Table = dict[str, Any]
BARE = os.environ.get("RUNNER_TEST_BARE", IMAGE)
WORDS = ["$$A $(HOME) $$(HOME) {{workflow.name}}", "p$$w $(PATH) {{item}}"]
EAT = "python3 -c \"x = b'a' * 10**9\""
TEXT = f"""
name = "field"

[steps.dollars]
env = {{ X = "{WORDS[1]}" }}
shell = '''printf "%s\\n" "$X" "$TEAM"; command -v python3 > /dev/null'''

[steps.bare]
env = {{ X = "{WORDS[1]}" }}
[steps.bare.container]
image = "{BARE}"
command = ["sh", "-c", 'printf "%s\\n" "$0" "$X"']
args = ["{WORDS[0]}"]

[steps.writes]
inputs = ["in.txt"]
outputs = ["out.txt"]
returns = ["n"]
[steps.writes.container]
image = "{BARE}"
command = ["sh", "-c", 'read -r x < in.txt; echo "$x$x" > out.txt; echo "n=4" >> "$RUNNER_RETURNS"']

[steps.reads]
inputs = ["out.txt"]
params = ["n"]
shell = 'cat out.txt; echo "$RUNNER_PARAM_n"'
"""
MORE = f"""
[steps.eats]
resources = {{ memory = "64Mi" }}
shell = '''{EAT}'''

[steps.covers-it-up]
resources = {{ memory = "64Mi" }}
shell = '''{EAT} || exit 7'''

[steps.kills-itself]
resources = {{ memory = "64Mi" }}
shell = 'kill -9 $$'

[steps.talks]
shell = '''
echo first
python3 -c "
line = 'x' * 99
for _ in range(600_000):
    print(line)"
echo last
exit 3'''
"""
SIDECAR = '{ name = "proxy", image = "IMAGE", imagePullPolicy = "IfNotPresent", command = ["sleep", "infinity"] }'
SET = ("--set", "executor.env.TEAM='a$$b $(HOME)'")


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A pipeline of all steps that has run as Jobs, each beside a container of somebody else's that does not end."""
    cluster = Jobs(IMAGE, CLAIM)
    made = Project(tmp_path_factory.mktemp("jobs"), {"pipeline.toml": TEXT + MORE, "in.txt": "hi\n"})
    try:
        cluster.profile(made)
        text = made.read("profiles/k.toml").replace("pod.containers = [", f"pod.containers = [{SIDECAR}, ")
        made.write({"profiles/k.toml": text.replace("IMAGE", IMAGE)})
        cluster.up(made, *SET).exits(1)
        assert cluster.left(made) == ""
        yield made
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def workflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The same, but for what fails, as a Workflow."""
    if not argo_is_there():
        pytest.skip("there is no Argo here")
    workflows = Workflows(IMAGE, CLAIM)
    made = Project(tmp_path_factory.mktemp("workflow"), {"pipeline.toml": TEXT, "in.txt": "hi\n"})
    try:
        workflows.profile(made)
        _, err = workflows.up(made, *SET).communicate(timeout=170)
        assert "succeeded" in err, err
        yield made
    finally:
        workflows.close()


def nodes(made: Project) -> dict[str, Table]:
    return made.cli("show", "@last", "--json").ok().nodes()


def log(made: Project, step: str) -> str:
    return made.cli("logs", "@last", step).ok().out


def dollars(made: Project) -> None:
    assert log(made, "dollars").splitlines() == [WORDS[1], "a$$b $(HOME)"]
    assert log(made, "bare").splitlines() == WORDS
    assert log(made, "reads").splitlines() == ["hihi", "4"]


def test_field_c10_dollars_in_args(jobs: Project) -> None:
    dollars(jobs)


def test_field_c10_dollars_in_args_of_a_workflow(workflow: Project) -> None:
    dollars(workflow)


def test_field_c7_foreign_sidecar(jobs: Project) -> None:
    """It is beside every step, and none waited for it: the fixture has seen all pods go."""
    found = nodes(jobs)
    assert [found[label]["status"] for label in ("dollars", "bare", "writes", "reads")] == ["succeeded"] * 4


def test_field_c12_logs_after_the_pod(jobs: Project) -> None:
    """60 MB, more than a node keeps; the pod is gone."""
    node = nodes(jobs)["talks"]
    (attempt,) = node["attempts"]
    assert (attempt["status"], attempt["exit"]) == ("failed", 3)
    assert attempt["log"]["bytes"] >= 60_000_000 or attempt["log"]["truncated"]
    lines = log(jobs, "talks").splitlines()
    assert sum("bytes are left out here" in line for line in lines) == 1
    assert lines[0] == "first" and lines[-1] == "last"


def test_field_c13_memory_told(jobs: Project) -> None:
    found = nodes(jobs)
    assert [(found[name]["status"], found[name]["reason"]) for name in ("eats", "covers-it-up", "kills-itself")] == [
        ("failed", "oom"), ("failed", "exit"), ("failed", "signal"),
    ]  # fmt: skip
    assert "64Mi" in jobs.cli("show", "@last", "eats").out
    assert found["covers-it-up"]["attempts"][-1]["exit"] == 7
    assert "memory" in jobs.cli("show", "@last", "covers-it-up").out

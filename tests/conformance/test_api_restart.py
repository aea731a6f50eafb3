"""An API server that goes and comes again while runs are followed: nothing is lost, and nothing is done twice.

As `test_argo_cluster`; RUNNER_TEST_RESTART is a command that stops the API server and starts it again."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable

import pytest

from runner.testing.argo.live import Workflows
from runner.testing.jobs import Jobs
from runner.testing.project import Project

IMAGE = os.environ.get("RUNNER_TEST_IMAGE", "runner-base:py311")
CLAIM = os.environ.get("RUNNER_TEST_CLAIM", "runner-volume")
RESTART = os.environ.get("RUNNER_TEST_RESTART", "")
pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        not (os.environ.get("RUNNER_TEST_CLUSTER") and RESTART),
        reason="RUNNER_TEST_CLUSTER or RUNNER_TEST_RESTART is not set: no cluster, or no way to restart its API server",
    ),
]
ALONE = True
TEXT = """
name = "x"
[steps.a]
shell = 'sleep 15; echo "n=2" >> "$RUNNER_RETURNS"; echo hello'
returns = ["n"]
[steps.b]
params = ["n"]
shell = 'test "$RUNNER_PARAM_n" = 2'
"""


def test_runs_outlive_a_restart_of_the_api_server(project: Callable[..., Project]) -> None:
    jobs, workflows = Jobs(IMAGE, CLAIM), Workflows(IMAGE, CLAIM)
    try:
        here, there = project({"pipeline.toml": TEXT}), project({"pipeline.toml": TEXT})
        workflows.profile(there)
        running = {here: jobs.begin(here), there: workflows.up(there)}
        jobs.running(here)
        workflows.running(there, "a")
        subprocess.run(shlex.split(RESTART), check=True, capture_output=True, timeout=120)
        for made, process in running.items():
            _, err = process.communicate(timeout=180)
            assert process.returncode == 0, err
            nodes = made.cli("show", "@last", "--json").ok().nodes()
            assert {label: len(node["attempts"]) for label, node in nodes.items()} == {"a": 1, "b": 1}
            assert made.cli("logs", "@last", "a").ok().out == "hello\n"
        assert jobs.left(here) == ""
    finally:
        jobs.close()
        workflows.close()

"""A plan as commands that follow each other: `execute-part` makes of every shape what a driver makes of it (R9)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from runner.run.fold import projection
from runner.run.parts import files, parts
from runner.testing.conformance import Executors
from runner.testing.flows import folded
from runner.testing.project import Project
from runner.testing.shapes import Shape

STORES = ("--set", "run-log.type=chunked-fs", "--set", "run-log.path=log", "--set", "catalog.path=blobs")


def ran(found: Project, *only: str) -> tuple[dict[str, Any], dict[str, int]]:
    """The Run of the parts of a project's pipeline, one process after the other, and their exit codes."""
    plan = json.loads(found.cli("plan", "pipeline.toml", *STORES, "--set", "executor.type=emulated", "--json").ok().out)
    home = found.path("agent")
    home.mkdir(exist_ok=True)
    for name, data in files(plan).items():
        (home / name).write_bytes(data)
    codes = {}
    for part in parts(plan, str(home), "r-1", sys.executable):
        if not only or part.about in only:
            done = subprocess.run(part.argv, cwd=found.root, env=found.environment(), capture_output=True, text=True)
            codes[part.about] = done.returncode
            assert done.returncode in (0, 1, 75), done.stderr
    return folded(found, "pipeline.toml", *STORES, "--set", "executor.type=emulated", run="r-1"), codes


class TestParts(Executors):
    test_what_steps_print_is_kept_and_what_takes_too_long_is_stopped = None  # the orchestrator's business

    def run(self, found: Project, shape: Shape) -> Any:
        run, codes = ran(found)
        assert codes["finally"] == shape.code
        assert run["status"] == ("failed" if shape.code else "succeeded")
        return run


DYNAMIC = """
name = "x"
[steps.list]
shell = 'printf "p\\nq\\n" > list.txt; echo "k=[1,2]" >> "$RUNNER_RETURNS"; echo "$PPID" >> pids.txt'
outputs = ["list.txt"]
returns = ["k"]
[steps.lines]
for-each = { line = { file = "list.txt" } }
shell = 'test "$RUNNER_PARAM_line" = p'
tolerate = 1
[steps.rounds]
repeat = { until = "v == 2", max = 3, as = "r" }
shell = 'echo "v=$RUNNER_PARAM_r" >> "$RUNNER_RETURNS"'
returns = ["v"]
[steps.each]
for-each = { i = "${k}" }
when = "i > 1"
shell = "true"
[finally.tell]
shell = 'test "$RUNNER_RUN_STATUS" = succeeded'
"""


def test_what_only_the_run_knows_is_decided_by_parts(project: Callable[..., Project]) -> None:
    here = project({"pipeline.toml": DYNAMIC}).cli("up", "--isolate", "--json").json()
    run, codes = ran(project({"pipeline.toml": DYNAMIC}))
    assert projection(run) == projection(here)
    assert set(codes.values()) == {0}


def test_a_part_that_is_begun_again_does_nothing_twice(project: Callable[..., Project]) -> None:
    found = project({"pipeline.toml": DYNAMIC})
    once, _ = ran(found, "list", "rounds")
    again, codes = ran(found)
    assert codes["list"] == codes["rounds"] == 0
    for label in ("list", "rounds#1"):
        nodes = [{node["label"]: node for node in run["nodes"].values()} for run in (once, again)]
        assert nodes[0][label]["attempts"] == nodes[1][label]["attempts"]

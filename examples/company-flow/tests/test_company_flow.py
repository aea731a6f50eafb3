"""Flows come to what every executor's runs come to: rendered, and run by the engine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from runner.testing.conformance import Executors
from runner.testing.flows import folded
from runner.testing.project import Project
from runner.testing.shapes import Shape

ENGINE = Path(__file__).parents[1] / "engine" / "flow_engine.py"
PROFILE = f"""
extends = "company_flow:flow"
[executor]
team = "research"
python = "{sys.executable}"
[volumes.storage]
mount = "{{root}}/storage"
[run-log]
path = "{{root}}/storage/runs"
[catalog]
path = "{{root}}/storage/catalog"
"""
HERE = PROFILE.replace("{root}", "/mnt")
PIPELINE = """
name = "x"
[steps.a]
resources = { cpu = 8 }
shell = "true"
[steps.b]
after = ["a"]
shell = "true"
"""


class TestCompanyFlow(Executors):
    profile = PROFILE
    test_what_steps_print_is_kept_and_what_takes_too_long_is_stopped = None  # the engine knows no limits

    def run(self, found: Project, shape: Shape) -> Any:
        words = self.chosen(found)
        found.cli("render", "pipeline.toml", *words, "-o", "out").ok()
        engine = [sys.executable, str(ENGINE), "out/flow.yaml", "--run", "nightly-1"]
        done = subprocess.run(engine, cwd=found.root, env=found.environment(), capture_output=True, text=True)
        assert done.returncode == shape.code, done.stdout + done.stderr
        return folded(found, "pipeline.toml", *words, run="nightly-1")


def test_a_flow_says_what_the_engine_asks_for(project: Callable[..., Project]) -> None:
    found = project({"pipeline.toml": PIPELINE, "flow.toml": HERE})
    flow = yaml.safe_load(found.cli("render", "--profile", "flow", env={"USER": "ann"}).ok().out)
    assert (flow["team"], flow["alerts"]) == ("research", {"failed": "ann@company.example"})
    a, b, last = flow["tasks"]
    assert (a["machine"], b["machine"]) == ("large", "small")
    assert (b["after"], last["after"]) == ([a["task"]], [a["task"], b["task"]])


def test_what_the_engine_cannot_do_is_said_at_the_line_that_asks(project: Callable[..., Project]) -> None:
    found = project({"pipeline.toml": PIPELINE.replace("cpu = 8", "gpu = 1"), "flow.toml": HERE})
    said = found.cli("check", "--profile", "flow").exits(3)
    said.says("E610", "`company-flow` can't run steps with a GPU", "pipeline.toml:3:")
    found.cli("up", "--profile", "flow").exits(3)


def test_up_says_that_flows_are_rendered(project: Callable[..., Project]) -> None:
    found = project({"pipeline.toml": PIPELINE, "flow.toml": HERE})
    found.cli("up", "--profile", "flow").exits(4).says("E752", "runner render")

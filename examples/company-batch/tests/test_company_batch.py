"""The executor passes what every executor passes; what is its own: tags, costs, a job that is lost."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.request import urlopen

import pytest

from runner.testing.conformance import Executors
from runner.testing.project import Project

PIPELINE = """
name = "x"
[steps.a]
resources = { cpu = 2 }
shell = "echo hello > a.txt"
outputs = ["a.txt"]
[steps.b]
inputs = ["a.txt"]
command = ["cat", "a.txt"]
"""


class TestCompanyBatch(Executors):
    @pytest.fixture(autouse=True)
    def _profile(self, batch: Any) -> None:
        self.profile = batch.profile()


def test_jobs_bear_tags_and_each_step_has_its_cost(project: Callable[..., Project], batch: Any) -> None:
    found = project({"pipeline.toml": PIPELINE, "batch.toml": batch.profile()})
    found.cli("up", "--profile", "batch", env={"USER": "ann"}).ok()
    assert found.cli("logs", "@last", "b").ok().out == "hello\n"
    with urlopen(f"{batch.url}/history") as answer:
        *_, one, two = json.load(answer)
    assert (one["cpu"], two["cpu"], one["queue"]) == (2, 1, "nightly")
    assert (
        one["tags"].items()
        >= {"owner": "ann", "data-class": "internal", "cost-center": "research", "step": "a"}.items()
    )
    costs = [json.loads(line) for line in (batch.here / "runs" / "costs.jsonl").read_text().splitlines()]
    assert [(cost["step"], cost["status"]) for cost in costs[-2:]] == [("a", "succeeded"), ("b", "succeeded")]


def test_compliance_refuses_and_the_run_says_who(project: Callable[..., Project], batch: Any) -> None:
    found = project({"pipeline.toml": PIPELINE, "batch.toml": batch.profile() + '[executor.tags]\nowner = ""\n'})
    found.cli("up", "--profile", "batch").exits(3)  # a tag may not be empty: the settings class says so


def test_storage_that_this_machine_does_not_see_is_refused(project: Callable[..., Project], batch: Any) -> None:
    profile = batch.profile().replace(f'here = "{batch.here}"\n', "")
    found = project({"pipeline.toml": PIPELINE, "batch.toml": profile})
    found.cli("check", "--profile", "batch").ok()
    found.cli("up", "--profile", "batch").exits(4).says("E751", '`here = "PATH"`')
    found.write({"batch.toml": profile.replace("/runs", "/elsewhere").replace(str(batch.mount), "/nowhere", 1)})
    found.cli("check", "--profile", "batch").exits(3).says("E613")


def test_a_job_that_goes_without_a_record_is_tried_again(project: Callable[..., Project], batch: Any) -> None:
    text = """
name = "x"
[steps.a]
shell = 'test -e "$MARK" || { touch "$MARK"; kill -9 $PPID; }'
env = { MARK = "${env.MARK}" }
"""
    found = project({"pipeline.toml": text, "batch.toml": batch.profile()})
    run = found.cli("up", "--profile", "batch", "--json", env={"MARK": str(found.path("mark"))}).ok()
    first, second = run.nodes()["a"]["attempts"]
    assert (first["reason"], second["status"]) == ("lost", "succeeded")

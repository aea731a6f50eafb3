"""`--only --from --until --tag`: what runs, what is taken from an earlier run, what is missing (N1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Project

Made = Callable[..., Project]

PIPELINE = """
name = "select"
[steps.a]
shell = 'echo a >> log; echo "n=1" >> $RUNNER_RETURNS'
returns = ["n"]
[steps.b]
tags = ["slow"]
shell = 'echo "b $RUNNER_PARAM_n" >> log; echo "m=$((RUNNER_PARAM_n + 1))" >> $RUNNER_RETURNS'
params = ["n"]
returns = ["m"]
[steps.c]
shell = 'echo "c $RUNNER_PARAM_m" >> log'
params = ["m"]
[steps.other]
shell = "echo other >> log"
"""


def log(found: Project) -> list[str]:
    lines = found.read("log").splitlines()
    found.path("log").unlink()
    return sorted(lines)


@pytest.mark.parametrize(
    ("words", "ran"),
    [
        (["--only", "c"], ["c 2"]),
        (["--only", "a", "--only", "other"], ["a", "other"]),
        (["--from", "b"], ["b 1", "c 2"]),
        (["--until", "b"], ["a", "b 1"]),
        (["--from", "b", "--until", "b"], ["b 1"]),
        (["--tag", "slow"], ["b 1"]),
    ],
    ids=" ".join,
)
def test_n1_unselected_steps_do_not_run_and_their_results_are_taken(
    project: Made, words: list[str], ran: list[str]
) -> None:
    found = project({"pipeline.toml": PIPELINE})
    found.cli("up").ok()
    log(found)
    found.cli("up", *words).ok()
    assert log(found) == ran


def test_n1_exit_2_names_what_no_run_has(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE})
    found.cli("up", "--only", "c").exits(2).says("E925", "`b`")
    assert not found.exists("log") and not found.exists(".runner/index.jsonl")


def test_n1_an_unknown_step_or_tag_is_told_with_a_near_name(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE})
    found.cli("up", "--only", "othr").exits(2).says("E921", "did you mean `other`?")
    found.cli("up", "--tag", "slo").exits(2).says("E922", "did you mean `slow`?")


def test_n1_results_are_taken_from_the_newest_run_that_has_them(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE})
    found.cli("up").ok()
    found.cli("up", "--only", "other").ok()
    found.cli("up", "--only", "c").ok()
    run = found.cli("show", "@last", "--json").ok().json()
    told: dict[str, Any] = {entry["path"]: entry for entry in run["nodes"].values()}
    assert "c" in told and told["c"]["status"] == "succeeded"


def test_n1_a_group_is_selected_with_all_inside_it_and_an_inner_step_with_the_groups_around(project: Made) -> None:
    text = """
name = "groups"
[steps.g.steps.x]
shell = "echo x >> log"
[steps.g.steps.y]
needs = ["x"]
shell = "echo y >> log"
[steps.h]
needs = ["g"]
shell = "echo h >> log"
"""
    found = project({"pipeline.toml": text})
    found.cli("up").ok()
    log(found)
    found.cli("up", "--only", "g").ok()
    assert log(found) == ["x", "y"]
    found.cli("up", "--only", "g.y").ok()
    assert log(found) == ["y"]
    found.cli("up", "--from", "g.y").ok()
    assert log(found) == ["h", "y"]


def test_a_buffered_run_can_not_be_looked_at_afterwards(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE})
    found.cli("up", "--set", "run-log.type=buffered").ok()
    found.cli("show").exits(4).says("E706")

"""The shipped profiles can be used by every pipeline."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

PROFILES = sorted(path.stem for path in Path(__file__).resolve().parent.parent.glob("stdlib/profiles/*.toml"))

PIPELINE = """
    name = "any"

    [steps.only]
    shell = "echo done"
"""


@pytest.mark.parametrize("name", PROFILES)
def test_a_shipped_profile_passes_check(project: Callable[..., Project], name: str) -> None:
    made = project({"pipeline.toml": PIPELINE})
    made.cli("check", "pipeline.toml", "--profile", f"std:{name}").ok().silent("error", "warning")


def test_a_profile_may_extend_a_shipped_one(project: Callable[..., Project]) -> None:
    mine = 'extends = "std:local"\n\n[steps.only]\ntimeout = "1m"\n'
    made = project({"pipeline.toml": PIPELINE, "profiles/mine.toml": mine})
    made.run("up", "pipeline.toml", "--profile", "mine").ok()
    made.run("logs", "@last", "only").ok().says("done")


def test_a_shipped_profile_that_is_not_there(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": PIPELINE})
    made.cli("check", "pipeline.toml", "--profile", "std:lokal").exits(3).says("lokal")

"""Stores that can't be reached are told before anything runs, at the line that names them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from runner.testing.project import Project

Made = Callable[..., Project]
PIPELINE = 'name = "x"\n[steps.a]\noutputs = ["o"]\nshell = "echo 1 > o"\n'


@pytest.mark.parametrize(
    ("service", "type", "code"),
    [("run-log", "file-system", "E702"), ("run-log", "chunked-fs", "E702"), ("catalog", "file-system", "E703")],
)
def test_a_store_that_can_not_be_written_is_told_at_its_line(project: Made, service: str, type: str, code: str) -> None:
    profile = f'[{service}]\ntype = "{type}"\npath = "in-the-way/store"\n'
    found = project({"pipeline.toml": PIPELINE, "profiles/p.toml": profile, "in-the-way": "a file"})
    outcome = found.cli("up", "--profile", "p").exits(4)
    outcome.says(code, " --> profiles/p.toml:3:8", "in-the-way/store")
    assert not found.exists("o") and not found.exists(".runner/index.jsonl")


def test_a_store_that_is_built_in_is_told_without_a_place(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE, ".runner/catalog": "a file"})
    found.cli("up").exits(4).says("E703", ".runner/catalog")

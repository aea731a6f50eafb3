"""Every block of TOML in the pages is right: a pipeline passes `check`, anything else is TOML."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

TOP = Path(__file__).resolve().parent.parent
PAGES = sorted([*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"), *TOP.glob("examples/**/*.md")])
FENCED = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(block, id=f"{page.relative_to(TOP)}:{number}")
    for page in PAGES
    for number, block in enumerate(FENCED.findall(page.read_text("utf-8")), 1)
]


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_of_toml_is_right(project: Callable[..., Project], block: str) -> None:
    if {"steps", "job"} & tomllib.loads(block).keys():
        project({"pipeline.toml": block}).cli("check", "pipeline.toml").ok().silent("error", "warning")


@pytest.mark.parametrize("block", BLOCKS)
def test_a_pipeline_of_the_pages_runs(project: Callable[..., Project], block: str) -> None:
    if {"steps", "job"} & tomllib.loads(block).keys():
        project({"pipeline.toml": block}).run("up", "pipeline.toml").ok()


def test_links_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(TOP)}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken

"""Every block of TOML in the pages is right: a pipeline passes `check` and runs, a profile passes `check`, anything
else is TOML.

A block that begins with `# PATH.toml` is that file: it lies beside the other blocks of its page that have such a line.
The tutorial has a test of its own: it is typed from its beginning to its end.
"""

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
NAMED = re.compile(r"# (\S+\.toml)\n")
BLOCKS = [
    pytest.param(block, page, id=f"{page.relative_to(TOP)}:{number}")
    for page in PAGES
    if page.name != "tutorial.md"
    for number, block in enumerate(FENCED.findall(page.read_text("utf-8")), 1)
]


def files(block: str, page: Path) -> tuple[str, dict[str, str]]:
    """The file that a block is, and all files beside it."""
    named = {name[1]: each for each in FENCED.findall(page.read_text("utf-8")) if (name := NAMED.match(each))}
    found = NAMED.match(block)
    return (found[1], named) if found else ("pipeline.toml", {"pipeline.toml": block})


@pytest.mark.parametrize(("block", "page"), BLOCKS)
def test_a_block_of_toml_is_right(project: Callable[..., Project], block: str, page: Path) -> None:
    file, beside = files(block, page)
    ours = page.name != "executors.md"  # its profiles are for executors that one writes oneself
    if (file.startswith("profiles/") and ours) or {"steps", "job"} & tomllib.loads(block).keys():
        project(beside).cli("check", file).ok().silent("error", "warning")


@pytest.mark.parametrize(("block", "page"), BLOCKS)
def test_a_pipeline_of_the_pages_runs(project: Callable[..., Project], block: str, page: Path) -> None:
    file, beside = files(block, page)
    if not file.startswith("profiles/") and {"steps", "job"} & tomllib.loads(block).keys():
        project(beside).run("up", file).ok()


def test_links_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(TOP)}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken

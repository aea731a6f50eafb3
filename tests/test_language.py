"""The examples in the description of the language pass `check`; `tests/language` has them with stubs around."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

EXAMPLES = Path(__file__).parent / "language"
SECTIONS = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir())


@pytest.fixture
def example(project: Callable[..., Project]) -> Callable[[str], Project]:
    def copied(name: str) -> Project:
        made = project()
        shutil.copytree(EXAMPLES / name, made.root, dirs_exist_ok=True)
        return made

    return copied


@pytest.mark.parametrize("name", SECTIONS)
def test_the_examples_of_the_language_pass_check(example: Callable[[str], Project], name: str) -> None:
    outcome = example(name).cli(
        "check", "pipeline.toml", env={"SLACK_URL": "x", "WAREHOUSE_DSN": "x", "NOTIFY_TOKEN": "x"}
    )
    outcome.ok().silent("error[")


@pytest.mark.parametrize("name", SECTIONS)
def test_the_examples_of_the_language_have_a_plan(example: Callable[[str], Project], name: str) -> None:
    made = example(name)
    files = made.files()
    assert made.cli("plan", "pipeline.toml", "--json").ok().json()
    assert made.files() == files


def test_the_order_of_the_penguins_is_inferred(example: Callable[[str], Project]) -> None:
    drawn = example("section1-penguins").cli("graph", "pipeline.toml", "--format", "mermaid").ok().out
    for step in ("fetch", "clean", "train", "report"):
        assert step in drawn


def test_a_missing_stub_is_noticed(example: Callable[[str], Project]) -> None:
    made = example("section4-variants")
    made.path("data/genome.fa").unlink()
    made.cli("check", "pipeline.toml").exits(3).says("pipeline.toml:15", "${genome}")

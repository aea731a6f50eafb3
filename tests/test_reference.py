"""The pages of docs/reference are made from the code, and lack nothing of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.cli import VERBS, help_text
from runner.reference.__main__ import files
from runner.text.catalogue import CODES
from runner.views.exits import EXITS

TOP = Path(__file__).resolve().parent.parent
PAGES = files()
WRITTEN = re.compile(r"\bRUNNER_[A-Z]+(?:_[A-Z]+)*(?![A-Z])")
MADE_UP = {"RUNNER_UP_RUN", "RUNNER_FAILED", "RUNNER_PARAM", "RUNNER_UP", "RUNNER_UP_SET"}  # beginnings of names


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_fresh(path: str) -> None:
    assert (TOP / path).read_text("utf-8") == PAGES[path], "run `make reference`"


def test_every_verb_and_every_code_is_told() -> None:
    cli, errors = PAGES["docs/reference/cli.md"], PAGES["docs/reference/errors.md"]
    assert not [verb for verb in VERBS if not re.search(rf"^## {verb}\b", cli, re.MULTILINE)]
    assert not [code for code in CODES if f"### {code}\n" not in errors]


def test_a_variable_of_two_verbs_means_one_thing() -> None:
    """`RUNNER_UP_OUTPUT=plain`, set once for all, is a view, and no folder that another verb would write to."""
    assert "`RUNNER_UP_OUTPUT` | `up`, `retry` |" in PAGES["docs/reference/environment.md"]


def test_every_exit_code_of_the_help_is_told() -> None:
    listed = re.findall(r"\d+", help_text().partition("exit codes:")[2])
    assert {int(number) for number in listed} <= {number for number, _, _ in EXITS}


def test_every_variable_that_a_step_finds_is_told() -> None:
    sources = [path.read_text("utf-8") for path in (TOP / "runner" / "agent").glob("*.py")]
    told = set(WRITTEN.findall(PAGES["docs/reference/environment.md"]))
    assert not {name for text in sources for name in WRITTEN.findall(text)} - told - MADE_UP

"""Warnings about what was surely meant otherwise: quiet wherever it may be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from runner.commands.check import problems_of
from runner.resolve.ask import Ask
from runner.testing.mutate import TOP, seeds

HERE = {"W612"}  # a folder that is made before the example runs


@pytest.mark.parametrize("folder", sorted(path.parent.name for path in (TOP / "examples").glob("*/pipeline.toml")))
def test_examples_have_no_warning(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(TOP / "examples" / folder)
    assert {problem.code for problem in problems_of(Ask(Path("pipeline.toml"), None))} <= HERE


def test_blocks_of_the_guides_have_no_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = []
    for seed in seeds():
        if seed.folder is None and seed.role == "pipeline" and not seed.name.startswith("docs/reference"):
            Path("pipeline.toml").write_text(seed.text, encoding="utf-8")
            try:
                found = problems_of(Ask(Path("pipeline.toml"), None))
            except Exception:  # a profile, or part of one
                continue
            said += [(seed.name, problem) for problem in found if problem.severity == "warning"]
    assert not [entry for entry in said if entry[1].code not in {*HERE, "W102", "W318"}]


QUIET = [
    # the shared parts of an included file may be for other pipelines
    ("include = ['more.toml']\n[steps.a]\nshell = 'true'\n",
     "[handlers.h]\nshell = 'x'\n[templates.t]\ntimeout = '1h'\n"),
    # a script takes all that is in scope, by its environment
    ("[params]\nn = 1\n[steps.a]\ncommand = ['./train']\n", ""),
    # switched off
    ("[steps.a]\nwhen = 'false'\nshell = 'true'\n", ""),
    # one run, said on purpose
    ("[steps.a]\nretry = { attempts = 1 }\nshell = 'true'\n", ""),
    # a list that a profile may make longer
    ("[params]\nxs = [1]\n[steps.a]\nfor-each = { x = '${xs}' }\ntolerate = 1\nshell = 'true'\n", ""),
    # a parameter that steers the plan alone
    ("[params]\nn = 1\nm = 2\n[steps.a]\nparams = []\nmax-parallel = '${n}'\nfor-each = { i = { range = '${m}' } }\n"
     "shell = 'true'\n", ""),
    # no secret
    ("[params]\nmax_tokens = 100\nkey = 'island'\ntoken = ''\n[steps.a]\nshell = 'true'\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "more"), QUIET)
def test_what_may_be_meant_is_not_warned_of(
    text: str, more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pipeline.toml").write_text(text)
    Path("more.toml").write_text(more)
    assert problems_of(Ask(Path("pipeline.toml"), None)) == []


CACHED = """
defaults = { cache = true }
[steps.a]
shell = 'date'
on-failure = 'h'
[steps.b]
shell = 'date'
[handlers.h]
shell = 'date'
[finally.last]
shell = 'date'
"""


def test_one_line_is_warned_of_once_for_all_steps_that_have_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers and `[finally]` ask no cache, so there is nothing to warn of."""
    monkeypatch.chdir(tmp_path)
    Path("pipeline.toml").write_text(CACHED, encoding="utf-8")
    (found,) = problems_of(Ask(Path("pipeline.toml"), None))
    assert (found.code, "`a`" in found.message) == ("W318", True)
    assert [(place.line, words) for place, words in found.related] == [(6, "so is `b`")]

"""`check` of one file: all problems at once, at their places; plug-ins are known without being asked for."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from runner.model.check import check
from runner.text.diagnostics import Diagnostic
from runner.text.document import load
from runner.text.sources import Sources

STEP = '[steps.a]\nshell = "true"\n'
PLUGIN = """
import attrs
from runner.model.forms import PlainText, Positive, key

class Batch:
    '''Runs steps on the company's machines.'''

    @attrs.frozen(kw_only=True)
    class Settings:
        '''Settings.'''
        queue: PlainText | None = key("Where jobs wait.")
        slots: Positive | None = key("Jobs at once.")
"""


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)

    def of(text: str, kind: str = "pipeline", **more: Any) -> list[Diagnostic]:
        (tmp_path / "in.toml").write_text(text, encoding="utf-8")
        return check(load("in.toml", Sources(tmp_path)), kind, **more)

    return of


def codes(found: list[Diagnostic]) -> list[str]:
    return [problem.code for problem in found]


def test_a_valid_file_has_no_problems(problems: Any) -> None:
    assert problems(STEP) == []
    assert problems('[job]\nshell = "true"\n', "job") == []
    assert problems('extends = "local"\n', "profile") == []
    assert problems('profile = "dev"\n', "project") == []


def test_an_included_file_needs_no_steps_and_has_no_name(problems: Any) -> None:
    assert problems("[params]\nx = 1\n", "included") == []
    assert problems('include = ["more.toml"]\n') == []
    assert codes(problems('name = "x"\n', "included")) == ["E230"]


def test_all_problems_come_at_once_in_file_order(problems: Any) -> None:
    found = problems('timeout = 3\n[steps.b]\nshel = "x"\n[steps.a]\nshell = 1\nneeds = "b"\n')
    assert [problem.place.line for problem in found] == [1, 3, 5, 6]


def test_n7_a_name_is_no_word_of_the_language(problems: Any) -> None:
    for word in ["steps", "run", "env", "git", "true", "false", "none"]:
        assert codes(problems(f"{STEP}[params]\n{word} = 1\n")) == ["E245"]
        assert codes(problems(f'{STEP}returns = ["{word}"]\n')) == ["E245"]
    assert problems('[steps.run]\nshell = "true"\n') == []  # a step is always `steps.run`


def test_n10_what_must_be_known_before_the_run_may_be_a_whole_reference(problems: Any) -> None:
    assert problems(f'{STEP}timeout = "${{t}}"\ntags = []\nresources = {{ cpu = "${{n}}", memory = "${{m}}" }}\n') == []
    assert codes(problems(f'{STEP}retry = {{ attempts = "${{n}} times" }}\n')) == ["E238"]


def test_n34_a_profile_sets_only_its_keys(problems: Any) -> None:
    for key, value in {
        "shell": '"x"',
        "needs": "[]",
        "when": '"true"',
        "for-each": "{}",
        "inputs": "[]",
        "tags": "[]",
    }.items():
        assert codes(problems(f"[steps.a]\n{key} = {value}\n", "profile")) == ["E231"]
    allowed = 'timeout = "1m"\nbatch = 2\ntolerate = 1\nmax-parallel = 2\n'
    allowed += 'params = { x = 1 }\nunset = ["env.A"]\nprofile = "big"\n'
    assert problems(f"[steps.a]\n{allowed}", "profile") == []
    assert codes(problems('[steps.a]\nparams = ["x"]\n', "profile")) == ["E238"]


def test_nan_can_stand_nowhere(problems: Any) -> None:
    found = problems(f"[params]\na = nan\nb = [1.0, -inf]\nc = {{ d = inf }}\n{STEP}")
    assert codes(found) == ["E247"] * 3
    assert codes(problems(f"{STEP}retry = {{ factor = inf }}\n")) == ["E238"]


def test_text_that_only_looks_like_nan_is_fine(problems: Any) -> None:
    assert problems(f'[params]\nname = "nan and inf"\n{STEP}') == []


def test_a_mistake_deep_in_nested_steps_is_found(problems: Any) -> None:
    head = ".".join(["steps.s"] * 30)
    found = problems(f'[{head}]\nshel = "x"\n')
    assert codes(found) == ["E230"]
    assert found[0].place.line == 2


def test_a_plug_in_of_the_project_brings_its_settings(
    problems: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "company_batch.py").write_text(PLUGIN, encoding="utf-8")
    (tmp_path / "runner.toml").write_text('[plugins.executors]\nbatch = "company_batch:Batch"\n', encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        assert problems('[executor]\ntype = "batch"\nqueue = "night"\nslots = 3\n', "profile") == []
        found = problems('[executor]\ntype = "batch"\nqeue = "night"\nslots = 0\n', "profile")
        assert [(problem.code, problem.hint) for problem in found] == [
            ("E230", "did you mean `queue`?"),
            ("E241", None),
        ]
        # a profile that extends another may speak of the other's executor
        assert problems('extends = "night"\n[executor]\nslots = 3\n', "profile") == []
    finally:
        sys.modules.pop("company_batch", None)


def test_a_broken_plug_in_is_a_diagnostic(problems: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_batch.py").write_text("import nothing_of_that_name\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    plugins = {"executors": {"batch": "broken_batch:Batch"}}
    found = problems('[executor]\ntype = "batch"\n', "profile", plugins=plugins)
    assert "E802" in codes(found)
    assert "broken_batch:Batch` of runner.toml" in found[0].message
    assert "nothing_of_that_name" in found[0].message


def test_a_schema_can_be_given(problems: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "additionalProperties": False,
        "definitions": {},
    }
    assert problems("a = 1\n", schema=schema) == []
    assert codes(problems("b = 1\n", schema=schema)) == ["E230"]


def test_files_that_mistake_everything_do_not_crash(problems: Any) -> None:
    for value in ("3", '"x"', "[]", "[[]]", "{}", "true", "1979-05-27", "{ a = { b = 1 } }", "[{ a = 1 }]", "[1, 'a']"):
        for key in (
            "steps",
            "job",
            "params",
            "types",
            "returns",
            "handlers",
            "include",
            "defaults",
            "name",
            "templates",
        ):
            for kind in ("pipeline", "profile", "project", "included"):
                for problem in problems(f"{key} = {value}\n", kind):
                    assert problem.message
        keys = "shell command python container steps choose cases default for-each reduce repeat params returns"
        more = "inputs outputs on-failure retry env secrets resources runtime interpreter cache stub needs"
        for key in f"{keys} {more}".split():
            text = f"[steps.a]\n{key} = {value}\n"
            for problem in problems(text) + problems(text, "profile"):
                assert problem.place
        for key in [
            "executor",
            "run-log",
            "catalog",
            "secrets",
            "volumes",
            "build",
            "schedule",
            "tags",
            "extends",
            "unset",
        ]:
            for problem in problems(f"{key} = {value}\n", "profile"):
                assert problem.place

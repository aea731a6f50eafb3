"""The project of a test: what it gives to commands, and what it does not let pass."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

SLEEP = "import subprocess as s; s.Popen(['sleep', '300'], stdin=s.DEVNULL, stdout=s.DEVNULL, stderr=s.DEVNULL, {})"


class Scripted(Project):
    """`runner WORDS` is `python -c WORDS`: this file is about the project, not about the program."""

    @staticmethod
    def command() -> list[str]:
        return [sys.executable, "-c"]


@pytest.fixture
def scripted(tmp_path: Path) -> Scripted:
    return Scripted(tmp_path / "base")


def test_text_is_written_without_its_indent(project: Callable[..., Project]) -> None:
    made = project({"a/b.toml": '\n        name = "x"\n          in = 1\n', "c": b"\xff", "d.sh": "#!/bin/sh\n"})
    assert made.read("a/b.toml") == 'name = "x"\n  in = 1\n'
    assert made.path("c").read_bytes() == b"\xff"
    assert made.path("d.sh").stat().st_mode & 0o111
    assert made.files() == ["a/b.toml", "c", "d.sh"]


def test_a_command_runs_in_the_root_with_little_around_it(scripted: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRAY", "1")
    monkeypatch.setenv("RUNNER_UP_JSON", "true")
    code = "import os, sys; print(os.getcwd(), 'STRAY' in os.environ, 'RUNNER_UP_JSON' in os.environ, sys.stdin.read())"
    said = scripted.run(code, stdin="typed").ok().out.split()
    assert said == [str(scripted.root), "False", "False", "typed"]
    scripted.close()


def test_a_process_that_is_left_behind_fails_the_test(scripted: Scripted) -> None:
    scripted.run(SLEEP.format("start_new_session=True"))
    with pytest.raises(AssertionError, match="left behind.*sleep 300"):
        scripted.close()


def test_a_process_without_the_mark_is_found_by_its_folder(scripted: Scripted) -> None:
    scripted.run(SLEEP.format("env={}"))
    with pytest.raises(AssertionError, match="left behind.*sleep 300"):
        scripted.close()


def test_a_command_that_still_runs_fails_the_test(scripted: Scripted) -> None:
    scripted.popen("import time; time.sleep(300)")
    with pytest.raises(AssertionError, match="still ran"):
        scripted.close()


@pytest.mark.parametrize("where", ["../home/.config", "../tmp/left", "../beside"])
def test_what_is_written_outside_fails_the_test(scripted: Scripted, where: str) -> None:
    scripted.run(f"open({where!r}, 'w')").ok()
    with pytest.raises(AssertionError, match="written outside"):
        scripted.close()


def test_a_home_may_be_given_and_allowed(tmp_path: Path) -> None:
    made = Scripted(tmp_path / "base", home={".config/x": "1"})
    made.run("import os; print(open(os.path.expanduser('~/.config/x')).read())").ok().says("1")
    made.run("import os; open(os.path.expanduser('~/new'), 'w')").ok()
    made.allow("home").close()


def test_a_command_that_does_not_end_is_ended(scripted: Scripted) -> None:
    with pytest.raises(AssertionError, match="ran for 0.2 s"):
        scripted.run("import time; time.sleep(300)", timeout=0.2)
    scripted.close()


def test_in_process_and_as_a_process_say_the_same(project: Callable[..., Project]) -> None:
    made = project()
    assert made.cli("--version") == made.run("--version")
    assert made.cli("chekc") == made.run("chekc")
    assert isinstance(made.popen("--version").wait(), int)


def test_an_outcome_shows_what_was_said(scripted: Scripted) -> None:
    outcome = scripted.run("import sys; print('to out'); print('to err', file=sys.stderr); sys.exit(3)")
    with pytest.raises(AssertionError, match=r"exit code 3, not 0[\s\S]*to out[\s\S]*to err"):
        outcome.ok()
    with pytest.raises(AssertionError, match="was not said"):
        outcome.says("nothing of the kind")
    outcome.exits(3).says("to out", "to err").silent("else")
    scripted.close()

"""Problems as marks at their lines: what GitHub Actions and GitLab read."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest

from runner.cli import main
from runner.text.diagnostics import Place, diagnose
from runner.views.annotations import code_quality, github
from runner.views.problems import show

PROBLEMS = [
    diagnose("E250", Place("flows/a.toml", 14, 10, 17), name="50%: x,\ny", key="needs", near="prepare"),
    diagnose("W703", None),
]
ON = {"GITHUB_ACTIONS": "true"}


def test_github_marks_the_line_and_can_not_be_given_another_command() -> None:
    assert github(PROBLEMS, ON) == (
        "::error file=flows/a.toml,line=14,col=10,endColumn=17,title=E250::"
        "unknown step `50%25: x,%0Ay` in `needs`%0Adid you mean `prepare`?\n"
        "::warning title=W703::this run is a mock: no command runs, and no file is made\n"
    )
    assert github(PROBLEMS, {}) == ""


def test_paths_are_those_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ml").mkdir()
    monkeypatch.chdir(tmp_path / "ml")
    assert "file=ml/flows/a.toml," in github(PROBLEMS, {**ON, "GITHUB_WORKSPACE": str(tmp_path)})
    assert code_quality(PROBLEMS, {"CI_PROJECT_DIR": str(tmp_path)}, "a")[0]["location"]["path"] == "ml/flows/a.toml"
    assert "file=flows/a.toml," in github(PROBLEMS, {**ON, "GITHUB_WORKSPACE": "/elsewhere"})


def test_gitlab_gets_a_report_whose_entries_can_be_told_apart() -> None:
    one, same, other = code_quality([PROBLEMS[0], PROBLEMS[0], PROBLEMS[1]], {}, "pipeline.toml")
    assert (one["check_name"], one["severity"], one["location"]["lines"]) == ("E250", "major", {"begin": 14})
    assert (other["severity"], other["location"]) == ("minor", {"path": "pipeline.toml", "lines": {"begin": 1}})
    assert len({one["fingerprint"], same["fingerprint"], other["fingerprint"]}) == 3
    moved = PROBLEMS[0]._replace(place=Place("flows/a.toml", 99, 1, 2))
    assert code_quality([moved], {}, "a")[0]["fingerprint"] == one["fingerprint"]


def test_check_in_continuous_integration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    Path("pipeline.toml").write_text("[steps.a]\nshell = 'true'\nretry = { delay = '1s' }\n")
    assert main(["check"]) == 0
    said = capsys.readouterr()
    assert said.out == "pipeline.toml: ok\n"
    assert "\n::warning file=pipeline.toml,line=3,col=1,endColumn=6,title=W256::`retry` does not say" in said.err
    assert main(["check", "--strict"]) == 3
    assert capsys.readouterr().out == ""
    assert main(["check", "--code-quality"]) == 0
    assert [entry["check_name"] for entry in json.loads(capsys.readouterr().out)] == ["W256"]
    text = Path("pipeline.toml").read_text()
    Path("pipeline.toml").write_text(f"# runner: allow W256\n{text}")
    assert main(["check", "--strict"]) == 0
    assert capsys.readouterr().err == ""


def test_a_terminal_is_told_how_to_learn_more(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    for stream, more in ((Terminal(), "`runner explain E250` says more\n"), (StringIO(), "")):
        monkeypatch.setattr("sys.stderr", stream)
        show(PROBLEMS)
        assert stream.getvalue().partition("1 problem and 1 warning in flows/a.toml\n")[2] == more

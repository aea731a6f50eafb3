"""Sources answer, and remember what they were asked."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from runner.text.sources import Sources


def test_every_question_is_noted_with_its_answer(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    sources = Sources(tmp_path, {"HOME": "/h"})
    assert sources.read(tmp_path / "a") == b"x"
    assert sources.exists(tmp_path / "b") is False
    assert sources.isdir(tmp_path) is True
    assert sources.listdir(tmp_path) == ["a"]
    assert sources.env("HOME") == "/h"
    assert sources.env("NONE") is None
    assert sources.asked == {
        ("read", str(tmp_path / "a")): b"x",
        ("exists", str(tmp_path / "b")): False,
        ("isdir", str(tmp_path)): True,
        ("listdir", str(tmp_path)): ["a"],
        ("env", "HOME"): "/h",
        ("env", "NONE"): None,
    }


def test_a_file_that_cannot_be_read_is_noted_too(tmp_path: Path) -> None:
    sources = Sources(tmp_path)
    with pytest.raises(FileNotFoundError):
        sources.read(tmp_path / "a")
    assert sources.asked == {("read", str(tmp_path / "a")): None}


def test_the_same_answers_are_the_same_until_one_changes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    sources = Sources(tmp_path, {"N": "1"})
    sources.read(tmp_path / "a")
    sources.exists(tmp_path / "b")
    sources.listdir(tmp_path)
    sources.env("N")
    answers = json.loads(json.dumps(sources.answers()))
    assert Sources(tmp_path, {"N": "1"}).same(answers)
    assert not Sources(tmp_path, {"N": "2"}).same(answers)
    (tmp_path / "b").touch()
    assert not Sources(tmp_path, {"N": "1"}).same(answers)
    (tmp_path / "b").unlink()
    (tmp_path / "a").write_bytes(b"y")
    assert not Sources(tmp_path, {"N": "1"}).same(answers)
    (tmp_path / "a").unlink()
    assert not Sources(tmp_path, {"N": "1"}).same(answers)


def test_an_unknown_question_has_changed() -> None:
    assert not Sources(".").same([["moon", "full", True]])


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 10)
    assert Sources(tmp_path).read(tmp_path / "a", 4) == b"x" * 5


def test_a_folder_that_is_none_has_no_names(tmp_path: Path) -> None:
    assert Sources(tmp_path).listdir(tmp_path / "none") == []


def test_git_is_asked_once_and_says_nothing_outside_of_a_repository(tmp_path: Path) -> None:
    sources = Sources(tmp_path)
    assert (sources.git("sha"), sources.git("moon")) == (None, None)

    def git(*words: str) -> str:
        base = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example.org"]
        return subprocess.run([*base, *words], check=True, capture_output=True, text=True).stdout.strip()

    git("init", "-q", "-b", "trunk")
    (tmp_path / "a").write_bytes(b"x")
    git("add", "a")
    git("commit", "-q", "-m", "one")
    assert sources.git("sha") is None
    sources = Sources(tmp_path)
    assert sources.git("sha") == git("rev-parse", "HEAD")
    assert (sources.git("branch"), sources.git("tag"), sources.git("dirty")) == ("trunk", None, "false")
    (tmp_path / "a").write_bytes(b"y")
    assert Sources(tmp_path).git("dirty") == "true"

"""Whatever stands in a file: `check`, `explain`, `plan` and `render` say what is wrong, or answer; never a fault.

`python -m runner.testing.fuzz --count 100000` is the same with more numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from runner.commands.check import problems_of
from runner.resolve.ask import Ask
from runner.testing.fuzz import Fuzz, Guard, Stop
from runner.testing.mutate import case
from runner.text.diagnostics import Refused

CASES, PARTS = 600, 4


@pytest.fixture
def fuzz(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fuzz:
    monkeypatch.chdir(tmp_path)  # and back, whatever a case does
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    return Fuzz(tmp_path / "projects")


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_stands_in_a_file_no_verb_fails_at_it(part: int, fuzz: Fuzz) -> None:
    faults = [fault for number in range(part, CASES, PARTS) if (fault := fuzz.run(number))]
    assert not faults, "\n\n".join(f"{fault.number}: {fault.words} ({fault.made_of})\n{fault.text}" for fault in faults)


def test_places_of_problems_are_inside_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(CASES):
        Path("fuzzed.toml").write_bytes(case(number).data)
        try:
            problems = problems_of(Ask(Path("fuzzed.toml"), None))
        except Refused as refused:
            problems = refused.problems
        lines = Path("fuzzed.toml").read_bytes().decode("utf-8", errors="replace").replace("\r\n", "\n").split("\n")
        for problem in problems:
            for place in filter(None, (problem.place, *(place for place, _ in problem.related))):
                if place.file == "fuzzed.toml":
                    assert 1 <= place.line <= len(lines), (number, problem)
                    assert 1 <= place.col <= len(lines[place.line - 1]) + 1, (number, problem)
                    assert place.col <= place.end <= len(lines[place.line - 1]) + 2, (number, problem)


def test_a_number_is_the_same_file_each_time() -> None:
    assert [case(number) for number in range(50)] == [case(number) for number in range(50)]


@pytest.mark.parametrize(
    "act",
    [
        lambda home: (home / "x").write_text("written"),
        lambda home: (home / "x").mkdir(),
        lambda home: exec(compile("pass", str(home / "code.py"), "exec")),
        lambda home: __import__("subprocess").run(["true"]),
    ],
    ids=["writes", "makes a folder", "runs code of the project", "starts a program"],
)
def test_the_guard_hears_what_a_verb_may_not_do(act: Any, tmp_path: Path) -> None:
    with pytest.raises(Stop), Guard.of_process().over(tmp_path):
        act(tmp_path)
    act(tmp_path)  # outside of it everything goes on as ever

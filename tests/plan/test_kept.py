"""A kept plan: the same until anything that it was made from has changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.plan import kept
from runner.resolve.ask import Ask
from runner.rules.keys import written
from runner.testing.project import Project
from runner.text.sources import Sources

FILES = {
    "pipeline.toml": """
        name = "x"
        [params]
        day = "${env.DAY:-monday}"
        [steps.a]
        python = "work:f"
        inputs = ["data/*.csv"]
        """,
    "work.py": "def f():\n    print('made')\n",
    "data/a.csv": "1",
    "runner.toml": "",
}


def made_anew(project: Project, *words: str, env: dict[str, str] | None = None) -> bool:
    """Whether `up` had to make the plan: then, and only then, it reads TOML."""
    code = (
        "import sys, runner.cli as c; code = c.main(['up', 'pipeline.toml', *sys.argv[1:]]); "
        "print('tomllib' in sys.modules, file=sys.stderr); sys.exit(code)"
    )
    done = project.popen("-c", code, *words, env=env or {})
    _, err = done.communicate(timeout=60)
    assert done.returncode == 0, err
    return err.strip().splitlines()[-1] == "True"


@pytest.fixture
def known(project: Callable[..., Project], monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that has run once."""
    found = project(FILES)
    monkeypatch.setattr(Project, "command", staticmethod(lambda: [sys.executable]))
    assert made_anew(found) and not made_anew(found)
    return found


def test_a_second_run_reads_no_toml(known: Project) -> None:
    assert not made_anew(known)


CHANGES: dict[str, Callable[[Project], Any]] = {
    "the pipeline": lambda p: p.write({"pipeline.toml": FILES["pipeline.toml"] + "\n"}),
    "a module": lambda p: p.write({"work.py": "def f():\n    return None\n"}),
    "a new file that an input names": lambda p: p.write({"data/b.csv": ""}),
    "a file that became a folder": lambda p: (
        os.unlink(p.path("data/a.csv")),
        p.write({"data/a.csv/x": "", "data/c.csv": ""}),
    ),
    "runner.toml": lambda p: p.write(
        {"runner.toml": 'root-comment = "x"\n'.replace("root-comment", "profile").replace('"x"', '"local"')}
    ),
    "a profile that appears": lambda p: p.write({"profiles/local.toml": "description = 'here'"}),
    "a damaged memory": lambda p: [path.write_bytes(b"{") for path in p.path(".runner/plans").iterdir()],
    "a memory without its end": lambda p: [
        path.write_bytes(path.read_bytes()[:-9]) for path in p.path(".runner/plans").iterdir()
    ],
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_changes_is_planned_again(known: Project, what: str) -> None:
    CHANGES[what](known)
    assert made_anew(known) and not made_anew(known)


@pytest.mark.parametrize("words", [["--param", "day=friday"], ["--set", "max-parallel=1"], ["--profile", "local"]])
def test_another_question_is_planned_again(known: Project, words: list[str]) -> None:
    assert made_anew(known, *words) and not made_anew(known, *words)


@pytest.mark.parametrize("env", [{"DAY": "tuesday"}, {"RUNNER_UP_SET_day": "sunday"}, {"RUNNER_UP_PROFILE": "local"}])
def test_another_environment_is_planned_again(known: Project, env: dict[str, str]) -> None:
    assert made_anew(known, env=env) and not made_anew(known, env=env)


def test_another_version_is_planned_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ask, sources = Ask(tmp_path / "p.toml"), Sources(tmp_path)
    kept.keep(ask, sources, written({"v": 1}))
    assert kept.find(ask, Sources(tmp_path)) == ({"v": 1}, b'{"v":1}', ())
    monkeypatch.setattr(kept, "__version__", "0.0")
    assert kept.find(ask, Sources(tmp_path)) is None


def test_a_warning_is_said_each_time(project: Callable[..., Project]) -> None:
    found = project({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "true"\ncache = true\n'})
    told = [found.run("up", "pipeline.toml").ok().err.partition("x  run")[0] for _ in range(2)]
    assert told[0] == told[1] and "warning[W318]" in told[0] and "pipeline.toml:4:" in told[0]
    assert found.exists(".runner/plans")


def test_a_thousand_values_of_a_parameter_leave_one_file(known: Project) -> None:
    for day in ("a", "b", "c"):
        known.cli("up", "pipeline.toml", "--param", f"day={day}").ok()
    assert len(known.files(".runner/plans/*")) == 1


def test_a_folder_that_can_not_be_written_costs_no_more_than_time(tmp_path: Path) -> None:
    (tmp_path / ".runner").write_text("a file")
    kept.keep(Ask(tmp_path / "p.toml"), Sources(tmp_path), b"{}")
    assert kept.find(Ask(tmp_path / "p.toml"), Sources(tmp_path)) is None

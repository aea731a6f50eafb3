"""What executors keep elsewhere: of a driver that was killed it is removed by the next command, of a live one never."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.run import elsewhere
from runner.testing.project import Project

Make = Callable[..., Project]
PLUGIN = """
from pathlib import Path
from runner_executors.local_executor import Local

class Places(Local):
    reached = Path(__file__).parent / "reached"

    @classmethod
    def sweep(cls, root, environ):
        if environ.get("AWAY"):
            raise OSError("nobody answers")
        with cls.reached.open("a") as file:
            file.write("swept ")
"""


@pytest.fixture
def made(project: Make) -> Project:
    return project(
        {
            "places.py": PLUGIN,
            "runner.toml": '[plugins.executors]\nplaces = "places:Places"\n',
            "pipeline.toml": 'name = "x"\n[steps.a]\nshell = "true"\n',
        }
    )


def noted(root: Path) -> None:
    """A note of a process that is gone."""
    code = f"from runner.run.elsewhere import note; note({str(root)!r}, 'places')"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


@pytest.mark.parametrize("words", [("up",), ("catalog", "gc", "--force")])
def test_the_next_command_has_it_removed_once(made: Project, words: tuple[str, ...]) -> None:
    noted(made.root)
    for _ in range(2):
        made.run(*words).ok()
    assert made.read("reached") == "swept "


def test_what_can_not_be_reached_is_left_for_the_next_time(made: Project) -> None:
    noted(made.root)
    made.run("up", env={"AWAY": "1"}).ok()
    assert len(made.files(".runner/elsewhere/*")) == 1
    made.run("up").ok()
    assert made.files(".runner/elsewhere/*") == []


def test_what_is_of_a_live_process_stays(made: Project) -> None:
    elsewhere.note(made.root, "places")
    made.run("up").ok()
    assert not made.exists("reached")

"""docs/features.md: each of its commands does what stands beside it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from runner.cli import VERBS
from runner.testing.project import Project

TOP = Path(__file__).resolve().parent.parent
PAGE = (TOP / "docs" / "features.md").read_text("utf-8")
FILES = re.findall(r"^```toml\n# (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"\| `([^`|]+)` \|$", PAGE, re.MULTILINE)


def test_every_command_is_right(project: Callable[..., Project]) -> None:
    found = project(dict(FILES)).allow("tmp")
    for command in COMMANDS:
        words = shlex.split(command)
        env = dict(word.split("=", 1) for word in words[: words.index("runner")])
        found.cli(*words[words.index("runner") + 1 :], env=env).ok()


def test_the_first_commands_of_the_readme_lead_from_nothing_to_a_report(project: Callable[..., Project]) -> None:
    found = project().allow("tmp")
    readme = (TOP / "README.md").read_text("utf-8").partition("## Your own")[2]
    commands = re.findall(r"^(runner [^#\n]*)", readme.partition("```\n\n")[0], re.MULTILINE)
    assert len(commands) > 8
    for command in commands:
        found.cli(*shlex.split(command)[1:]).ok()


def test_no_verb_is_forgotten() -> None:
    shown = {word for command in COMMANDS for word in shlex.split(command)}
    needs_more = {"build", "cancel", "add"}  # an engine, a run that goes on, a step that nobody wants here
    assert set(VERBS) - shown - needs_more == set()

"""docs/features.md: each of its commands does what stands beside it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from runner.cli import VERBS
from runner.testing.project import Project

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "features.md").read_text("utf-8")
FILES = re.findall(r"^```toml\n# (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"\| `([^`|]+)` \|$", PAGE, re.MULTILINE)


def test_every_command_is_right(project: Callable[..., Project]) -> None:
    found = project(dict(FILES)).allow("tmp")
    for command in COMMANDS:
        words = shlex.split(command)
        env = dict(word.split("=", 1) for word in words[: words.index("runner")])
        found.cli(*words[words.index("runner") + 1 :], env=env).ok()


def test_no_verb_is_forgotten() -> None:
    shown = {word for command in COMMANDS for word in shlex.split(command)}
    needs_more = {"build", "cancel", "add"}  # an engine, a run that goes on, a step that nobody wants here
    assert set(VERBS) - shown - needs_more == set()

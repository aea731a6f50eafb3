"""The guide to executors: its blocks are the files of the examples, whose tests run them; its commands are typed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

TOP = Path(__file__).resolve().parent.parent
GUIDE = (TOP / "docs" / "executors.md").read_text("utf-8")
FILES = re.findall(r"^```(?:python|toml)\n# (company-\S+)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
(COMMANDS,) = re.findall(r"^```console\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("path", "text"), FILES, ids=[path for path, _ in FILES])
def test_a_block_is_a_file_of_an_example(path: str, text: str) -> None:
    assert text.strip() in (TOP / "examples" / path).read_text("utf-8")


def test_both_patterns_are_shown_whole() -> None:
    shown = {path for path, _ in FILES}
    for package in ("company-batch/company_batch", "company-flow/company_flow"):
        assert {f"{package}/{path.name}" for path in (TOP / "examples" / package).glob("*.py")} <= shown


def test_the_commands_lead_from_nothing_to_a_run(project: Callable[..., Project]) -> None:
    """As they stand there; pip takes what is here, and pytest a part of the shapes."""
    commands = [line.removeprefix("$ ") for line in COMMANDS.splitlines()]
    assert len(commands) < 10
    found = project().allow("home", "tmp")
    pip = {"PIP_TARGET": "site", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    path = os.pathsep.join([str(found.path("site")), *filter(None, sys.path)])
    more = {"PYTHONPATH": path, "PYTEST_ADDOPTS": "-p no:cacheprovider -k chain", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    names = {name: f"{shlex.quote(sys.executable)} -m {name}" for name in ("runner", "pip", "pytest")}
    defined = "".join(f'{name}() {{ {words} "$@"; }}\n' for name, words in names.items())
    for command in commands:
        env = found.environment({**pip, **more})
        done = subprocess.run(
            ["bash", "-ec", defined + command], cwd=found.root, env=env, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert "night-queue" in found.read("demo/.runner/schema/profile.json")

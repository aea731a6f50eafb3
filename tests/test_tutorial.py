"""docs/tutorial.md, step by step in one folder: its files are written, its commands typed, what it shows is what came.

UPDATE_GOLDENS=1 puts what came into the page."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from runner.testing.project import Project

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tutorial.md"
PARTS = re.compile(r"^(Add to )?`([\w./-]+)`:\n\n```\w+\n(.*?)^```$|^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
VARIES = (  # what no two runs have in common
    (r"\b[a-z]+-[a-z]+-\d+\b", "NAME"),
    (r"\b\d+(\.\d+)?(ms|s)\b", "TIME"),
    (r"\b\d{4}-\d\d-\d\dT[\d:]+Z", "MOMENT"),
    (r"\b(\d+[smh] ago|now)\b", "AGO"),
    (r"\b[0-9a-z]{26}\b", "ID"),
    (r"\b[0-9a-f]{12}\b", "DIGEST"),
    (r"\s+", " "),
)


def same(text: str) -> list[str]:
    """The lines of an output, without what varies and whatever their order: steps run side by side."""
    for pattern, word in VARIES:
        text = "\n".join(re.sub(pattern, word, line).strip() for line in text.splitlines())
    return sorted(text.splitlines())


def typed(found: Project, command: str) -> str:
    """All that a command prints."""
    runner = f'runner() {{ {shlex.join([sys.executable, "-m", "runner"])} "$@"; }}\n'
    env = found.environment({"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "100"})
    words = ["bash", "-c", runner + command]
    done = subprocess.run(words, cwd=found.root, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.stdout


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Command and what is shown below it."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown


def test_the_tutorial_from_an_empty_folder(project: Callable[..., Project]) -> None:
    found = project()
    page = PAGE.read_text("utf-8")
    new, wrong = page, []
    for add, path, text, commands in PARTS.findall(page):
        if path:
            before = found.read(path) + "\n" if add else ""
            found.write({path: before + text})
            continue
        came = ""
        for command, shown in blocks(commands):
            out = typed(found, command)
            came += f"$ {command}\n{out}"
            if same(out) != same(shown):
                wrong.append(f"$ {command}\n{out}")
        new = new.replace(f"```console\n{commands}```", f"```console\n{came}```", 1)
    if os.environ.get("UPDATE_GOLDENS") == "1":
        PAGE.write_text(new, "utf-8")
    else:
        assert not wrong, "\n".join(wrong)

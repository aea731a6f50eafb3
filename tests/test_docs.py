"""Every block of TOML in the pages is right: a pipeline passes `check` and runs, a profile passes `check`, anything
else is TOML.

A block that begins with `# PATH.toml` is that file: it lies beside the other blocks of its page that have such a line.
The tutorial has a test of its own: it is typed from its beginning to its end.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.cli import AGENT, VERBS
from runner.reference.cli import verbs
from runner.testing.project import Project

TOP = Path(__file__).resolve().parent.parent
PAGES = sorted([*TOP.glob("*.md"), *TOP.glob("docs/**/*.md"), *TOP.glob("examples/**/*.md")])
CODE = re.compile(r"^```(?:toml|python)\n(# (\S+\.(?:toml|py))\n.*?)^```", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# (\S+\.toml)\n")
SECRETS = {"WAREHOUSE_PASSWORD": "made-up"}  # that the pages speak of
BLOCKS = [
    pytest.param(block, page, id=f"{page.relative_to(TOP)}:{number}")
    for page in PAGES
    if page.name not in ("tutorial.md", "errors.md")  # mistakes, which tests/text/test_pages.py makes
    for number, block in enumerate(FENCED.findall(page.read_text("utf-8")), 1)
]


def files(block: str, page: Path) -> tuple[str, dict[str, str]]:
    """The file that a block is, and all files beside it."""
    named = {name: each for each, name in CODE.findall(page.read_text("utf-8"))}
    found = NAMED.match(block)
    return (found[1], named) if found else ("pipeline.toml", {"pipeline.toml": block})


@pytest.mark.parametrize(("block", "page"), BLOCKS)
def test_a_block_of_toml_is_right(project: Callable[..., Project], block: str, page: Path) -> None:
    file, beside = files(block, page)
    ours = page.name != "executors.md"  # its profiles are for executors that one writes oneself
    if (file.startswith("profiles/") and ours) or {"steps", "job"} & tomllib.loads(block).keys():
        project(beside).cli("check", file).ok().silent("error", "warning")


@pytest.mark.parametrize(("block", "page"), BLOCKS)
def test_a_pipeline_of_the_pages_runs(project: Callable[..., Project], block: str, page: Path) -> None:
    file, beside = files(block, page)
    if not file.startswith("profiles/") and {"steps", "job"} & tomllib.loads(block).keys():
        project(beside).run("up", file, env=SECRETS).ok()


def test_a_test_of_the_pages_passes(project: Callable[..., Project]) -> None:
    made = project({name: each for each, name in CODE.findall((TOP / "docs" / "testing.md").read_text("utf-8"))})
    made.allow("home", "tmp")
    script = f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m runner "$@"\n'
    made.write({"bin/runner": script})
    path = os.pathsep.join(filter(None, sys.path))
    env = made.environment({"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"})
    env["PATH"] = f"{made.path('bin')}{os.pathsep}{env['PATH']}"
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_pipeline.py"]
    done = subprocess.run(words, cwd=made.root, env=env, capture_output=True, text=True)
    assert done.returncode == 0 and "4 passed" in done.stdout, done.stdout


def test_links_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(TOP)}: {link}"
        for page in PAGES
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert not broken


def _heads(page: Path) -> set[str]:
    """The anchors of a page, as they are made of its headings."""
    found = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in found}


def test_anchors_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(TOP)}: {link}#{anchor}"
        for page in PAGES
        for link, anchor in re.findall(r"\]\(([^)#:]*)#([^)]+)\)", page.read_text("utf-8"))
        if anchor not in _heads((page.parent / link) if link else page)
    ]
    assert not broken


FLAGS = {verb: {"--help", *(flag for flags, _ in options for flag in flags)} for verb, _, options in verbs()}
TYPED = re.compile(r"^```(?:sh|console|yaml)\n.*?^```|`runner [^`\n]+`", re.MULTILINE | re.DOTALL)
SPOKEN = re.compile(r"(?:^|[$`:] )`?runner ([a-z][a-z-]*)([^`\n|;]*)", re.MULTILINE)


def _options(words: str) -> set[str]:
    """The options in the rest of a command; what stands in quotes is none."""
    try:
        found = shlex.split(words, comments=True)
    except ValueError:
        found = words.split()
    return {word.partition("=")[0] for word in found if re.match(r"--?[a-z]", word) and " " not in word}


def test_the_verbs_and_options_that_pages_speak_of_are_there() -> None:
    wrong = []
    for page in PAGES:
        typed = "\n".join(found.replace("`runner", "runner") for found in TYPED.findall(page.read_text("utf-8")))
        for verb, rest in SPOKEN.findall(typed):
            part = f"{verb} {rest.split()[0]}" if rest.split() else verb
            known = FLAGS.get(part) or FLAGS.get(verb)
            there = known is not None or verb in (*VERBS, *AGENT)
            if not there or not _options(rest) <= (known or _options(rest)):
                wrong.append(f"{page.relative_to(TOP)}: runner {verb}{rest}")
    assert not wrong, "\n".join(wrong)

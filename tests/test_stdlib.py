"""The shipped profiles can be used by every pipeline."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

PROFILES = sorted(path.stem for path in Path(__file__).resolve().parent.parent.glob("stdlib/profiles/*.toml"))

PIPELINE = """
    name = "any"

    [steps.only]
    image = "python:3.12"
    shell = "echo done"
"""


@pytest.mark.parametrize("name", PROFILES)
def test_a_shipped_profile_passes_check(project: Callable[..., Project], name: str) -> None:
    made = project({"pipeline.toml": PIPELINE})
    made.cli("check", "pipeline.toml", "--profile", f"std:{name}").ok().silent("error", "warning")


def test_a_profile_may_extend_a_shipped_one(project: Callable[..., Project]) -> None:
    mine = 'extends = "std:local"\n\n[steps.only]\ntimeout = "1m"\n'
    made = project({"pipeline.toml": PIPELINE, "profiles/mine.toml": mine})
    made.run("up", "pipeline.toml", "--profile", "mine").ok()
    made.run("logs", "@last", "only").ok().says("done")


def test_a_shipped_profile_that_is_not_there(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": PIPELINE})
    made.cli("check", "pipeline.toml", "--profile", "std:lokal").exits(3).says("lokal")


BLOCKS = sorted(path.stem for path in Path(__file__).resolve().parent.parent.glob("stdlib/blocks/*.toml"))


@pytest.mark.parametrize("name", BLOCKS)
def test_a_shipped_block_is_right_says_what_it_is_for_and_has_an_example(name: str) -> None:
    top = Path(__file__).resolve().parent.parent
    block = tomllib.loads((top / "stdlib" / "blocks" / f"{name}.toml").read_text(encoding="utf-8"))
    assert block["description"] and all("description" in told for told in block.get("types", {}).values())
    examples = [path.read_text(encoding="utf-8") for path in top.glob("examples/*/**/*.toml")]
    assert any(f'"std:{name}"' in text for text in examples)
    assert f"std:{name}" in (top / "docs" / "guide.md").read_text(encoding="utf-8")


FETCHED = """
    [steps.get]
    uses = "std:fetch"
    params = { url = "${env.URL}", path = "made/table.csv", sha256 = "${env.SUM:-}" }
    [steps.tell]
    command = ["echo", "${sha256}"]
"""


def test_fetch_downloads_and_compares(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": FETCHED, "there.csv": "a,b\n"})
    right = hashlib.sha256(b"a,b\n").hexdigest()
    url = {"URL": f"file://{made.path('there.csv')}"}
    made.run("up", "pipeline.toml", env=url).ok()
    made.run("logs", "@last", "tell").ok().says(right)
    assert made.read("made/table.csv") == "a,b\n"
    made.run("up", "pipeline.toml", env={**url, "SUM": right}).ok()
    made.run("up", "pipeline.toml", env={**url, "SUM": "0" * 64}).exits(1).says(f"is {right}, not 000")
    assert made.files("made/*") == []
    made.run("up", "pipeline.toml", env={**url, "SUM": "short"}).exits(3).says("E488")


def test_a_block_that_is_not_there(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": FETCHED.replace("std:fetch", "std:fetc")})
    made.cli("check", "pipeline.toml").exits(3).says("E335", "did you mean `std:fetch`?")

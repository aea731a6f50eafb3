"""The shipped profiles can be used by every pipeline; what they are, and what blocks are, is told."""

from __future__ import annotations

import ast
import hashlib
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.commands.blocks import fact
from runner.testing.project import Project

TOP = Path(__file__).resolve().parent.parent
PROFILES = sorted(path.stem for path in TOP.glob("stdlib/profiles/*.toml"))

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


@pytest.mark.parametrize("name", PROFILES)
def test_a_shipped_profile_has_an_example_or_a_template_that_uses_it(name: str) -> None:
    below = [*TOP.glob("examples/*/**/*"), *TOP.glob("stdlib/templates/*/**/*"), *TOP.glob("docs/*.md")]
    texts = [path.read_text(encoding="utf-8") for path in below if path.suffix in (".toml", ".md")]
    assert name in ("local", "mock") or any(f"std:{name}" in text for text in texts)


def test_a_profile_may_extend_a_shipped_one(project: Callable[..., Project]) -> None:
    mine = 'extends = "std:local"\n\n[steps.only]\ntimeout = "1m"\n'
    made = project({"pipeline.toml": PIPELINE, "profiles/mine.toml": mine})
    made.run("up", "pipeline.toml", "--profile", "mine").ok()
    made.run("logs", "@last", "only").ok().says("done")


def test_a_build_server_bounds_every_step_and_a_try_can_not_be_gone_on_with(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": PIPELINE})
    made.run("up", "pipeline.toml", "--profile", "std:dev").ok()
    made.cli("up", "pipeline.toml", "--resume").exits(4)
    (node,) = made.run("up", "pipeline.toml", "--profile", "std:ci", "--json").ok().nodes().values()
    assert node["status"] == "succeeded"
    said = made.cli("explain", "pipeline.toml", "steps.only", "--profile", "std:ci").ok()
    said.says("steps.only.retry.attempts", "steps.only.timeout")


def test_graphics_processors_are_laid_over_any_profile(project: Callable[..., Project]) -> None:
    mine = 'extends = ["std:argo", "std:gpu"]\n'
    made = project({"pipeline.toml": PIPELINE + '    tags = ["gpu"]\n', "profiles/mine.toml": mine})
    plan = made.cli("plan", "pipeline.toml", "--profile", "mine", "--json").ok().json()
    (node,) = plan["nodes"].values()
    assert plan["profile"]["executor"]["type"] == "argo" and node["do"]["resources"]["gpu"] == 1


def test_a_shipped_profile_that_is_not_there(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": PIPELINE})
    made.cli("check", "pipeline.toml", "--profile", "std:lokal").exits(3).says("lokal")


BLOCKS = sorted(path.stem for path in TOP.glob("stdlib/blocks/*.toml"))
THERE = {
    **dict.fromkeys(
        ("data/orders.csv", "data/delivered/a.csv", "data/parts/a.csv", "data/pages/a", "data/figure.png"), ""
    ),
    **dict.fromkeys(("data/readings.tar.gz", "requirements.txt", "sql/summary.sql", "report.md"), ""),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_says_what_it_is_for_and_has_an_example(project: Callable[..., Project], name: str) -> None:
    """One to paste, which is right as it stands, and one that runs."""
    one = fact(f"std:{name}")
    assert one["description"] and all(part["description"] for part in one["params"])
    examples = [path.read_text(encoding="utf-8") for path in TOP.glob("examples/*/**/*.toml")]
    assert any(f'"std:{name}"' in text for text in examples)
    text = one["example"] if "[steps." in one["example"] else f"[steps.x]\nstub = true\n\n{one['example']}"
    made = project({"pipeline.toml": text, **THERE})
    made.cli("check", "pipeline.toml").ok().silent("error", "warning")


@pytest.mark.parametrize("name", BLOCKS)
def test_the_scripts_of_a_block_run_in_an_image_of_python_3_9_with_nothing_else(name: str) -> None:
    data = tomllib.loads((TOP / "stdlib" / "blocks" / f"{name}.toml").read_text(encoding="utf-8"))
    for step in [data.get("job", {}), *data.get("steps", {}).values()]:
        assert step.get("interpreter", "sh") in ("sh", "python3")
        if step.get("interpreter") == "python3":
            script = ast.parse(step["shell"], feature_version=(3, 9))
            found = [part for part in ast.walk(script) if isinstance(part, ast.Import)]
            modules = {alias.name.split(".")[0] for part in found for alias in part.names}
            assert modules - sys.stdlib_module_names <= {"duckdb", "boto3"}


def test_blocks_are_listed_and_told(project: Callable[..., Project]) -> None:
    made = project()
    listed = made.cli("list", "--blocks").ok().says("url path [sha256]").out
    assert [line.split()[0] for line in listed.splitlines() if line.startswith("std:")] == [f"std:{b}" for b in BLOCKS]
    assert [one["block"] for one in made.cli("list", "--blocks", "--json").ok().json()] == [f"std:{b}" for b in BLOCKS]
    told = made.cli("explain", "std:notify").ok()
    told.says("text       text   required  The message", "secrets  WEBHOOK_URL", "    [finally.tell]")
    assert made.cli("explain", "std:train", "--json").ok().json()["returns"] == ["score"]
    made.cli("explain", "std:docker").ok().says('type = "docker"', "--profile std:docker")
    made.cli("explain", "std:fech").exits(2).says("E981", "did you mean `std:fetch`?")


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


PASSED_ON = """
    [steps.page]
    uses = "std:report"
    params = { template = "page.md", path = "made/page.html" }

    [steps.other]
    uses = "std:report"
    params.template = "other.md"
    params.path = "made/other.html"

    [steps.send]
    uses = "std:notify"
    params = { text = "hello" }
"""


def test_a_mistake_is_shown_where_a_block_is_used_not_in_the_block(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": PASSED_ON, "other.md": "# other"})
    found = made.cli("check", "pipeline.toml", "--json").exits(3).json()
    line = PASSED_ON.splitlines()[3].strip()
    assert [(one["code"], one["place"]["file"], one["place"]["line"], one["related"]) for one in found] == [
        ("E314", "pipeline.toml", 3, [])
    ]
    assert line[found[0]["place"]["column"] - 1 :].startswith('"page.md"')
    made.write({"page.md": "# page"})
    assert "${" not in made.cli("list", "pipeline.toml").ok().out
    told = made.cli("explain", "steps.send").ok().says("  std:notify [params]  ", "more lines  std:notify  ")
    assert all("\\n" not in line for line in told.out.splitlines())
    made.cli("up", "pipeline.toml").exits(4).says("E701", "pipeline.toml:11:").silent("notify.toml")


def test_a_block_that_is_not_there(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": FETCHED.replace("std:fetch", "std:fetc")})
    made.cli("check", "pipeline.toml").exits(3).says("E335", "did you mean `std:fetch`?")

"""`runner init` writes a pipeline that works; it never overwrites."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

WRITTEN = [
    ".gitignore", ".runner/schema/included.json", ".runner/schema/pipeline.json", ".runner/schema/profile.json",
    ".runner/schema/project.json", "pipeline.toml", "profiles/ci.toml", "profiles/dev.toml",
]  # fmt: skip


def test_it_says_what_it_wrote_and_what_to_type_next(project: Callable[..., Project]) -> None:
    made = project()
    done = made.cli("init").ok()
    assert made.files() == WRITTEN
    assert sorted(done.out.splitlines()[:-2]) == WRITTEN
    assert done.out.splitlines()[-1] == "next: runner up pipeline.toml --profile dev"


def test_all_that_it_writes_passes_check(project: Callable[..., Project]) -> None:
    made = project()
    made.cli("init", "my pipeline").ok().says("next: cd 'my pipeline' && runner up pipeline.toml --profile dev")
    made.cli("check", "my pipeline/pipeline.toml", "my pipeline/profiles/ci.toml").ok()
    made.cli("check", "my pipeline/pipeline.toml", "--profile", "dev").ok()
    assert 'name = "my-pipeline"' in made.read("my pipeline/pipeline.toml")


@pytest.mark.parametrize("profile", ["local", "dev", "ci"])
def test_the_pipeline_runs(project: Callable[..., Project], profile: str) -> None:
    made = project()
    made.run("init").ok()
    made.run("up", "pipeline.toml", "--profile", profile).ok()
    who = "developer" if profile == "dev" else "world"
    assert made.read("made/greeting.txt") == f"Hello, {who}!\n"


def test_the_first_line_leads_editors_to_the_schema(project: Callable[..., Project]) -> None:
    made = project()
    made.cli("init").ok()
    for path in ("pipeline.toml", "profiles/dev.toml", "profiles/ci.toml"):
        mark, _, target = made.read(path).splitlines()[0].partition(" ")
        assert mark == "#:schema"
        schema = (made.path(path).parent / target).resolve()
        assert json.loads(schema.read_text(encoding="utf-8"))["$schema"].endswith("draft-07/schema#")


def test_it_never_overwrites(project: Callable[..., Project]) -> None:
    made = project({"pipeline.toml": "mine"})
    made.cli("init").exits(2).says("`pipeline.toml` is there already, nothing was written")
    assert made.files() == ["pipeline.toml"]
    assert made.read("pipeline.toml") == "mine"


def test_a_gitignore_is_added_to(project: Callable[..., Project]) -> None:
    made = project({".gitignore": "*.tmp\nmade/"})
    made.cli("init").ok()
    assert made.read(".gitignore") == "*.tmp\nmade/\n.runner/*\n!.runner/schema/\n"


def test_a_folder_that_cannot_be_written_is_a_problem(project: Callable[..., Project]) -> None:
    made = project({"there": "a file"})
    made.cli("init", "there").exits(2).says("cannot write `there/pipeline.toml`")


def test_git_keeps_the_schemas_and_nothing_else_of_ours(project: Callable[..., Project]) -> None:
    import subprocess

    made = project()
    made.cli("init").ok()
    made.write({".runner/runs/x.jsonl": "", "made/x": ""})
    env = made.environment()
    subprocess.run(["git", "init", "-q"], cwd=made.root, env=env, check=True)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"],
        cwd=made.root,
        env=env,
        check=True,
        capture_output=True,
        text=True,
    )
    assert sorted(Path(line).as_posix() for line in listed.stdout.splitlines()) == WRITTEN


TEMPLATES = sorted(path.parent.name for path in Path(__file__).resolve().parents[2].glob("stdlib/templates/*/*.toml"))


def test_what_there_is_to_start_from(project: Callable[..., Project]) -> None:
    made = project()
    listed = made.cli("init", "--list").ok().out.splitlines()
    assert listed[1].startswith("hello ") and sorted(line.split()[0] for line in listed[1:]) == TEMPLATES
    made.cli("init", "--template", "helo").exits(2).says("there is no template `helo`", "`hello`")
    assert made.files() == []


GIVES = {
    "hello": ("made/greeting.txt", "Hello, developer!"),
    "python": ("made/summary.md", "12.33 degrees on average of 6 days"),
    "etl": ("made/revenue.csv", "GB,2,125.0\nCH,2,100.0"),
    "ml": ("made/model.html", "9 neighbours do best, of 1, 3, 5, 9, 15 tried: <strong>0.888889</strong>"),
    "notebook": ("made/summary.md", "12.33 degrees on average of 6 days"),
    "make": ("made/table.txt", "made/sea.words: the 4"),
    "cluster": ("made/sum.txt", "in all: 500500"),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_is_right_and_does_what_it_says(project: Callable[..., Project], name: str) -> None:
    made = project()
    said = made.cli("init", "--template", name, "mine").ok()
    for path in made.files("mine/profiles/*.toml"):
        made.cli("check", "mine/pipeline.toml", "--profile", Path(path).stem).ok().silent("error", "warning")
    assert 'name = "mine"' in made.read("mine/pipeline.toml")
    if name == "notebook":
        for package in ("nbclient", "nbformat", "ipykernel"):
            pytest.importorskip(package)
        made.allow("home", "tmp")  # a kernel keeps files there
    words = said.out.splitlines()[-1].removeprefix("next: cd mine && runner ").split()
    made.run(*words, cwd=made.path("mine")).ok().silent("warning")
    file, text = GIVES[name]
    assert text in made.read(f"mine/{file}")

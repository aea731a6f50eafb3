"""Any verb that is given a file keeps the schemas in `.runner/schema` true, for next to nothing, and only there."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner import __version__
from runner.commands import names, refreshing
from runner.testing.project import Project

FILES = {
    "pipeline.toml": 'include = ["parts/*.toml"]\n[steps.fetch]\nshell = "true"\n',
    "parts/a.toml": '[steps.load]\nshell = "true"\n',
    "profiles/night.toml": "",
}


def edit(project: Project, path: str, text: str) -> None:
    """Write a file, some time later than what was there before."""
    project.write({path: text})
    later = time.time_ns() + 1_000_000_000
    os.utime(project.path(path), ns=(later, later))
    os.utime(project.path(path).parent, ns=(later, later))


def offered(project: Project, kind: str = "pipeline") -> str:
    """The schema of a kind as it lies there."""
    return project.read(f".runner/schema/{kind}.json")


@pytest.fixture
def made(project: Callable[..., Project]) -> Project:
    found = project(FILES)
    found.cli("schema").ok()
    return found


@pytest.mark.parametrize("verb", ["check", "plan", "list", "graph", "explain", "up"])
def test_new_names_are_offered_after_any_verb(made: Project, verb: str) -> None:
    assert '"tidy"' not in offered(made)
    edit(made, "pipeline.toml", FILES["pipeline.toml"] + '[steps.tidy]\nshell = "true"\n')
    made.cli(verb, "pipeline.toml").ok()
    assert '"tidy"' in offered(made)
    before = offered(made)
    made.cli("schema").ok()
    assert offered(made) == before  # what is refreshed is what is made anew


def test_names_of_included_files_and_profiles_are_noticed_too(made: Project) -> None:
    edit(made, "parts/a.toml", '[steps.unpack]\nshell = "true"\n')
    made.cli("check").ok()
    assert '"unpack"' in offered(made)
    assert '"load"' not in offered(made)
    edit(made, "profiles/day.toml", "")
    made.cli("check").ok()
    assert '"day"' in offered(made, "project")


def test_schemas_beside_a_file_are_kept_true_in_a_larger_project(project: Callable[..., Project]) -> None:
    made = project({"runner.toml": ""})
    made.cli("init", "sub").ok()
    edit(made, "sub/profiles/later.toml", "")
    made.cli("check", "sub/profiles/dev.toml").ok()
    assert '"later"' in made.read("sub/.runner/schema/project.json")


def test_nothing_is_made_where_no_schemas_are(project: Callable[..., Project]) -> None:
    made = project(FILES)
    made.cli("check").ok()
    made.cli("plan").ok()
    assert not [path for path in made.files() if "schema" in path]


def test_a_project_that_did_not_change_costs_a_few_looks(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any) -> None:
        raise AssertionError("the names were read")

    looks: list[str] = []
    real = os.stat

    def counted(path: Any, **more: Any) -> os.stat_result:
        looks.append(str(path))
        return real(path, **more)

    monkeypatch.setattr(names, "names", forbidden)
    monkeypatch.setattr(refreshing.os, "stat", counted)
    refreshing.refresh([str(made.path("pipeline.toml"))])
    # the way up to a runner.toml, the file, runner.toml, profiles, and the three files that names are from
    assert len(looks) <= 7 + len(made.root.parents), looks


def test_a_touched_file_without_new_names_is_read_once(made: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    real = names.names
    monkeypatch.setattr(names, "names", lambda root: (read.append(root), real(root))[1])
    before = {path: os.stat(made.path(path)).st_ino for path in made.files(".runner/schema/*")}
    os.utime(made.path("pipeline.toml"))
    for _ in range(3):
        refreshing.refresh([str(made.path("pipeline.toml"))])
    assert len(read) <= 1
    assert {path: os.stat(made.path(path)).st_ino for path in made.files(".runner/schema/*")} == before


def test_copies_of_another_version_are_made_anew(made: Project) -> None:
    fresh = {kind: offered(made, kind) for kind in ("pipeline", "included", "profile", "project")}
    for kind, text in fresh.items():
        old: dict[str, Any] = json.loads(text)
        del old["properties"]["$schema"]
        made.write({f".runner/schema/{kind}.json": json.dumps({**old, "$comment": json.dumps(["0.0.1", []])})})
    made.cli("check").ok()
    assert {kind: offered(made, kind) for kind in fresh} == fresh
    assert __version__ in json.loads(fresh["profile"])["$comment"]


def test_while_a_file_is_being_written_its_names_stay(made: Project) -> None:
    before = offered(made)
    edit(made, "pipeline.toml", '[steps.fetch]\nshell = "')
    made.cli("check").exits(3)
    assert offered(made) == before
    edit(made, "pipeline.toml", '[steps.bring]\nshell = "true"')
    made.cli("check").ok()
    assert '"bring"' in offered(made)


def test_what_cannot_be_written_is_no_concern_of_the_verb(made: Project) -> None:
    made.path(".runner/schema/profile.json").unlink()
    made.path(".runner/schema/profile.json").mkdir()
    edit(made, "pipeline.toml", '[steps.bring]\nshell = "true"')
    made.cli("check").ok().silent("schema")


def test_new_names_load_no_library(made: Project) -> None:
    import subprocess
    import sys

    edit(made, "pipeline.toml", '[steps.bring]\nshell = "true"')
    code = "import sys; from runner.cli import main; main(['check']); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=made.root, env=made.environment(), capture_output=True, text=True, check=True
    )
    assert '"bring"' in offered(made)
    assert not {"attr", "attrs", "jsonschema", "importlib.metadata"} & set(done.stdout.split())

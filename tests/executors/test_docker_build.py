"""The context of a build, and what is made of all that an engine tells of one."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.run.joints import NotBuilt
from runner.run.recipe import Recipe, recipe
from runner.testing.project import Project

pytest.importorskip("docker")

from runner_executors.docker_build import Builder, _digest, _named, _Said

BUILDER = Builder(None, {})  # type: ignore[arg-type]
KEYS = ["base", "requirements", "requirements", "include"]


def made(project: Project) -> Recipe:
    return recipe({"base": "debian:12"}, {"code": "image"}, str(project.root))


def packed(found: Recipe) -> bytes:
    out = io.BytesIO()
    BUILDER._pack(out, found, found.dockerfile(), {path: _digest(where) for path, where in found.files.items()})
    return out.getvalue()


def test_the_same_files_give_the_same_context(project: Callable[..., Project]) -> None:
    files = {"run.sh": "#!/bin/sh\n", "pack/a.py": "1\n"}
    one, two = project(files), project(files)
    os.utime(two.path("pack/a.py"), (1, 1))
    two.path("pack/a.py").chmod(0o600)
    assert packed(made(one)) == packed(made(two))
    with tarfile.open(fileobj=io.BytesIO(packed(made(one)))) as tar:
        entries = {entry.name: (entry.mode, entry.uid, entry.mtime) for entry in tar}
    assert entries["project/run.sh"] == (0o755, 0, 315532800) and entries["project/pack/a.py"][0] == 0o644
    assert sorted(entries) == ["Dockerfile", "project/pack/a.py", "project/run.sh"]


def test_a_file_that_changes_meanwhile_is_told(project: Callable[..., Project]) -> None:
    found = project({"a.py": "1\n"})
    seen = made(found)
    digests = {path: _digest(where) for path, where in seen.files.items()}
    found.write({"a.py": "2\n"})
    with pytest.raises(NotBuilt, match="`project/a.py` has changed while the image was made"):
        BUILDER._pack(io.BytesIO(), seen, seen.dockerfile(), digests)


def test_a_link_is_what_it_leads_to(project: Callable[..., Project], tmp_path: Path) -> None:
    found = project({"a.py": "1\n"})
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "b.py").write_text("2\n")
    found.path("there").symlink_to(tmp_path / "outside")
    found.path("nowhere").symlink_to(tmp_path / "none")
    assert sorted(made(found).files) == ["project/a.py", "project/there/b.py"]


@pytest.mark.parametrize("word", ["Step 3/9 : RUN it", "STEP 3/9: RUN it"])
def test_the_last_words_of_the_instruction_that_failed(word: str) -> None:
    shown: list[str] = []
    said = _Said(shown.append)
    for part in (
        {"stream": "Step 1/9 : FROM debian:12\n"},
        {"stream": " ---> 0a1b\n"},
        {"stream": f"{word}\n"},
        {"stream": "\x1b[91mno such\x1b[0m\nthing\n"},
        {"errorDetail": {"code": 3, "message": "The command 'it' returned a non-zero code: 3"}, "error": "The command"},
    ):
        said.heard(part)
    refused = said.refused(said.error, KEYS)
    assert (str(refused), refused.key, refused.said, refused.step) == (
        "a command ended with exit code 3", "requirements", (word, "no such", "thing"), 0,
    )  # fmt: skip
    assert shown[0] == "Step 1/9 : FROM debian:12" and "no such" in shown
    assert said.refused("why", []).step == 3  # in a Dockerfile of the user's own


@pytest.mark.parametrize(
    ("given", "name", "tag"),
    [("a", "a", None), ("a:1", "a", "1"), ("host:5000/a", "host:5000/a", None), ("host:5000/a:1", "host:5000/a", "1")],
)
def test_a_name_may_have_a_tag(given: str, name: str, tag: Any) -> None:
    assert _named(given) == (name, tag)

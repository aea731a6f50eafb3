"""What an image is made of: the Dockerfile that `[build]` comes to, and the files that it may take."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from runner.plan.image import dependencies
from runner.run.recipe import Recipe, bases, recipe
from runner.testing.project import Project

Made = Callable[..., Project]
BASE = {"base": "debian:12"}


def of(project: Project, build: dict[str, Any], **executor: Any) -> Recipe:
    return recipe(build, executor, str(project.root))


def test_each_key_of_the_table_is_an_instruction(project: Made) -> None:
    found = project({"reqs/a.txt": "six\n", "pyproject.toml": "[project]\ndependencies = ['attrs>=23']\n", "w.py": ""})
    build = {**BASE, "apt": ["git", "libgomp1"], "requirements": "reqs/a.txt", "pyproject": "pyproject.toml"}
    made = of(found, {**build, "user": "me:staff"}, python="python3.12", code="image")
    assert made.dockerfile("jovyan").splitlines() == [
        "FROM debian:12",
        "USER 0",
        'RUN ["/bin/sh", "-c", "apt-get update && apt-get install -y --no-install-recommends \\"$@\\" '
        '&& rm -rf /var/lib/apt/lists/*", "apt-get", "git", "libgomp1"]',
        "WORKDIR /opt/requirements",
        'COPY ["requirements/", "/opt/requirements/"]',
        'RUN ["/usr/bin/env", "PIP_BREAK_SYSTEM_PACKAGES=1", "PIP_ROOT_USER_ACTION=ignore", "python3.12", "-m", "pip", '
        '"install", "--no-cache-dir", "--requirement", "reqs/a.txt", "--requirement", "pyproject-requirements.txt"]',
        "WORKDIR /project",
        'COPY ["project/", "/project/"]',
        "USER me:staff",
    ]
    assert made.files["requirements/pyproject-requirements.txt"] == b"attrs>=23\n"


def test_an_image_of_nothing_but_a_base_is_that_base_with_a_folder(project: Made) -> None:
    assert of(project({"w.py": ""}), BASE).dockerfile() == "FROM debian:12\nWORKDIR /project\n"


def test_the_user_of_the_base_stays(project: Made) -> None:
    found = project({"a.txt": "six\n"})
    assert "\nUSER" not in of(found, {**BASE, "requirements": "a.txt"}).dockerfile("root")
    lines = of(found, {**BASE, "requirements": "a.txt"}).dockerfile("1000").splitlines()
    assert (lines[1], lines[-1]) == ("USER 0", "USER 1000")


def test_a_name_of_a_file_is_never_an_instruction(project: Made) -> None:
    odd = 'a"]\nRUN rm -rf $HOME \\'
    found = project({odd: "six\n"})
    lines = of(found, {**BASE, "requirements": [odd]}).dockerfile().splitlines()
    assert [line.split()[0] for line in lines] == ["FROM", "WORKDIR", "COPY", "RUN", "WORKDIR"]
    assert json.loads(lines[3].removeprefix("RUN "))[-1] == odd


def test_requirements_bring_the_files_that_they_speak_of(project: Made) -> None:
    wanted = {
        "reqs/a.txt": "-r b.txt\n--constraint=../limits.txt\n--find-links wheels\n./libs/mine[all]\n-e libs/other\n"
        "six @ https://example.org/six.whl  # not here\nwheels/one.whl\n../outside.whl\n-r a.txt\n",
        "reqs/b.txt": "attrs\n",
        "limits.txt": "six<2\n",
        "reqs/wheels/a.whl": "1",
        "wheels/one.whl": "1",
        "libs/mine/setup.py": "1",
        "libs/other/setup.py": "1",
    }
    found = project({**wanted, "w.py": "", "libs/third/setup.py": "1"})
    made = of(found, {**BASE, "requirements": "reqs/a.txt"})
    assert sorted(made.files) == sorted(f"requirements/{path}" for path in wanted)


def test_the_project_is_in_the_image_where_steps_take_it_from_there(project: Made) -> None:
    found = project({"w.py": "1", "data/big.bin": "1", ".gitignore": "data\n"})
    subprocess.run(["git", "init", "-q", str(found.root)], check=True)
    assert not of(found, BASE, code="mount").files
    assert sorted(of(found, BASE, code="image").files) == ["project/.gitignore", "project/w.py"]
    assert sorted(of(found, {**BASE, "include": ["data/", "w.py"]}).files) == ["project/data/big.bin", "project/w.py"]


def test_a_dockerfile_sees_the_files_of_the_project(project: Made) -> None:
    found = project({"box/Dockerfile": "FROM debian:12\nCOPY w.py /\n", "w.py": "1", ".runner/x": "1"})
    made = of(found, {"dockerfile": "box/Dockerfile"})
    assert (made.path, made.bases, sorted(made.files)) == ("box/Dockerfile", ("debian:12",), ["box/Dockerfile", "w.py"])
    assert made.dockerfile() == "FROM debian:12\nCOPY w.py /\n"


def test_what_a_dockerfile_starts_from() -> None:
    text = "ARG V=1\nfrom --platform=linux/amd64 a:1 AS one\nFROM b@sha256:0\nFROM c:$V\nFROM one\nFROM scratch\n"
    assert bases(text) == ["a:1", "b@sha256:0"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[tool.x]\n", "it has no `[project]`"),
        ("[project]\ndynamic = ['dependencies']\n", "its dependencies are `dynamic`"),
        ("[project\n", "it is no TOML"),
        ("[project]\n", "it has no extra `train`"),
    ],
)
def test_a_pyproject_that_does_not_say(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=re.escape(why)):
        dependencies(text, ["train"])


def test_extras_are_installed_too() -> None:
    text = "[project]\ndependencies = ['a']\n[project.optional-dependencies]\ntrain = ['b [x]>=1']\nother = ['c']\n"
    assert dependencies(text, ["train"]) == ["a", "b [x]>=1"]

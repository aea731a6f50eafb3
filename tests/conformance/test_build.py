"""`runner build` on a real engine: made once, made again when an ingredient has changed, and what a failure says."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from typing import Any
from zipfile import ZipFile

import pytest

from runner.testing.project import Outcome, Project

Made = Callable[..., Project]
BASE = "runner-base:py311"
PIPELINE = "name = 'x'\n[steps.a]\npython = 'w:f'\nreturns = ['said']\n"
WORK = "import greet\ndef f():\n    return greet.HELLO\n"
LOCAL = "--no-index\n--find-links wheels\ngreet\n"  # a package that no index is asked for


def asked(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=60)
    return done.stdout if done.returncode == 0 else ""


pytestmark = [
    pytest.mark.xdist_group("docker"),
    pytest.mark.skipif(
        not os.environ.get("RUNNER_TEST_DOCKER") and not asked("image", "inspect", BASE),
        reason=f"no Docker Engine with the image {BASE}",
    ),
]


class Images:
    """The images that one test makes: they have a name of its own. box: a profile that makes one of BASE."""

    def __init__(self, name: str) -> None:
        self.name = f"runner-test/{re.sub('[^a-z0-9]+', '-', name.lower())[-60:].strip('-')}"
        self.box = f"[executor]\ntype = 'docker'\n[build]\nbase = '{BASE}'\ntag = '{self.name}'\n"
        self.own = f"[executor]\ntype = 'docker'\n[build]\ndockerfile = 'Dockerfile'\ntag = '{self.name}'\n"

    def ids(self) -> set[str]:
        return set(asked("images", "--quiet", "--no-trunc", self.name).split())


@pytest.fixture
def images(request: pytest.FixtureRequest) -> Iterator[Images]:
    found = Images(request.node.name)
    yield found
    for id in found.ids():
        asked("rmi", "--force", id)


def wheel(version: str = "1.0", says: str = "hello") -> bytes:
    """A package `greet`."""
    info, out = f"greet-{version}.dist-info", io.BytesIO()
    with ZipFile(out, "w") as file:
        file.writestr("greet.py", f"HELLO = {says!r}\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: greet\nVersion: {version}\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", f"greet.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return out.getvalue()


def greeting(project: Made, images: Images, says: str = "hello") -> Project:
    """A project whose step needs a package."""
    return project(
        {
            "pipeline.toml": PIPELINE,
            "w.py": WORK,
            "requirements.txt": LOCAL,
            "wheels/greet-1.0-py3-none-any.whl": wheel(says=says),
            "profiles/docker.toml": images.box + "requirements = 'requirements.txt'\n",
        }
    )


def build(found: Project, *words: str) -> Any:
    return found.cli("build", "--profile", "docker", "--json", *words).ok().json()


def test_an_image_is_made_once_and_again_when_an_ingredient_has_changed(project: Made, images: Images) -> None:
    found = greeting(project, images)
    one = build(found)
    assert one["made"] and one["image"].startswith(f"{images.name}:") and one["id"] in images.ids()
    assert list(one["ingredients"]["bases"]) == [BASE]
    assert list(one["ingredients"]["files"]) == [
        "requirements/requirements.txt",
        "requirements/wheels/greet-1.0-py3-none-any.whl",
    ]
    found.write({"w.py": WORK + "# the code is no part of the environment\n"})
    found.path("requirements.txt").touch()
    assert build(found) == {**one, "made": False}
    found.write({"wheels/greet-2.0-py3-none-any.whl": wheel("2.0")})
    other = build(found)
    assert other["made"] and other["id"] != one["id"]
    assert build(found, "--fresh")["made"]


def test_up_makes_the_image_and_pins_its_id(project: Made, images: Images) -> None:
    found = greeting(project, images, "up")
    found.cli("plan", "--profile", "docker").ok()
    found.cli("check", "--profile", "docker").ok().silent("W611")
    found.cli("up", "--profile", "docker", "--dry-run").ok()
    assert not images.ids()
    first = found.cli("up", "--profile", "docker", "--json").ok().says("image: Step 4/")
    (made,) = images.ids()
    assert first.nodes()["a"]["returns"]["said"]["json"] == "up"
    store = next(found.root.glob(".runner/runs/*/journal*")).read_bytes()
    assert json.dumps(made).encode() in store
    found.cli("up", "--profile", "docker").ok().silent("image: ")
    assert images.ids() == {made}


def test_n36_a_plan_knows_the_image_of_a_cached_step(project: Made, images: Images) -> None:
    found = greeting(project, images)
    found.write({"pipeline.toml": PIPELINE + "cache = true\n"})

    def planned(*words: str, **more: Any) -> str:
        line: str = found.cli("plan", "--profile", "docker", *words, **more).ok().out.splitlines()[-1]
        return line

    assert planned().endswith("runs: its image is not here")
    found.cli("up", "--profile", "docker").ok()
    assert planned().endswith("cached")
    assert planned("--set", f"executor.image={BASE}").endswith("runs: its image changed")
    assert planned("--set", "executor.image=no-such:1").endswith("runs: its image is not here")
    assert "perhaps cached: depends on its image" in planned(env={"DOCKER_HOST": "unix:///nobody"})
    assert "kept from" in planned("--resume", "--changed")
    found.write({"requirements.txt": LOCAL + "# and more\n"})
    assert planned().endswith("runs: its image is not here")
    assert len(images.ids()) == 1


def test_an_image_that_is_named_is_taken_and_none_made(project: Made, images: Images) -> None:
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n", "profiles/docker.toml": images.box})
    found.cli("up", "--profile", "docker", "--set", f"executor.image={BASE}").ok()
    assert not images.ids()


def test_a_build_that_fails_says_where_and_its_last_words(project: Made, images: Images) -> None:
    found = greeting(project, images)
    found.write({"requirements.txt": "--no-index\nno-such-package\n"})
    said: Outcome = found.cli("up", "--profile", "docker").exits(4)
    said.says(
        "error[E722]: the image can't be built: a command ended with exit code 1",
        " --> profiles/docker.toml:6:16",
        '"pip", "install"',
        "No matching distribution found for no-such-package",
    )
    assert not found.exists(".runner/runs")


def test_a_line_of_a_dockerfile_is_named(project: Made, images: Images) -> None:
    text = f'# first\nFROM {BASE}\n\nRUN echo one && \\\n    echo two\nCOPY w.py /\nRUN echo "not here" && exit 3\n'
    found = project({"pipeline.toml": PIPELINE, "w.py": WORK, "Dockerfile": text})
    found.write({"profiles/docker.toml": images.own})
    said = found.cli("build", "--profile", "docker").exits(4)
    said.says(
        "E722", " --> profiles/docker.toml:4:14", " ::: Dockerfile:7:1", 'RUN echo "not here" && exit 3', "not here"
    )
    said.says("exit code 3")


def test_a_base_that_is_not_there_is_told_at_its_key(project: Made, images: Images) -> None:
    found = project({"pipeline.toml": PIPELINE, "profiles/docker.toml": images.box.replace(BASE, "no-such-image:1")})
    said = found.cli("build", "--profile", "docker", "--set", "executor.pull=never").exits(4)
    said.says("E722", "there is no image `no-such-image:1` here", " --> profiles/docker.toml:4:8")


def test_a_dockerfile_of_ones_own_sees_the_project_less_what_it_ignores(project: Made, images: Images) -> None:
    text = f"FROM {BASE}\nWORKDIR /there\nCOPY . .\nRUN ls > /listed\n"
    found = project({"pipeline.toml": PIPELINE, "w.py": WORK, "box/Dockerfile": text, ".dockerignore": "*.md\nbox\n"})
    found.write({"a.md": "no", "data.bin": "no", ".gitignore": "data.bin\n"})
    found.write({"profiles/docker.toml": images.own.replace("'Dockerfile'", "'box/Dockerfile'")})
    subprocess.run(["git", "init", "-q", str(found.root)], check=True)
    made = build(found)
    listed = asked("run", "--rm", "--network", "none", made["id"], "cat", "/listed").split()
    assert "w.py" in listed and not {"a.md", "data.bin"} & set(listed)


def test_tag_and_user_are_those_that_are_asked_for(project: Made, images: Images) -> None:
    profile = images.box.replace(images.name, f"{images.name}:${{env.NOW}}") + "user = '1234:99'\n"
    found = project({"pipeline.toml": PIPELINE, "w.py": WORK, "profiles/docker.toml": profile})
    words = ("build", "--profile", "docker", "--json")
    made = found.cli(*words, env={"NOW": "one"}).ok().json()
    assert made["image"] == f"{images.name}:one"
    again = found.cli(*words, env={"NOW": "two"}).ok().json()
    assert again == {**made, "image": f"{images.name}:two", "made": False}
    said = json.loads(asked("image", "inspect", made["id"]))[0]
    assert said["Config"]["User"] == "1234:99"
    assert {f"{images.name}:{tag}" for tag in ("one", "two")} < set(said["RepoTags"])


def test_a_step_may_take_the_project_from_its_image(project: Made, images: Images) -> None:
    text = """
name = 'x'
[steps.a]
python = 'pack.w:f'
inputs = { big = 'data/big.txt', more = 'data/more/' }
returns = ['said']
[steps.b]
shell = 'cat "$RUNNER_PARAM_big" > "$RUNNER_PARAM_out"; ls "$ROOT"; ! test -e "$ROOT/pack"; test -e ../pack/w.py'
env = { ROOT = 'THE_ROOT' }
workdir = 'data'
inputs = { big = 'data/big.txt' }
outputs = { out = 'made/out.txt' }
"""
    code = "def f(big, more):\n    return [open(path).read() for path in [big, 'data/more/one']] + ['first']\n"
    found = project({"pack/w.py": code, "data/big.txt": "big", "data/more/one": "more", ".gitignore": "data\nmade\n"})
    found.write({"pipeline.toml": text.replace("THE_ROOT", str(found.root))})
    found.write({"profiles/docker.toml": images.box.replace("[build]", "code = 'image'\n[build]")})
    subprocess.run(["git", "init", "-q", str(found.root)], check=True)

    def said(*words: str) -> list[str]:
        nodes = found.cli("up", "--profile", "docker", "--json", *words).ok().nodes()
        assert found.read("made/out.txt") == "big"
        said: list[str] = nodes["a"]["returns"]["said"]["json"]
        return said

    assert said() == ["big", "more", "first"]
    made = build(found)["id"]
    found.write({"pack/w.py": code.replace("first", "second")})
    assert said("--set", f"executor.image={made}") == ["big", "more", "first"]
    assert said() == ["big", "more", "second"]


def test_an_image_without_a_folder_for_the_project_is_told(project: Made, images: Images) -> None:
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n", "profiles/docker.toml": images.box})
    words = ("--set", f"executor.image={BASE}", "--set", "executor.code=image")
    found.cli("up", "--profile", "docker", *words).exits(1).says("the image has no WORKDIR")


def test_there_may_be_nothing_to_build(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE, "w.py": "def f(): return 1\n"})
    found.cli("build").exits(2).says("the executor `local` makes none", 'extends = "std:docker"')
    there = ("--profile", "std:docker", "--set", f"executor.image={BASE}")
    found.cli("build", *there).exits(2).says("the profile `std:docker` has no `[build]`")
    found.write({"here.toml": f"[build]\nbase = '{BASE}'\n"})
    found.cli("build", "--profile", "here").exits(2).says("the executor `local` makes none")

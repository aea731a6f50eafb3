"""The executor `docker` on a real engine: the same runs, nothing leaked, nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.testing.conformance import Executors
from runner.testing.project import Outcome, Project

Made = Callable[..., Project]
IMAGE = "runner-base:py311"


def engine() -> bool:
    """Whether there is one, with the image that the tests use."""
    if shutil.which("docker") is None:
        return False
    asked = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, timeout=30)
    return asked.returncode == 0


pytestmark = [
    pytest.mark.xdist_group("docker"),
    pytest.mark.skipif(
        not os.environ.get("RUNNER_TEST_DOCKER") and not engine(), reason=f"no Docker Engine with the image {IMAGE}"
    ),
]


@pytest.fixture
def docker(project: Made) -> Iterator[Callable[..., Outcome]]:
    """docker(project, *words): `up` with the profile; afterwards no container of the project is left."""
    roots: list[Path] = []

    def up(found: Project, *words: str, **more: Any) -> Outcome:
        roots.append(found.root)
        found.write({"profiles/docker.toml": f'[executor]\ntype = "docker"\nimage = "{IMAGE}"\n'})
        return found.cli("up", *words, "--profile", "docker", **more)

    yield up
    for root in roots:
        assert left(root) == []


def left(root: Path) -> list[str]:
    """Containers of a project, whatever their state."""
    asked = ["docker", "ps", "--all", "--quiet", "--filter", f"label=run.runner.root={root}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()


def waited(path: Path) -> str:
    """What stands in a file, as soon as something does."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        if path.exists() and path.read_text().strip():
            return path.read_text()
        time.sleep(0.05)
    raise AssertionError(f"{path} was not written")


class TestDocker(Executors):
    @pytest.fixture(autouse=True)
    def _engine(self, docker: Any) -> None:
        self.docker = docker

    def up(self, found: Project, *more: str) -> Outcome:
        return self.docker(found, "pipeline.toml", *more)


def test_outputs_come_back_and_belong_to_the_caller(project: Made, docker: Any) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'echo hello > made/a.txt; echo no > b.txt'\noutputs = ['made/a.txt']\n"
    found = project({"pipeline.toml": text})
    docker(found).ok()
    assert found.read("made/a.txt") == "hello\n" and not found.exists("b.txt")
    assert found.path("made/a.txt").stat().st_uid == os.getuid()


def test_n39_a_step_is_the_caller_with_a_home_of_its_own(project: Made, docker: Any) -> None:
    text = """
name = "x"
[steps.a]
shell = 'test "$(id -u)" = "$ME"; test -n "$USER"; test "$USER" = "$LOGNAME"; cd; touch it; test "$(ls)" = it'
env = { ME = "NUMBER" }
"""
    docker(project({"pipeline.toml": text.replace("NUMBER", str(os.getuid()))})).ok()


def test_a_step_can_write_nowhere_but_into_its_own_folder(project: Made, docker: Any) -> None:
    text = """
name = "x"
[steps.a]
env = { ROOT = "ROOT_OF_IT" }
shell = '! touch "$ROOT/in.txt"; ! rm -rf "$ROOT/.runner/runs"; ! touch "$ROOT/.runner/index.jsonl"'
"""
    found = project({"in.txt": "1"})
    found.write({"pipeline.toml": text.replace("ROOT_OF_IT", str(found.root))})
    docker(found).ok()
    assert found.cli("runs", "--json").ok().json()


def test_n38_a_file_that_is_not_declared_is_not_there(project: Made, docker: Any) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'cat made/a.txt'\n"
    found = project({"pipeline.toml": text, ".gitignore": "made\n", "made/a.txt": "1"})
    subprocess.run(["git", "init", "-q", str(found.root)], check=True)
    docker(found).exits(1).says("made/a.txt: No such file or directory")


def test_n40_a_secret_is_in_the_step_and_nowhere_else(project: Made, docker: Any) -> None:
    text = """
name = "x"
[steps.a]
shell = 'test ${#TOKEN} = 11; echo "it is $TOKEN"; echo on > on; sleep 3'
secrets = ["TOKEN"]
outputs = [{ path = "on", optional = true }]
"""
    found = project(
        {"pipeline.toml": text, "profiles/docker.toml": f"[executor]\ntype = 'docker'\nimage = '{IMAGE}'\n"}
    )
    running = found.popen("up", "--profile", "docker", env={"TOKEN": "open-sesame"})
    limit = time.monotonic() + 60
    while not left(found.root) and time.monotonic() < limit:
        time.sleep(0.05)
    seen = subprocess.run(["docker", "inspect", *left(found.root)], capture_output=True, text=True).stdout
    seen += subprocess.run(["ps", "axww"], capture_output=True, text=True).stdout
    _, err = running.communicate(timeout=60)
    assert running.returncode == 0, err
    assert "execute-call" in seen and "open-sesame" not in seen
    kept = b"".join(path.read_bytes() for path in found.root.glob(".runner/**/*") if path.is_file())
    assert b"open-sesame" not in kept and b"it is ***" in kept


def test_memory_that_runs_out_is_told_apart(project: Made, docker: Any) -> None:
    code = "def f():\n    return len(bytearray(400_000_000))\n"
    text = "name = 'x'\n[steps.a]\npython = 'w:f'\nresources = { memory = '64Mi' }\n"
    found = project({"pipeline.toml": text, "w.py": code})
    docker(found).exits(1)
    assert found.cli("show", "@last", "--json").ok().nodes()["a"]["reason"] == "oom"


def test_an_image_that_is_not_there_is_told(project: Made, docker: Any) -> None:
    text = "name = 'x'\n[steps.a]\nimage = 'no-such-image:1'\nshell = 'true'\n"
    found = project({"pipeline.toml": text})
    docker(found, "--set", "executor.pull=never").exits(1).says("there is no image `no-such-image:1` here")
    assert found.cli("show", "@last", "--json").ok().nodes()["a"]["reason"] == "no-image"


@pytest.mark.parametrize("how", ["timeout", "cancelled"])
def test_what_is_stopped_says_so(project: Made, how: str) -> None:
    limit = "timeout = '1s'" if how == "timeout" else ""
    text = f"name = 'x'\n[steps.a]\nshell = 'echo on; sleep 60'\n{limit}\n"
    found = project(
        {"pipeline.toml": text, "profiles/docker.toml": f"[executor]\ntype = 'docker'\nimage = '{IMAGE}'\n"}
    )
    running = found.popen("up", "--profile", "docker")
    if how == "cancelled":
        limit_of = time.monotonic() + 60
        while not list(found.root.glob(".runner/runs/*/logs/a-*")) and time.monotonic() < limit_of:
            time.sleep(0.05)
        waited(next(found.root.glob(".runner/runs/*/logs/a-*")))
        running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    node = found.cli("show", "@last", "--json").ok().nodes()["a"]
    assert (node["status"], node["reason"]) == ("failed" if how == "timeout" else "cancelled", how)
    assert left(found.root) == []


def test_containers_of_a_run_that_was_killed_are_swept_by_the_next_and_what_was_done_is_kept(
    project: Made, docker: Any
) -> None:
    text = """
name = "x"
[steps.a]
shell = 'echo hello > a.txt'
outputs = ["a.txt"]
[steps.b]
inputs = ["a.txt", { path = "again", optional = true }]
shell = 'echo on; test -e again || sleep 60'
"""
    found = project(
        {"pipeline.toml": text, "profiles/docker.toml": f"[executor]\ntype = 'docker'\nimage = '{IMAGE}'\n"}
    )
    running = found.popen("up", "--profile", "docker")
    limit = time.monotonic() + 60
    while not list(found.root.glob(".runner/runs/*/logs/b-*")) and time.monotonic() < limit:
        time.sleep(0.05)
    waited(next(found.root.glob(".runner/runs/*/logs/b-*")))
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    assert left(found.root)
    found.path("again").touch()
    docker(found, "--resume").ok().says("kept from")
    assert left(found.root) == []


def test_a_run_goes_on_elsewhere(project: Made, docker: Any) -> None:
    text = """
name = "x"
[steps.a]
shell = 'echo hello > a.txt'
outputs = ["a.txt"]
[steps.b]
inputs = ["a.txt", { path = "good", optional = true }]
shell = 'cat a.txt; test -e good'
"""
    for first in ("local", "docker"):
        found = project({"pipeline.toml": text})
        (docker(found) if first == "docker" else found.cli("up")).exits(1)
        found.path("good").touch()
        (found.cli("up", "--resume") if first == "docker" else docker(found, "--resume")).ok().says("kept from")


def test_an_image_without_a_python_is_told(project: Made, docker: Any) -> None:
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\npython = 'w:f'\n", "w.py": "def f(): pass\n"})
    said = docker(found, "--set", "executor.python=/no/python").exits(1)
    said.says("the image has no Python at `/no/python`: the agent needs one, 3.9 or newer (`executor.python`)")
    assert found.cli("show", "@last", "--json").ok().nodes()["a"]["reason"] == "no-interpreter"


def test_the_agent_is_compiled_once_for_an_image(project: Made, docker: Any) -> None:
    found = project({"pipeline.toml": "name = 'x'\n[steps.a]\nshell = 'true'\n"})
    for _ in range(2):
        docker(found).ok()
    compiled = found.files(".runner/agent/**/attempt.cpython-*.pyc")
    assert len(compiled) == 1


def test_n36_the_image_is_a_part_of_the_code(project: Made, docker: Any) -> None:
    text = "name = 'x'\n[steps.a]\ncache = true\ninputs = ['in.txt']\nshell = 'cat in.txt'\n"
    found = project({"pipeline.toml": text, "in.txt": "1"})
    found.cli("up").ok()
    made = f"{IMAGE}-{os.getpid()}"
    subprocess.run(
        ["docker", "build", "-q", "-t", made, "-"], input=f"FROM {IMAGE}\nLABEL a=b\n", text=True, check=True
    )
    try:
        said = [docker(found, "--set", f"executor.image={image}").ok().err for image in (IMAGE, IMAGE, made, made)]
    finally:
        subprocess.run(["docker", "rmi", "-f", made], capture_output=True)
    assert [" cached" in one for one in said] == [False, True, False, True]

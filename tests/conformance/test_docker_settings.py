"""What profiles and `resources` ask of containers, as steps on a real engine see it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Made = Callable[..., Project]
IMAGE = "runner-base:py311"


def engine() -> bool:
    """Whether there is one, with the image that the tests use."""
    try:
        asked = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, timeout=30)
    except FileNotFoundError:
        return False
    return asked.returncode == 0


pytestmark = [
    pytest.mark.xdist_group("docker"),
    pytest.mark.skipif(
        not os.environ.get("RUNNER_TEST_DOCKER") and not engine(), reason=f"no Docker Engine with the image {IMAGE}"
    ),
]


def up(found: Project, script: str, *sets: str, more: str = "", profile: str = "") -> Outcome:
    """Run one step of a script; more: of the step, profile: beside the executor, sets: of the executor."""
    found.write(
        {
            "pipeline.toml": f"name = 'x'\n[steps.a]\nshell = '''{script}'''\n{more}\n",
            "profiles/docker.toml": f"[executor]\ntype = 'docker'\nimage = '{IMAGE}'\n{profile}",
        }
    )
    words = [word for text in sets for word in ("--set", f"executor.{text}")]
    return found.cli("up", "--profile", "docker", "--json", *words)


def error(said: Outcome) -> Any:
    end = said.exits(1).nodes()["a"]["attempts"][-1]
    return end["reason"], end["error"]["message"]


def test_a_network_of_none(project: Made) -> None:
    up(project(), 'test "$(ls /sys/class/net)" = lo', "network=none").ok()
    up(project(), "ls /sys/class/net | grep eth0").ok()


def test_a_network_that_is_not_there_is_told(project: Made) -> None:
    reason, why = error(up(project(), "true", "network=no-such-network"))
    assert reason == "never-started" and "no-such-network" in why


def test_shared_memory_is_as_large_as_the_step_asks(project: Made) -> None:
    size = "test $(df -k /dev/shm | tail -n 1 | awk '{ print $2 }')"
    script = f"{size} = 131072\nhead -c 100000000 /dev/zero > /dev/shm/x"
    up(project(), script, more="resources = { shm = '128Mi' }").ok()


def test_a_graphics_processor_that_the_engine_has_not_is_told(project: Made) -> None:
    reason, why = error(up(project(), "true", more="resources = { gpu = 1 }"))
    assert reason == "never-started" and "[gpu]" in why


def test_an_image_for_another_platform_is_told(project: Made) -> None:
    reason, why = error(up(project(), "true", "platform=linux/s390x", "pull=never"))
    assert reason == "no-image" and "`runner-base:py311` here is not for linux/s390x" in why
    up(project(), "true", "platform=linux", "pull=never").ok()


def test_volumes_are_where_the_profile_says(project: Made) -> None:
    found = project({"beside/in.txt": "1", ".gitignore": "beside\n"})
    profile = """
[volumes]
data = { here = "beside", mount = "/data" }
seen = { here = "beside", mount = "/seen", read-only = true }
kept = { claim = "runner-test-volume", mount = "/kept" }
empty = { mount = "/empty", size = "16Mi" }
"""
    script = "! test -e beside; cp /seen/in.txt /data/out.txt; ! touch /seen/x; touch /empty/x; test -d /kept"
    try:
        up(found, script, profile=profile).ok()
        assert found.read("beside/out.txt") == "1" and found.path("beside/out.txt").stat().st_uid == os.getuid()
    finally:
        subprocess.run(["docker", "volume", "rm", "runner-test-volume"], capture_output=True, check=True)


def test_doctor_names_images_that_are_not_here(project: Made) -> None:
    made = project(
        {
            "pipeline.toml": f"[steps.a]\nshell = 'true'\nimage = '{IMAGE}'\n[steps.b]\nshell = 'true'\n",
            "profiles/box.toml": "[executor]\ntype = 'docker'\nimage = 'runner-none:1'\n",
        }
    )
    said = made.cli("doctor", "--profile", "box").ok().silent(f"`{IMAGE}` is not here")
    said.says("note   docker      the image `runner-none:1` is not here", "will try to fetch it")
    said = made.cli("doctor", "--profile", "box", "--set", "executor.pull=never").exits(4)
    said.says("wrong  docker      the image `runner-none:1` is not here", "`docker pull runner-none:1`")

"""Steps that are sent to containers of a real engine, beside those that stay here."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Made = Callable[..., Project]
IMAGE = "runner-base:py311"
pytestmark = [
    pytest.mark.xdist_group("docker"),
    pytest.mark.skipif(
        not os.environ.get("RUNNER_TEST_DOCKER") and shutil.which("docker") is None, reason="no Docker Engine"
    ),
]
FILES = {
    "profiles/box.toml": f"[executor]\ntype = 'docker'\nimage = '{IMAGE}'\n[defaults.env]\nWHERE = 'box'\n",
    "profiles/some.toml": "[defaults.env]\nWHERE = 'here'\n[tags.heavy]\nprofile = 'box'\n",
}


@pytest.fixture
def mixed(project: Made) -> Iterator[Callable[[str], Project]]:
    """A project with the profiles; afterwards it has no container."""
    made: list[Project] = []

    def new(text: str, **files: str) -> Project:
        made.append(project({"pipeline.toml": text, **FILES, **files}))
        return made[-1]

    yield new
    for found in made:
        assert left(found) == []


def left(found: Project) -> list[str]:
    """Containers of a project, whatever their state."""
    asked = ["docker", "ps", "--all", "--quiet", "--filter", f"label=run.runner.root={found.root}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()


def up(found: Project, *words: str, **more: Any) -> Outcome:
    return found.cli("up", "--profile", "some", *words, **more)


def test_r9_steps_here_and_in_warm_containers_give_the_same_projection(shaped: Any) -> None:
    found = shaped.make()
    box = FILES["profiles/box.toml"].replace("image", "warm = true\nimage")
    found.write({"profiles/box.toml": box, "profiles/some.toml": "[steps.'*a*']\nprofile = 'box'\n"})
    run = up(found, "--json").exits(shaped.code).json()
    shaped.compare(run)
    ends = [(node["path"], end.get("via")) for node in run["nodes"].values() for end in node["attempts"]]
    there = {path for path, via in ends if via == "container"}
    assert all("a" in path for path in there)
    assert left(found) == []


THERE = """
name = "x"

[steps.make]
shell = 'test "$WHERE" = here; echo 3 > made/n.txt; echo n=3 >> "$RUNNER_RETURNS"'
outputs = ["made/n.txt"]
returns = ["n"]

[steps.square]
tags = ["heavy"]
params = ["n"]
inputs = ["made/n.txt"]
outputs = ["made/square.txt"]
secrets = ["TOKEN"]
shell = '''
test "$WHERE" = box
test "$TOKEN" = open-sesame
test "$(cat made/n.txt)" = "$RUNNER_PARAM_n"
echo 9 > made/square.txt
'''

[steps.tell]
inputs = ["made/square.txt", { path = "ok", optional = true }]
shell = 'test "$WHERE" = here; cat made/square.txt; test -e ok'
"""


def test_files_values_and_secrets_go_into_a_container_and_files_come_back(mixed: Any) -> None:
    found = mixed(THERE, ok="")
    nodes = up(found, "--json", env={"TOKEN": "open-sesame"}).ok().nodes()
    assert {label for label, node in nodes.items() if node["attempts"][0]["via"] == "container"} == {"square"}
    assert found.cli("logs", "@last", "tell").ok().out == "9\n"
    assert found.path("made/square.txt").stat().st_uid == os.getuid()


def test_a_run_goes_on_here_and_there(mixed: Any) -> None:
    more: Any = {"env": {"TOKEN": "open-sesame"}}
    for first, second in (("box", "some"), ("some", "box")):
        found = mixed(THERE.replace('test "$WHERE" = here;', "").replace('test "$WHERE" = box\n', ""))
        found.cli("up", "--profile", first, "--set", "defaults.env.WHERE=x", **more).exits(1)
        found.write({"ok": ""})
        said = found.cli("up", "--resume", "--profile", second, **more).ok()
        assert said.err.count("kept from") == 2


def test_a_failed_attempt_is_made_again_in_a_container(mixed: Any) -> None:
    text = "name = 'x'\n[steps.a]\ntags = ['heavy']\nretry = { attempts = 2 }\nshell = 'test $RUNNER_ATTEMPT = 2'\n"
    ends = up(mixed(text), "--json").ok().nodes()["a"]["attempts"]
    assert [(end["status"], end["via"]) for end in ends] == [("failed", "container"), ("succeeded", "container")]


SLOW = """
name = "x"
[steps.here]
shell = 'echo on; test -e ok || sleep 60'
inputs = [{ path = "ok", optional = true }]
[steps.there]
tags = ["heavy"]
shell = 'echo on; test -e ok || sleep 60'
inputs = [{ path = "ok", optional = true }]
"""


def begun(found: Project) -> Any:
    """The run, both of its steps at work."""
    running = found.popen("up", "--profile", "some", "-j", "2")
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        logs = [path for path in found.root.glob(".runner/runs/*/logs/*") if path.stat().st_size]
        if len(logs) == 2:
            break
        time.sleep(0.05)
    return running


def test_what_is_cancelled_ends_here_and_there(mixed: Any) -> None:
    found = mixed(SLOW)
    running = begun(found)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    assert found.cli("show", "@last", "--json").ok().statuses() == {"here": "cancelled", "there": "cancelled"}


def test_a_run_that_was_killed_is_gone_on_with_and_leaves_no_container(mixed: Any) -> None:
    found = mixed(SLOW)
    running = begun(found)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    found.write({"ok": ""})
    up(found, "--resume").ok()
    assert found.cli("show", "@last", "--json").ok().statuses() == {"here": "succeeded", "there": "succeeded"}


def test_steps_here_and_there_share_the_processors(mixed: Any) -> None:
    text = """
name = "x"
[steps.here]
resources = { cpu = 1000 }
shell = 'date +%s%N > here; sleep 0.5; date +%s%N >> here'
outputs = ["here"]
[steps.there]
tags = ["heavy"]
resources = { cpu = 1000 }
shell = 'date +%s%N > there; sleep 0.5; date +%s%N >> there'
outputs = ["there"]
"""
    found = mixed(text)
    up(found, "-j", "2").ok().says("W706")
    first, second = ([int(one) for one in found.read(name).split()] for name in ("here", "there"))
    assert first[1] <= second[0] or second[1] <= first[0]

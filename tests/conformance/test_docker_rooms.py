"""Containers of the executor `docker`: what is asked of the engine, what becomes of them, and who serves again."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from runner.testing.engine import IMAGE, Relay, left, said, there
from runner.testing.project import Project

Made = Callable[..., Project]

pytestmark = [
    pytest.mark.xdist_group("docker"),
    pytest.mark.skipif(not there(), reason=f"no Docker Engine with the image {IMAGE}"),
]
PROFILE = f'[executor]\ntype = "docker"\nimage = "{IMAGE}"\n'
WARM = ("--set", "executor.warm=true")


@pytest.fixture
def made(project: Made) -> Iterator[Made]:
    """made(text, **files): a project with a profile `docker`; no container of it is left in the end."""
    every: list[Project] = []

    def make(text: str, **more: Any) -> Project:
        every.append(project({"pipeline.toml": f'name = "x"\n{text}', "profiles/docker.toml": PROFILE, **more}))
        return every[-1]

    yield make
    assert [left(one.root) for one in every] == [[] for _ in every]


def chain(scripts: list[str], *more: str) -> str:
    """Steps s0, s1... one after the other; more: lines of each."""
    found = []
    for n, script in enumerate(scripts):
        after = f'after = ["s{n - 1}"]' if n else ""
        found += [f"[steps.s{n}]", f"shell = '''{script}'''", after, more[n] if more else ""]
    return "\n".join(found)


def asked(made: Made, count: int, *words: str) -> Counter[str]:
    """What the engine is asked for by a chain."""
    one = made(chain(["true"] * count))
    relay = Relay(one.root / "engine.sock")
    try:
        for _ in range(2):  # the first makes the agent
            relay.asked.clear()
            one.run("up", "--profile", "docker", *words, env={"DOCKER_HOST": relay.host}).ok()
    finally:
        relay.cut()
    return Counter(relay.asked)


def test_a_step_asks_four_things_of_the_engine_and_a_further_one_in_its_container_none(made: Made) -> None:
    more = asked(made, 5) - asked(made, 2)
    each = ("POST containers/create", "POST containers/attach", "POST containers/start", "DELETE containers/")
    assert more == Counter(dict.fromkeys(each, 3))
    assert asked(made, 5, *WARM) == asked(made, 2, *WARM)


def test_a_container_serves_again_and_steps_share_nothing_that_is_theirs(made: Made) -> None:
    script = 'hostname > name.txt; touch "$HOME/mine" left; ls "$HOME" . | tr "\\n" " "'
    one = made(chain([script] * 3))
    one.run("up", "--profile", "docker", *WARM).ok()
    printed = [one.run("logs", "@last", f"s{n}").ok().out for n in range(3)]
    assert len(set(printed)) == 1


def test_which_steps_have_one_container(made: Made) -> None:
    small = "resources = { memory = '64Mi' }"
    one = made(chain(["hostname"] * 5, "", "", small, "", small))
    one.run("up", "--profile", "docker", *WARM).ok()
    a, b, c, d, e = (one.run("logs", "@last", name).ok().out for name in ("s0", "s1", "s2", "s3", "s4"))
    assert a == b == d and c == e and a != c


EAT = "python3 -c \"x = b'a' * 10**9\""


def test_a_step_without_memory_or_container_is_told_and_others_go_on_in_a_new_one(made: Made) -> None:
    small = "resources = { memory = '64Mi' }"
    one = made(chain(["true", EAT, "echo on; sleep 60", "kill -9 $$", "true"], *[small] * 5))
    running = one.popen("up", "--profile", "docker", *WARM)
    one.wait(lambda: any(path.stat().st_size for path in one.root.glob(".runner/runs/*/logs/s2-*")), 90)
    for container in left(one.root, running=True):
        with suppress(subprocess.CalledProcessError):  # one that has served is on its way out
            said("kill", container)
    running.communicate(timeout=60)
    assert running.returncode == 1
    nodes = one.run("show", "@last", "--json").ok().nodes()
    ends = {name: (node["status"], node["reason"]) for name, node in nodes.items()}
    assert ends == {
        "s0": ("succeeded", None),
        "s1": ("failed", "oom"),
        "s2": ("errored", "lost"),
        "s3": ("failed", "signal"),
        "s4": ("succeeded", None),
    }


TWENTY = "[steps.a]\nfor-each = { i = ITEMS }\nshell = 'echo on; test -e \"$GO\" || sleep 600'\nenv = { GO = 'FILE' }\n"


@pytest.mark.parametrize(
    ("words", "following"),
    [((), ("catalog", "gc", "--force")), (WARM, ("up", "other.toml"))],
    ids=["cold-gc", "warm-local"],
)
def test_a_run_of_twenty_steps_that_is_killed_leaves_no_container_after_the_next_command(
    made: Made, words: tuple[str, ...], following: tuple[str, ...]
) -> None:
    one = made("", **{"other.toml": 'name = "y"\n[steps.a]\nshell = "true"\n'})
    text = TWENTY.replace("ITEMS", str(list(range(20)))).replace("FILE", str(one.root / "go"))
    one.write({"pipeline.toml": f'name = "x"\n{text}'})
    running = one.popen("up", "--profile", "docker", "-j", "4", *words)
    one.wait(lambda: len(list(one.root.glob(".runner/runs/*/logs/a-*"))) >= 3, 90)
    os.kill(running.pid, signal.SIGKILL)
    running.communicate()
    one.wait(lambda: not left(one.root, running=True), 60)  # by themselves, without any command
    assert left(one.root)
    one.run(*following).ok()
    assert left(one.root) == []
    one.write({"go": ""})
    one.run("up", "--profile", "docker", "--resume", "-j", "4", *words).ok()
    assert one.files(".runner/elsewhere/*") == []


def test_an_engine_that_stops_ends_steps_as_errored_and_the_run_goes_on_later(made: Made) -> None:
    one = made("")
    waits = f"echo on; test -e '{one.root}/go' || sleep 600"
    one.write({"pipeline.toml": f'name = "x"\n{chain(["echo on", waits, "echo on"])}'.replace("after", "needs")})
    relay = Relay(one.root / "engine.sock")
    running = one.popen("up", "--profile", "docker", env={"DOCKER_HOST": relay.host})
    try:
        one.wait(lambda: any(path.stat().st_size for path in one.root.glob(".runner/runs/*/logs/s1-*")), 90)
    finally:
        relay.cut()
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1, err
    nodes = one.run("show", "@last", "--json").ok().nodes()
    assert (nodes["s1"]["status"], nodes["s1"]["reason"]) == ("errored", "lost")
    one.write({"go": ""})
    one.run("up", "--profile", "docker", "--resume").ok().says("kept from")


def test_the_container_of_a_step_is_there_before_what_it_takes_is_known(made: Made) -> None:
    one = made("[steps.a]\npython = 'w:one'\nreturns = ['n']\n[steps.b]\npython = 'w:two'\n")
    wait = f"while not os.path.exists('{one.root}/go'):\n        time.sleep(0.05)"
    one.write({"w.py": f"import os, time\ndef one():\n    {wait}\n    return 1\ndef two(n):\n    return n\n"})
    running = one.popen("up", "--profile", "docker")
    one.wait(lambda: len(left(one.root, running=True)) == 2, 90)
    one.write({"go": ""})
    running.communicate(timeout=60)
    assert running.returncode == 0

"""The executor `emulated`: what a step gets and what becomes of it where it has nothing but the stores."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from runner.testing.project import Project

Made = Callable[..., Project]
PODS = ("--profile", "std:emulated")


def waited(path: Path) -> str:
    """What stands in a file, as soon as something does."""
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        if path.exists() and path.read_text().strip():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")


def test_n38_a_file_that_is_not_declared_is_not_there(project: Made) -> None:
    text = """
name = "x"
[steps.write]
shell = 'mkdir -p made; echo hello > made/a.txt'
[steps.read]
needs = ["write"]
shell = 'cat made/a.txt'
"""
    found = project({"pipeline.toml": text})
    found.cli("up").ok()
    (found.root / "made/a.txt").unlink()
    for words in (("--isolate",), PODS):
        found.cli("up", *words).exits(1).says("made/a.txt: No such file or directory")


def test_outputs_go_into_the_catalog_and_come_back_from_there(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'echo hello > a.txt'\noutputs = ['a.txt']\n"
    found = project({"pipeline.toml": text})
    found.cli("up", *PODS).ok()
    assert not found.exists("a.txt")
    found.cli("catalog", "get", "a.txt").ok()
    assert found.read("a.txt") == "hello\n"


def test_n40_a_secret_stands_in_the_environment_of_the_step_alone(project: Made) -> None:
    text = """
name = "x"
[steps.a]
shell = 'test ${#TOKEN} = 11 && echo "it is $TOKEN" && tr "\\0" " " < /proc/$PPID/cmdline'
secrets = ["TOKEN"]
[steps.b]
shell = 'test -z "${TOKEN:-}"'
"""
    found = project({"pipeline.toml": text})
    found.cli("up", *PODS, env={"TOKEN": "open-sesame"}).ok()
    kept = b"".join(path.read_bytes() for path in found.root.glob(".runner/**/*") if path.is_file())
    assert b"open-sesame" not in kept and b"it is ***" in kept


def test_an_agent_that_is_killed_is_lost_and_the_run_can_go_on(project: Made) -> None:
    text = """
name = "x"
[steps.a]
shell = 'echo $PPID > "$OUT.tmp"; mv "$OUT.tmp" "$OUT"; test -e "$OUT.again" || sleep 60'
[steps.b]
needs = ["a"]
shell = 'true'
"""
    found = project({"pipeline.toml": text})
    out = found.path("out")
    running = found.popen("up", *PODS, env={"OUT": str(out)})
    os.kill(int(waited(out)), signal.SIGKILL)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 1 and "its agent ended without a record: signal 9" in err
    assert found.cli("show", "@last", "--json").ok().nodes()["a"]["reason"] == "lost"
    found.path("out.again").touch()
    found.cli("up", *PODS, "--resume", env={"OUT": str(out)}).ok()


@pytest.mark.parametrize("how", ["timeout", "cancelled"])
def test_what_is_stopped_says_so(project: Made, how: str) -> None:
    limit = "timeout = '1s'" if how == "timeout" else ""
    text = f"name = 'x'\n[steps.a]\nshell = 'echo on > \"$OUT\"; sleep 60'\n{limit}\n"
    found = project({"pipeline.toml": text})
    running = found.popen("up", *PODS, env={"OUT": str(found.path("out"))})
    waited(found.path("out"))
    if how == "cancelled":
        running.send_signal(signal.SIGINT)
    running.communicate(timeout=60)
    node = found.cli("show", "@last", "--json").ok().nodes()["a"]
    assert (node["status"], node["reason"]) == ("failed" if how == "timeout" else "cancelled", how)


def test_a_run_goes_on_elsewhere(project: Made) -> None:
    text = """
name = "x"
[steps.a]
shell = 'echo hello > a.txt; echo a >> "$LOG"'
outputs = ["a.txt"]
[steps.b]
inputs = ["a.txt"]
shell = 'cat a.txt; echo b >> "$LOG"; test -e "$GOOD"'
"""
    for first, second in (((), PODS), (PODS, ())):
        found = project({"pipeline.toml": text})
        env = {"LOG": str(found.path("log")), "GOOD": str(found.path("good"))}
        found.cli("up", *first, env=env).exits(1)
        found.path("good").touch()
        found.cli("up", "--resume", *second, env=env).ok()
        assert found.read("log").split() == ["a", "b", "b"]


def test_a_cached_step_is_not_started(project: Made) -> None:
    text = "name = 'x'\n[steps.a]\ncache = true\ninputs = ['in.txt']\nshell = 'cat in.txt; echo a >> \"$LOG\"'\n"
    found = project({"pipeline.toml": text, "in.txt": "1"})
    for _ in range(2):
        found.cli("up", *PODS, env={"LOG": str(found.path("log"))}).ok()
    assert found.read("log") == "a\n"
    assert json.loads(found.cli("show", "@last", "--json").ok().out)["nodes"]

"""What a pod is given: plan and run as files, secrets in variables and files; what it says: a message and its log."""

from __future__ import annotations

import bz2
import json
import os
import subprocess
import sys
import zlib
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from runner.rules.keys import node_id
from runner.run.packed import carried
from runner.testing.project import Project

Made = Callable[..., Project]
TEXT = """
name = "x"
[params]
n = 2
[steps.a]
shell = 'echo "n is $RUNNER_PARAM_n, $A"; cat "$B"; echo; echo "x=$((RUNNER_PARAM_n * 21))" >> "$RUNNER_RETURNS"'
returns = ["x"]
secrets = { A = "A", B = { name = "other", file = true } }
[steps.b]
shell = 'test "$RUNNER_PARAM_x" = 42; exit ${CODE:-0}'
params = ["x"]
retry = { attempts = 2 }
[steps.c]
shell = 'ls -A | wc -l'
"""


class Pod:
    """Commands in an empty folder with the files that ConfigMaps bring."""

    def __init__(self, found: Project) -> None:
        self.here = found.path("pod")
        plan = json.loads(
            found.cli(
                "plan",
                "--profile",
                "std:emulated",
                "--set",
                f"run-log.path={self.here}/store",
                "--set",
                f"catalog.path={self.here}/catalog",
                "--json",
            )
            .ok()
            .out
        )
        (self.here / "plan").mkdir(parents=True)
        data = bz2.compress(json.dumps(plan).encode())
        (self.here / "plan/plan.json.bz2.00").write_bytes(data[:99])
        (self.here / "plan/plan.json.bz2.01").write_bytes(data[99:])
        (self.here / "plan/run.json").write_text(json.dumps({"v": 1, "name": "x", "params": {"n": 2}, "first": {}}))
        (self.here / "secrets/B").mkdir(parents=True)
        (self.here / "secrets/B/value").write_text("another-one\n")
        (self.here / "agent.pyz").write_bytes(carried())

    def go(self, step: str, *more: str, **env: str) -> tuple[int, bytes, dict[str, Any]]:
        """Exit code, output, message."""
        words = [
            "--plan",
            "plan",
            "--run",
            "r1",
            "--node",
            node_id(step),
            "--message",
            "message",
            "--secrets",
            "secrets",
        ]
        argv = [sys.executable, "agent.pyz", "execute-node", *words, "--echo", "all", *more]
        there = {"PATH": os.environ["PATH"], **env}
        done = subprocess.run(argv, cwd=self.here, env=there, capture_output=True)
        return done.returncode, done.stdout, json.loads((self.here / "message").read_bytes())

    def files(self, pattern: str) -> list[Path]:
        return sorted(self.here.glob(f"store/{pattern}"))


@pytest.fixture
def pod(project: Made) -> Pod:
    return Pod(project({"pipeline.toml": TEXT}))


def test_a_run_begins_in_the_pod_that_is_first(pod: Pod) -> None:
    code, _, said = pod.go("a", A="open-sesame")
    assert (code, said["status"], said["exit"]) == (0, "succeeded", 0)
    (run,) = pod.files("runs/r1/run.json")
    assert json.loads(run.read_bytes())["run"] == "r1" and pod.files("plans/*/plan.json")
    code, _, said = pod.go("b")
    assert (code, said["status"]) == (0, "succeeded")


def test_n40_secrets_come_in_variables_and_files_and_go_nowhere(pod: Pod) -> None:
    code, out, said = pod.go("a", A="open-sesame")
    assert code == 0 and out.startswith(b"n is 2, ***\n***\n")
    kept = out + json.dumps(said).encode() + b"".join(path.read_bytes() for path in pod.files("**/*.*"))
    assert b"open-sesame" not in kept and b"another-one" not in kept


def test_the_record_is_the_last_line_of_what_is_printed(pod: Pod) -> None:
    _, out, said = pod.go("a", A="open-sesame")
    end = json.loads(out.splitlines()[-1])
    assert end["returns"]["x"]["json"] == 42 and end["attempt"] == said["attempt"]


def test_what_a_driver_knows_comes_as_a_word(pod: Pod) -> None:
    pod.go("a", A="open-sesame")
    told = b64encode(zlib.compress(json.dumps({"attempt": "01ABC", "n": 2}).encode())).decode()
    code, _, said = pod.go("b", "--told", told[:20], "--told", told[20:], CODE="3")
    assert code == 75 and said == {
        "attempt": "01ABC",
        "exit": 3,
        "reason": "exit",
        "status": "failed",
        **_error(said),
    }
    (end,) = pod.files("runs/r1/n/b-*/*a.01ABC.json")
    assert json.loads(end.read_bytes())["n"] == 2


def test_what_others_have_done_can_be_told(pod: Pod) -> None:
    done = {
        "id": node_id("a"),
        "key": "-",
        "status": "succeeded",
        "attempt": "A",
        "returns": {"x": {"kind": "json", "json": 42}},
    }
    told = b64encode(zlib.compress(json.dumps({"done": [done]}).encode())).decode()
    code, _, said = pod.go("b", "--told", told)
    assert (code, said["status"]) == (0, "succeeded") and pod.files("runs/r1/n/a-*/*done.json")


def _error(said: dict[str, Any]) -> dict[str, Any]:
    return {"error": said["error"]}


def test_a_store_that_may_not_be_written_is_said(pod: Pod) -> None:
    (pod.here / "store").write_text("a file is in the way")
    code, _, said = pod.go("a", A="open-sesame")
    assert code == 70 and (said["status"], said["reason"]) == ("errored", "store") and "store" in said["error"]


def test_a_container_without_a_working_folder_has_no_project(pod: Pod) -> None:
    code, out, _ = pod.go("c", "--root", "/")
    print(out, list(pod.here.glob("**/*")))
    assert code == 0 and out.splitlines()[0] == b"0", out


def test_a_run_that_nobody_has_submitted_has_the_parameters_of_its_plan(pod: Pod) -> None:
    (pod.here / "plan/run.json").write_text('{"v": 1}')
    code, out, _ = pod.go("a", A="open-sesame")
    (run,) = pod.files("runs/r1/run.json")
    assert code == 0 and out.startswith(b"n is 2") and json.loads(run.read_bytes())["params"] == {"n": 2}

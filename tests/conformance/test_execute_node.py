"""`execute-node`: the command that runs one attempt where plan, run log and catalog are all there is (PROTOCOL 2.6)."""

from __future__ import annotations

import ast
import bz2
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import runner
import runner.run.packed as packing
from runner.run.packed import lean, packed
from runner.testing.project import Outcome, Project

Made = Callable[..., Project]
PODS = ("--profile", "std:emulated")
TEXT = """
name = "x"
[params]
n = 2
[steps.a]
shell = 'echo a >> "$LOG"; echo "x=$((RUNNER_PARAM_n * 21))" >> "$RUNNER_RETURNS"; echo hello > "$RUNNER_PARAM_o"'
outputs = { o = "made/a.txt" }
returns = ["x"]
[steps.b]
shell = 'test "$RUNNER_PARAM_x" = 42 && cp "$RUNNER_PARAM_i" made/b.txt; exit ${CODE:-0}'
params = ["x"]
inputs = { i = "${steps.a.o}" }
outputs = ["made/b.txt"]
retry = { attempts = 2 }
"""


class Pods:
    """A run that has begun, and agents that go on with it by hand."""

    def __init__(self, found: Project, python: str = sys.executable, until: str = "a") -> None:
        self.found, self.python = found, python
        self.agent = found.path("agent.pyz")
        self.agent.write_bytes(packed())
        self.log = found.path("log")
        found.cli("up", *PODS, "--until", until, env={"LOG": str(self.log)}).ok()
        self.run = json.loads(found.cli("runs", "--json").ok().out)[0]["run"]
        self.plan = next(found.path(".runner/plans").glob("*/plan.json"))
        self.nodes = json.loads(self.plan.read_bytes())["nodes"]

    def words(self, path: str, *more: str) -> list[str]:
        id = next(id for id, node in self.nodes.items() if node["path"] == path)
        plan = ["--plan", str(self.plan)]
        return [self.python, str(self.agent), "execute-node", *plan, "--run", self.run, "--node", id, *more]

    def go(self, path: str, *more: str, **env: str) -> Outcome:
        there = {**self.found.environment(), "LOG": str(self.log), **env}
        done = subprocess.run(self.words(path, *more), cwd=self.found.root, env=there, capture_output=True, text=True)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def records(self, path: str) -> list[dict[str, Any]]:
        """Commits and other ends of a step, as they lie in the run log."""
        paths = sorted(self.found.root.glob(f".runner/runs/*/n/{path}-*/*.json"))
        found = [json.loads(path.read_bytes()) for path in paths]
        return [one for one in found if "status" in one]


@pytest.fixture
def pods(project: Made) -> Pods:
    return Pods(project({"pipeline.toml": TEXT}))


def test_a_node_finds_all_that_it_takes_in_the_stores(pods: Pods) -> None:
    assert not pods.found.exists("made/a.txt"), "outputs live in the catalog"
    report = pods.found.path("report")
    report.mkdir()
    pods.go("b", "--report", str(report)).ok()
    end = json.loads((report / "end.json").read_text())
    assert (end["status"], end["n"], end["files"][0]["path"]) == ("succeeded", 1, "made/b.txt")
    assert not pods.found.exists("made/b.txt")
    assert pods.records("b") == [end]


def test_r1_what_has_committed_is_not_started_again(pods: Pods) -> None:
    pods.go("a").ok()
    pods.go("a").ok()
    assert pods.log.read_text() == "a\n"


def test_codes_say_whether_it_may_be_tried_again(pods: Pods) -> None:
    pods.go("b", CODE="5").exits(75)
    pods.go("b", CODE="5").exits(78)
    ends = pods.records("b")
    assert [(end["n"], end["exit"], end["status"]) for end in ends] == [(1, 5, "failed"), (2, 5, "failed")]


def test_an_attempt_that_left_nothing_but_its_start_counts(pods: Pods) -> None:
    pods.go("b", CODE="5").exits(75)
    for path in pods.found.root.glob(".runner/runs/*/n/b-*/*.json"):
        if not path.name.endswith(".start.json"):
            path.unlink()
    pods.go("b", CODE="5").exits(75)
    assert [end["n"] for end in pods.records("b")] == [2]


def test_a_value_that_is_not_there_is_a_bad_parameter(pods: Pods) -> None:
    for path in pods.found.root.glob(".runner/runs/*/n/a-*/*.done.json"):
        path.unlink()
    pods.go("b").exits(78)


def test_a_wrong_command_line_is_told(pods: Pods) -> None:
    for words, said in (
        (["execute-node"], "`--run` is missing"),
        (["execute"], "the command is `execute-node`, `execute-job`, `execute-call` or `execute-calls`"),
        (["execute-node", "--run", "r", "--node", "n"], "`--plan` is missing"),
        (["execute-node", "--color", "x"], "`--color` is no option"),
    ):
        done = subprocess.run([sys.executable, str(pods.agent), *words], capture_output=True, text=True)
        assert done.returncode == 64 and said in done.stderr and "Traceback" not in done.stderr


def test_the_runner_has_the_commands_of_the_agent(pods: Pods) -> None:
    done = pods.found.cli(*pods.words("b")[2:])
    assert done.code == 0, done.err
    assert [end["status"] for end in pods.records("b")] == ["succeeded"]
    said = pods.found.cli("execute-node", "--help").ok().out
    assert "--told" in said and "execute-node" in pods.found.cli("--help").ok().out


@pytest.mark.parametrize("how", [("cancelled", "cancelled"), ("errored", "lost")], ids=lambda how: how[1])
def test_term_ends_the_command_and_the_run_log_says_why(project: Made, how: tuple[str, str]) -> None:
    text = "name = 'x'\n[steps.a]\nshell = 'true'\n[steps.b]\nneeds = ['a']\nshell = 'echo up > \"$LOG\"; sleep 60'\n"
    pods = Pods(project({"pipeline.toml": text}))
    env = {**pods.found.environment(), "LOG": str(pods.log)}
    if how[0] == "cancelled":
        next(pods.found.path(".runner/runs").glob("*/run.json")).with_name("cancel.json").write_text('{"v":1}')
    process = subprocess.Popen(pods.words("b"), cwd=pods.found.root, env=env)
    limit = time.monotonic() + 20
    while not pods.log.exists() and time.monotonic() < limit:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 78
    assert [(end["status"], end["reason"]) for end in pods.records("b")] == [how]


def test_the_agent_is_small_and_always_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a manifest brings is so for every machine: zlib, which packs in other ways elsewhere, is not asked."""
    assert packed() == packed() and len(packed()) < 150_000

    def asked(*_: Any, **__: Any) -> None:
        raise AssertionError("zlib is asked")

    monkeypatch.setattr(zlib, "compress", asked)
    monkeypatch.setattr(zlib, "compressobj", asked)
    found = packing.carried.__wrapped__()
    assert found == packing.carried() and len(found) < 100_000
    sample = bz2.compress(b"".join(b"%d " % (number * number) for number in range(1000)), 9)
    assert hashlib.sha256(sample).hexdigest()[:16] == "aea1e6151b482311", "as every bzip2 since 1996 has packed it"


def test_what_is_carried_says_the_same_on_the_same_lines() -> None:
    """Docstrings stay at home."""
    source = (
        '"""One.\n\nTwo."""\nx = "#"  # text\n\ndef f():\n    """Three."""\n\ndef g():\n    return """\nkept\n"""\n'
    )
    found = lean(source)
    assert found == '""\n\n\nx = "#"  # text\n\ndef f():\n    ""\n\ndef g():\n    return """\nkept\n"""\n'
    for path in Path(runner.__file__).parent.glob("agent/*.py"):
        whole, carried = (ast.parse(text) for text in (path.read_text(), lean(path.read_text())))
        for tree in (whole, carried):
            for node in ast.walk(tree):
                body = getattr(node, "body", None)
                if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
                    body[0] = ast.Pass(lineno=body[0].lineno)
        assert ast.dump(whole) == ast.dump(carried), path


@pytest.mark.skipif("PYTHON39" not in os.environ, reason="PYTHON39 names no interpreter")
def test_the_agent_runs_on_the_oldest_python(project: Made) -> None:
    pods = Pods(project({"pipeline.toml": TEXT}), os.environ["PYTHON39"])
    pods.go("b").ok()


EARLIER = """
import glob, json, os, time
(path,) = glob.glob(os.environ["LOG"] + "/*/n/g-*/-.scope.json")
begun = json.load(open(path))
assert begun["at"] <= time.time()
json.dump({**begun, "at": time.time() - 3600 + 0.3}, open(path, "w"))
"""


def test_the_time_of_a_group_is_counted_by_its_agents(project: Made) -> None:
    """From the beginning that the run log has: the first step makes it one of an hour ago, and 0.3 s are left."""
    text = """
        name = "x"
        [steps.g]
        timeout = "1h"
        [steps.g.steps.a]
        command = ["${env.PYTHON}", "-c", "${env.EARLIER}"]
        [steps.g.steps.b]
        needs = ["a"]
        shell = "sleep 9"
        [steps.g.steps.c]
        after = ["b"]
        shell = ":"
        """
    found = project({"pipeline.toml": text})
    env = {"PYTHON": sys.executable, "EARLIER": EARLIER, "LOG": str(found.path(".runner/runs"))}
    ended = found.cli("up", "pipeline.toml", *PODS, "--json", env=env).exits(1)
    assert ended.statuses() == {"g": "failed", "g.a": "succeeded", "g.b": "failed", "g.c": "failed"}
    assert {ended.nodes()[name]["reason"] for name in ("g.b", "g.c")} == {"timeout"}
    ended.says("`g` had a timeout of 3600 s for all that is inside")


WHOLES = """name = "x"
[steps.g]
returns = ["v"]
[steps.g.steps.a]
returns = ["v"]
shell = 'echo v=1 >> "$RUNNER_RETURNS"'
[steps.g.steps.b]
shell = "exit 1"
[steps.l]
repeat = { until = "w == 2", max = 3, as = "k" }
returns = ["w"]
[steps.l.steps.a]
returns = ["w"]
shell = 'echo w=$RUNNER_PARAM_k >> "$RUNNER_RETURNS"'
[steps.c]
choose = "'other'"
returns = ["x"]
[steps.c.cases.many]
for-each = { i = [1, 2] }
returns = ["x"]
stub = { returns = { x = 1 } }
[steps.c.default]
returns = ["x"]
shell = 'echo x=7 >> "$RUNNER_RETURNS"'
[steps.j]
params = { v = "${steps.g.v:-0}", w = "${steps.l.w}", x = "${steps.c.x}" }
shell = "echo $RUNNER_PARAM_v $RUNNER_PARAM_w $RUNNER_PARAM_x"
"""


@pytest.mark.parametrize("profile", [(), PODS], ids=["local", "agents"])
def test_what_groups_loops_and_choices_give_is_the_same_to_an_agent(project: Made, profile: tuple[str, ...]) -> None:
    """A group that failed gives nothing, a loop what its last round gave, a choice what the chosen case gave."""
    ended = project({"pipeline.toml": WHOLES}).cli("up", "pipeline.toml", *profile, "--json").exits(1)
    assert ended.nodes()["j"]["params_in"] == {"v": 0, "w": 2, "x": 7}


JOB = """
name = "convert"
[params]
n = 2
[job]
retry = { attempts = 2 }
returns = ["twice"]
shell = 'test ! -e no || exit 3; echo "twice=$((RUNNER_PARAM_n * 2))" >> "$RUNNER_RETURNS"'
"""


def test_a_job_is_executed_without_naming_its_step(project: Made) -> None:
    """A run begins, its only attempt fails; an agent goes on with the plan alone, until there is nothing left to do."""
    made = project({"pipeline.toml": JOB.replace("attempts = 2", "attempts = 1"), "no": ""})
    made.cli("up", "pipeline.toml", *PODS).exits(1)
    agent = made.path("agent.pyz")
    agent.write_bytes(packed())
    run = json.loads(made.cli("runs", "--json").ok().out)[0]["run"]
    plan = next(made.path(".runner/plans").glob("*/plan.json"))

    def go(*more: str) -> int:
        words = [sys.executable, str(agent), "execute-job", "--plan", str(plan), "--run", run, *more]
        return subprocess.run(words, cwd=made.root, env=made.environment(), capture_output=True).returncode

    assert go() == 78, "its one attempt is used up"
    made.path("no").unlink()
    assert (go("--report", str(made.root)), go()) == (0, 0)
    assert json.loads(made.read("end.json"))["returns"]["twice"]["json"] == 4
    many = project({"pipeline.toml": TEXT})
    many.cli("up", *PODS, env={"LOG": str(many.path("log"))}).ok()
    plan = next(many.path(".runner/plans").glob("*/plan.json"))
    assert go() == 64, "a pipeline of two steps is no job"

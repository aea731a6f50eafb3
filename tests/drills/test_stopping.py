"""Runs that are asked to stop, and steps that don't want to: exit codes, records, no orphans (DESIGN 3.3, N42)."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.processes import alive
from runner.testing.project import MARK, Outcome, Project

Make = Callable[..., Project]
GRACE = 'extends = "local"\n[executor]\ngrace = "1s"\n'
WAYS = pytest.mark.parametrize("secret", [False, True], ids=["plain", "with-secrets"])
ENV = {"TOKEN": "abcd1234-efgh"}


def made_of(project: Make, pipeline: str, secret: bool = False, **files: str) -> Project:
    text = 'name = "x"\n[defaults]\nsecrets = ["TOKEN"]\n' if secret else 'name = "x"\n'
    return project({"pipeline.toml": text + pipeline, "profiles/quick.toml": GRACE} | files)


def started(made: Project, marker: str = "began", *words: str) -> subprocess.Popen[str]:
    process = made.popen("up", "pipeline.toml", "--profile", "quick", *words, env=ENV)
    made.wait(lambda: made.exists(marker))
    return process


def ended(process: subprocess.Popen[str], limit: float = 15) -> Outcome:
    out, err = process.communicate(timeout=limit)
    return Outcome(process.returncode, out, err)


def told(made: Project) -> Outcome:
    """What `show` says of the last run; nothing of ours is alive or left in the way."""
    assert not alive(f"{MARK}={made._mark}", made.base)
    assert not [path for path in made.path(".runner").rglob("*") if "work" in path.relative_to(made.root).parts]
    return made.cli("show", "@last", "--json").ok()


def attempts(shown: Outcome, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shown.nodes()[name]["attempts"]
    return found


PLAIN = """
[steps.a]
shell = "touch began; sleep 60; touch next-line"
on-failure = "h"
[steps.b]
needs = ["a"]
shell = "touch b"
[steps.c]
after = ["a"]
shell = "touch c"
[handlers.h]
shell = "touch handled"
[finally.f]
shell = 'echo "$RUNNER_RUN_STATUS" >> last'
"""


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_one_signal_stops_and_runs_finally(project: Make, name: str) -> None:
    made = made_of(project, PLAIN)
    number = signal.Signals[f"SIG{name}"]
    process = started(made)
    process.send_signal(number)
    out = ended(process).exits(128 + number).silent("Traceback", "failed: ")
    shown = told(made)
    assert shown.json()["status"] == "cancelled"
    assert shown.statuses() == {"a": "cancelled", "b": "blocked", "c": "cancelled", "f!finally": "succeeded"}
    last = attempts(shown, "a")[-1]
    assert (last["status"], last["reason"], last["signal"]) == ("cancelled", "cancelled", signal.SIGTERM)
    assert made.read("last") == "cancelled\n"
    assert not any(made.exists(name) for name in ("next-line", "b", "c", "handled"))
    assert "cancelled" in out.err


def test_a_signal_to_the_whole_group_as_a_terminal_sends_it(project: Make) -> None:
    made = made_of(project, PLAIN)
    process = started(made)
    os.killpg(process.pid, signal.SIGINT)
    ended(process).exits(130)
    assert attempts(told(made), "a")[-1]["signal"] == signal.SIGTERM


DEAF = """
[steps.a]
shell = "trap '' TERM INT HUP; touch began; while true; do sleep 0.1; done"
[finally.f]
shell = "touch last"
"""


@WAYS
def test_a_step_that_ignores_term_is_killed_after_the_grace(project: Make, secret: bool) -> None:
    made = made_of(project, DEAF, secret)
    process = started(made)
    process.send_signal(signal.SIGINT)
    ended(process).exits(130)
    last = attempts(told(made), "a")[-1]
    assert (last["status"], last["signal"]) == ("cancelled", signal.SIGKILL)
    assert made.exists("last")


@WAYS
@pytest.mark.parametrize("second", ["INT", "TERM"])
def test_two_signals_end_at_once_without_finally(project: Make, second: str, secret: bool) -> None:
    made = made_of(project, DEAF, secret)
    made.write({"profiles/quick.toml": GRACE.replace("1s", "60s")})
    process = started(made)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.Signals[f"SIG{second}"])
    ended(process).exits(130).silent("Traceback")
    shown = told(made)
    assert shown.json()["status"] == "cancelled"
    assert attempts(shown, "a")[-1]["signal"] == signal.SIGKILL
    assert not made.exists("last")


def test_two_signals_end_finally_too(project: Make) -> None:
    made = made_of(project, PLAIN.replace("echo", "touch in-finally; sleep 60; echo"))
    process = started(made)
    process.send_signal(signal.SIGINT)
    made.wait(lambda: made.exists("in-finally"))
    process.send_signal(signal.SIGINT)
    ended(process).exits(130)
    assert told(made).statuses()["f!finally"] == "cancelled"
    assert not made.exists("last")


CHILDREN = {
    "child": "sleep 300 & touch began; wait",
    "own-group": "set -m; sleep 300 & touch began; wait",
    "setsid": "setsid sleep 300 & touch began; wait",
    "setsid-orphan": "setsid -f sleep 300; (setsid sleep 300 &); touch began; sleep 300",
    "deaf-setsid": "setsid bash -c 'trap \"\" TERM; touch began; while true; do sleep 0.1; done' & wait",
}


@WAYS
@pytest.mark.parametrize("how", CHILDREN)
def test_children_end_with_their_step(project: Make, how: str, secret: bool) -> None:
    made = made_of(project, f"[steps.a]\nshell = '''\n{CHILDREN[how]}\n'''\n", secret)
    process = started(made)
    process.send_signal(signal.SIGTERM)
    ended(process).exits(143)
    assert attempts(told(made), "a")[-1]["status"] == "cancelled"


@pytest.mark.parametrize("how", CHILDREN)
def test_children_end_with_a_step_that_ran_out_of_time(project: Make, how: str) -> None:
    made = made_of(project, f"[steps.a]\ntimeout = \"1s\"\nshell = '''\n{CHILDREN[how]}\n'''\n")
    ended(started(made)).exits(1)
    assert attempts(told(made), "a")[-1]["reason"] == "timeout"


@WAYS
@pytest.mark.parametrize("how", ["ends-with-0", "ends-with-7", "python"])
def test_n42_after_our_term_it_is_cancelled_whatever_the_exit_code(project: Make, how: str, secret: bool) -> None:
    code = how.rpartition("-")[2]
    body = f"shell = \"trap 'echo once >> terms; exit {code}' TERM; touch began; while true; do sleep 0.05; done\""
    if how == "python":
        body = 'python = "w:f"'
    made = made_of(project, f"[steps.a]\n{body}\n", secret)
    made.write(
        {
            "w.py": """
                import signal, sys, time
                def end(number, frame):
                    open("terms", "a").write("once\\n")
                    sys.exit(0)
                def f():
                    signal.signal(signal.SIGTERM, end)
                    open("began", "w").close()
                    time.sleep(60)
                """
        }
    )
    process = started(made)
    process.send_signal(signal.SIGINT)
    ended(process).exits(130)
    last = attempts(told(made), "a")[-1]
    assert (last["status"], last["reason"]) == ("cancelled", "cancelled")
    assert made.read("terms") == "once\n"  # TERM comes once


def test_waiting_for_a_retry_is_stopped_too(project: Make) -> None:
    made = made_of(project, '[steps.a]\nretry = { attempts = 2, delay = "60s" }\nshell = "touch began; exit 3"\n')
    process = started(made)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    ended(process).exits(130)
    shown = told(made)
    assert shown.statuses() == {"a": "failed"} and len(attempts(shown, "a")) == 1  # its last end stands


@WAYS
def test_items_that_run_and_items_that_wait(project: Make, secret: bool) -> None:
    made = made_of(
        project,
        '[steps.m]\nfor-each = { i = { range = 50 } }\nmax-parallel = 4\nshell = "touch began; sleep 60"\n',
        secret,
    )
    process = started(made, "began", "-j", "4")
    process.send_signal(signal.SIGINT)
    ended(process).exits(130)
    shown = told(made)
    assert set(shown.statuses().values()) <= {"cancelled", "skipped"}
    assert len(shown.statuses()) == 51


def test_a_signal_while_the_plan_is_made(project: Make) -> None:
    made = made_of(project, PLAIN)
    process = made.popen("up", "pipeline.toml")
    time.sleep(0.15)  # the interpreter has just begun to import
    process.send_signal(signal.SIGTERM)
    out = ended(process)
    assert out.code in (143, -signal.SIGTERM) and "Traceback" not in out.err


@pytest.mark.parametrize("kind", ["shell", "python"])
@WAYS
def test_a_step_timeout_is_a_failure_and_is_handled(project: Make, kind: str, secret: bool) -> None:
    body = 'shell = "sleep 60"' if kind == "shell" else 'python = "w:f"'
    made = made_of(
        project,
        f"""
        [steps.a]
        timeout = "1s"
        {body}
        on-failure = "h"
        retry = {{ attempts = 2 }}
        [steps.b]
        needs = ["a"]
        shell = "true"
        [handlers.h]
        shell = 'echo "$RUNNER_FAILED_STEP <$RUNNER_FAILED_EXIT_CODE>" > handled'
        """,
        secret,
    )
    made.write({"w.py": "import time\ndef f(): time.sleep(60)\n"})
    ended(made.popen("up", "pipeline.toml", "--profile", "quick", env=ENV)).exits(1).says("timeout")
    shown = told(made)
    assert [(end["status"], end["reason"]) for end in attempts(shown, "a")] == [("failed", "timeout")] * 2
    assert shown.statuses()["b"] == "blocked" and made.read("handled") == "a <>\n"


def test_n52_a_run_that_runs_out_of_time(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                timeout = "1s"
                [steps.a]
                shell = "sleep 60"
                on-failure = "h"
                [steps.b]
                needs = ["a"]
                shell = "true"
                [steps.c]
                shell = "true"
                [handlers.h]
                shell = "touch handled"
                [finally.f]
                shell = 'sleep 1.2; echo "$RUNNER_RUN_STATUS" > last'
                """
        }
    )
    ended(made.popen("up", "pipeline.toml")).exits(124)
    shown = told(made)
    assert made.read("last") == "failed\n"  # it ran longer than the run's timeout
    assert shown.json()["status"] == "failed" and not made.exists("handled")
    assert shown.statuses()["c"] == "succeeded" and shown.statuses()["b"] == "blocked"
    assert attempts(shown, "a")[-1]["reason"] == "timeout"


USED = {
    "i.toml": """
[params]
n = 0
[steps.a]
shell = "touch began; sleep 60"
[steps.b]
shell = "touch b"
needs = ["a"]
[finally.end]
env = { N = "${n}" }
shell = 'echo "$N $RUNNER_RUN_STATUS" >> last; touch "ends-$N"; test ! -e slow || sleep 60'
"""
}
MAP = '[steps.u]\nfor-each = { n = { range = 9 } }\nmax-parallel = 2\nuses = "i.toml"\nparams = ["n"]\n'


def test_one_signal_lets_finally_of_files_run_that_have_begun(project: Make) -> None:
    made = made_of(project, MAP, **USED)
    process = started(made, "began", "-j", "1")
    process.send_signal(signal.SIGINT)
    ended(process).exits(130)
    assert made.read("last") == "0 cancelled\n"
    shown = told(made)
    found = shown.statuses()
    assert found["u[n=0].!finally.end"] == "succeeded" and found["u[n=0].b"] == "blocked"
    assert all(found[f"u[n={n}].!finally.end"] == "cancelled" for n in range(1, 9))


def test_a_second_signal_stops_finally_of_files_too(project: Make) -> None:
    made = made_of(project, MAP, **USED, slow="")
    process = started(made)
    process.send_signal(signal.SIGINT)
    made.wait(lambda: made.exists("ends-0"))
    process.send_signal(signal.SIGINT)
    ended(process).exits(130)
    assert told(made).statuses()["u[n=0].!finally.end"] == "cancelled"

"""N29 and N30 in real runs: handlers and the last steps. More stands beside the code it tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


def given(outcome: Outcome, label: str, name: str) -> Any:
    return outcome.nodes()[label]["returns"][name]["json"]


def log(made: Project, label: str) -> str:
    return made.cli("logs", "@last", label).ok().out


# failure and the end


def test_n29_a_handler_stands_in_the_scope_of_its_step_and_runs_after_the_last_attempt(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                who = "me"
                [steps.a]
                params = { own = 7 }
                retry = { attempts = 2 }
                on-failure = "mend"
                shell = 'echo "try $RUNNER_ATTEMPT"; exit 5'
                [steps.b]
                on-failure = "mend"
                params = { own = 8 }
                needs = ["a"]
                shell = "true"
                [handlers.mend]
                params = ["own"]
                shell = '''
                echo "$RUNNER_PARAM_own $RUNNER_FAILED_STEP $RUNNER_FAILED_EXIT_CODE $(cat "$RUNNER_FAILED_LOG")"
                '''
                """
        }
    )
    ended = up(made).exits(1)
    assert ended.statuses() == {"a": "failed", "a!on-failure": "succeeded", "b": "blocked"}
    assert log(made, "a!on-failure") == "7 a 5 try 2\n"


def test_n29_a_handler_can_not_be_needed(project: Make) -> None:
    text = (
        '[steps.a]\non-failure = "h"\nshell = ":"\n[steps.b]\nneeds = ["h"]\nshell = ":"\n[handlers.h]\nshell = ":"\n'
    )
    project({"pipeline.toml": text}).cli("check", "pipeline.toml").exits(3).says("pipeline.toml:5", "`h`")


RECOVERS = """
name = "x"
[steps.a]
on-failure = { run = "mend", recover = HOW }
outputs = { o = "o.txt" }
returns = ["v"]
shell = "exit 1"
[steps.b]
inputs = { o = "${steps.a.o}" }
params = ["v"]
shell = 'cat "$RUNNER_PARAM_o"; echo "$RUNNER_PARAM_v"'
[handlers.mend]
outputs = { o = "o.txt" }
returns = ["v"]
shell = 'echo mended > o.txt; echo v=0 > "$RUNNER_RETURNS"'
"""


@pytest.mark.parametrize(
    ("how", "code", "b"), [("false", 1, "blocked"), ('"skip"', 0, "skipped"), ('"continue"', 0, "succeeded")]
)
def test_n29_what_recovers_stands_for_the_step(project: Make, how: str, code: int, b: str) -> None:
    made = project({"pipeline.toml": RECOVERS.replace("HOW", how)})
    assert up(made).exits(code).statuses()["b"] == b
    if b == "succeeded":
        assert log(made, "b") == "mended\n0\n"


FINALLY = """
name = "x"
[params]
who = "me"
[steps.a]
returns = ["v"]
shell = 'echo v=1 > "$RUNNER_RETURNS"; exit CODE'
[steps.b]
needs = ["a"]
shell = "true"
[finally.tell]
env = { S = "${run.status}", F = "${run.failed}", V = "${steps.a.v:-none yet}" }
shell = '''
echo "$S|$RUNNER_RUN_STATUS|$F|$V|$RUNNER_PARAM_who"
python -c "import json, os; r = json.load(open(os.environ['RUNNER_RUN_RECORD'])); print(json.dumps(r))"
'''
[finally.after]
needs = ["tell"]
shell = "exit LAST"
"""


@pytest.mark.parametrize(("code", "last", "exit"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (1, 1, 1)])
def test_n30_the_last_steps_see_how_the_run_ended(project: Make, code: int, last: int, exit: int) -> None:
    made = project({"pipeline.toml": FINALLY.replace("CODE", str(code)).replace("LAST", str(last))})
    ended = up(made).exits(exit)
    first, record = log(made, "tell!finally").splitlines()
    status, failed, v = ("failed", '["a"]', "none yet") if code else ("succeeded", "[]", "1")
    assert first == f"{status}|{status}|{failed}|{v}|me"
    assert '"status"' in record and '"a"' in record and json.loads(record)
    assert ended.json()["status"] == ("failed" if exit else "succeeded")


def test_n30_the_last_steps_name_only_each_other(project: Make) -> None:
    text = '[steps.a]\nshell = ":"\n[finally.f]\nneeds = ["a"]\nshell = ":"\n'
    project({"pipeline.toml": text}).cli("check", "pipeline.toml").exits(3).says("pipeline.toml:4", "`a`")


def test_n30_all_last_steps_see_the_ends_of_all_others(project: Make) -> None:
    text = """
name = "x"
[steps.b]
shell = "exit 1"
[steps.a]
shell = "exit 1"
after = ["b"]
[finally.first]
shell = 'cat "$RUNNER_RUN_RECORD" > one; exit 1'
[finally.second]
after = ["first"]
when = "run.failed == ['a', 'b'] or run.failed == ['b', 'a']"
env = { F = "${run.failed}" }
shell = 'cat "$RUNNER_RUN_RECORD" > two; echo "$F" > failed'
"""
    made = project({"pipeline.toml": text})
    up(made).exits(1)
    assert made.read("one") == made.read("two")
    assert made.read("failed") == '["b","a"]\n'
    assert sorted(node["path"] for node in json.loads(made.read("two"))["nodes"]) == ["a", "b"]

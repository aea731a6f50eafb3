"""`repeat`: rounds, what the next one sees, when it ends (N31)."""

from __future__ import annotations

from collections.abc import Callable

from runner.testing.project import Project

Made = Callable[..., Project]


def test_n31_a_round_sees_what_the_round_before_returned_and_the_first_what_is_outside(project: Made) -> None:
    text = """
name = "x"
[params]
n = 10
[steps.grow]
repeat = { until = "n >= 13", max = 9, as = "round" }
shell = 'echo "$RUNNER_PARAM_round $RUNNER_PARAM_n" >> log; echo "n=$((RUNNER_PARAM_n + 1))" >> $RUNNER_RETURNS'
returns = ["n"]
[steps.after]
needs = ["grow"]
params = ["n"]
shell = 'echo "after $RUNNER_PARAM_n" >> log'
"""
    found = project({"pipeline.toml": text})
    found.cli("up").ok()
    assert found.read("log").splitlines() == ["1 10", "2 11", "3 12", "after 13"]


def test_n31_python_steps_ask_for_the_return_of_the_round_before_by_name(project: Made) -> None:
    files = {
        "pipeline.toml": """
            name = "x"
            [steps.grow]
            repeat = { until = "len(seen) == 3", max = 9 }
            python = "w:grow"
            returns = ["seen"]
            """,
        "w.py": "def grow(seen=None):\n    return [*(seen or []), len(seen or [])]\n",
    }
    found = project(files)
    found.cli("up").ok()
    nodes = found.cli("show", "--json").json()["nodes"]
    last = [node for key, node in nodes.items() if key.endswith(" 3")]
    assert last[0]["returns"]["seen"]["json"] == [0, 1, 2]


def test_n31_rounds_that_never_hold_fail_or_succeed_with_the_last_values(project: Made) -> None:
    text = """
name = "x"
[steps.a]
repeat = {{ until = "ok", max = 2{more} }}
shell = 'echo "ok=false" >> $RUNNER_RETURNS'
returns = ["ok"]
"""
    found = project({"pipeline.toml": text.format(more="")})
    found.cli("up").exits(1).says("failed: a did not converge")
    found.write({"pipeline.toml": text.format(more=', exhausted = "succeed"')})
    found.cli("up").ok()


def test_n31_a_failed_round_ends_the_loop(project: Made) -> None:
    text = """
name = "x"
[steps.a]
repeat = { until = "false", max = 5, as = "r" }
shell = 'echo "$RUNNER_PARAM_r" >> log; test "$RUNNER_PARAM_r" -lt 2'
"""
    found = project({"pipeline.toml": text})
    found.cli("up").exits(1)
    assert found.read("log").splitlines() == ["1", "2"]


def test_n31_outside_of_the_first_round_may_be_another_step(project: Made) -> None:
    text = """
name = "x"
[steps.start]
shell = 'echo "n=5" >> $RUNNER_RETURNS'
returns = ["n"]
[steps.grow]
needs = ["start"]
repeat = { until = "n >= 7", max = 9 }
command = ["sh", "-c", 'echo "$0" >> log; echo "n=$(($0 + 1))" >> $RUNNER_RETURNS', "${n}"]
returns = ["n"]
"""
    found = project({"pipeline.toml": text})
    found.cli("up").ok()
    assert found.read("log").splitlines() == ["5", "6"]

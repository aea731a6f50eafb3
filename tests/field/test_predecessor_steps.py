"""What a runner of this field got wrong, and ours must not: steps side by side, functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from runner.testing.project import Outcome, Project

Make = Callable[..., Project]


def up(made: Project, *words: str, **env: str) -> Outcome:
    return made.cli("up", "pipeline.toml", "--json", *words, env=env)


def returned(outcome: Outcome, label: str) -> Any:
    """The values that a step gave back."""
    return {name: value["json"] for name, value in outcome.nodes()[label]["returns"].items()}


# what runs side by side

MEET = """
touch "met.$1"; n=0
until test -e met.$2; do sleep 0.02; n=$((n + 1)); test $n -lt 500; done
"""


@pytest.mark.parametrize(
    "steps",
    [
        '[steps.a]\ncommand = ["bash", "-e", "meet", "1", "2"]\n'
        '[steps.b]\ncommand = ["bash", "-e", "meet", "2", "1"]\n',
        '[steps.m]\nfor-each = { p = [[1, 2], [2, 1]] }\ncommand = ["bash", "-e", "meet", "${p}"]\n',
        "[steps.g.steps.m]\nfor-each = { p = [[1, 2], [2, 1]] }\n"
        '[steps.g.steps.m.steps.s]\ncommand = ["bash", "-e", "meet", "${p}"]\n',
        '[steps.m]\nfor-each = { p = [[1, 2], [2, 1]] }\npython = "w:meet"\n',
    ],
    ids=["steps", "items", "nested", "async"],
)
def test_what_nothing_orders_runs_side_by_side(project: Make, steps: str) -> None:
    code = (
        "import asyncio, subprocess\n"
        "async def meet(p):\n"
        "    done = await asyncio.create_subprocess_exec('bash', '-e', 'meet', *map(str, p))\n"
        "    assert await done.wait() == 0\n"
    )
    up(project({"pipeline.toml": f'name = "x"\n{steps}', "meet": MEET, "w.py": code}), "-j", "2").ok()


def test_one_at_a_time_when_asked(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [steps.m]
                for-each = { i = { range = 4 } }
                shell = "mkdir busy; sleep 0.03; rmdir busy"
                [steps.n]
                shell = "mkdir busy; sleep 0.03; rmdir busy"
                """
        }
    )
    up(made, "-j", "1").ok()


# functions


@pytest.mark.parametrize("name", ["deploy", "copy", "my_py", "p", "y", "step", "pipeline_py"])
def test_a_function_may_have_any_name(project: Make, name: str) -> None:
    made = project(
        {"pipeline.toml": f'name = "x"\n[steps.a]\npython = "w:{name}"\n', "w.py": f"def {name}(): print('ran')\n"}
    )
    up(made).ok()


def test_a_pipeline_is_run_from_anywhere(project: Make) -> None:
    made = project(
        {
            "sub/pipeline.toml": 'name = "x"\n[steps.a]\npython = "w:f"\noutputs = ["out.txt"]\n',
            "sub/w.py": "import os\ndef f(): open('out.txt', 'w').write(os.getcwd())\n",
        }
    )
    made.cli("up", "sub/pipeline.toml").ok()
    assert made.read("sub/out.txt") == str(made.path("sub"))
    assert not made.exists("out.txt") and not made.exists(".runner")


def test_functions_that_take_the_rest(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": """
                name = "x"
                [params]
                a = 1
                b = true
                [steps.words]
                python = "w:words"
                returns = ["seen"]
                [steps.space]
                params = ["a", "b"]
                python = "w:space"
                returns = ["also"]
                """,
            "w.py": """
                import argparse
                def words(a, **rest): return [a, rest]
                def space(args: argparse.Namespace): return [args.a, args.b]
                """,
        }
    )
    ended = up(made).ok()
    assert returned(ended, "words") == {"seen": [1, {"b": True}]}
    assert returned(ended, "space") == {"also": [1, True]}


@pytest.mark.parametrize("value", ["1", "(1, 2, 3)", "[1]", "{'a': 1}", "None"])
def test_a_wrong_number_of_returns_fails(project: Make, value: str) -> None:
    made = project(
        {
            "pipeline.toml": 'name = "x"\n[steps.s]\npython = "w:f"\nreturns = ["a", "b"]\n',
            "w.py": f"def f(): return {value}\n",
        }
    )
    node = up(made).exits(1).nodes()["s"]
    assert node["reason"] in ("bad-return", "missing-return")
    assert "a, b" in node["attempts"][-1]["error"]["message"] or "`b`" in node["attempts"][-1]["error"]["message"]

"""Large pipelines run: a thousand steps in a chain, side by side, as items; ten thousand are checked and planned."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from runner.testing.project import Project

Make = Callable[..., Project]
MOST = 300  # MB of memory of the runner, at any time
MEASURED = (
    "import resource, subprocess, sys; p = subprocess.run(sys.argv[1:]);"
    "print(p.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)"
)


def measured(made: Project, *words: str) -> tuple[str, int, int]:
    """stdout, exit code and the most memory in MB of a command, the largest of its steps counted too."""
    command = made.command()
    done = subprocess.run(
        [command[0], "-c", MEASURED, *command, *words],
        cwd=made.root,
        env=made.environment(),
        capture_output=True,
        text=True,
    )
    code, memory = done.stderr.splitlines()[-1].split()
    return done.stdout, int(code), int(memory)


def chain(count: int) -> str:
    """Every step reads what the one before wrote, takes what it returned, and names it as a need."""
    first = (
        "[steps.s0]\noutputs = { o = 'o/0' }\nreturns = ['r0']\n"
        "shell = 'echo 0 > \"$RUNNER_PARAM_o\"; echo r0=0 > $RUNNER_RETURNS'\n"
    )
    return first + "".join(
        f"[steps.s{n}]\ninputs = {{ i = '${{steps.s{n - 1}.o}}' }}\noutputs = {{ o = 'o/{n}' }}\nreturns = ['r{n}']\n"
        f"params = {{ r = '${{r{n - 1}}}' }}\n"
        f"shell = 'echo {n} > \"$RUNNER_PARAM_o\"; echo r{n}=$((RUNNER_PARAM_r + 1)) > $RUNNER_RETURNS'\n"
        for n in range(1, count)
    )


def wide(count: int) -> str:
    steps = "".join(f"[steps.s{n}]\nshell = 'echo {n}'\n" for n in range(count))
    return steps + f"[steps.join]\nneeds = {json.dumps([f's{n}' for n in range(count)])}\nshell = 'true'\n"


def items(count: int) -> str:
    return (
        f"[steps.m]\nfor-each = {{ i = {{ range = {count} }} }}\nreturns = ['r']\n"
        "shell = 'echo r=$RUNNER_PARAM_i > $RUNNER_RETURNS'\nreduce = { r = 'sum' }\n"
        f"[steps.after]\nwhen = 'r == {count * (count - 1) // 2}'\nshell = 'true'\n"
    )


@pytest.mark.parametrize(
    ("shape", "ends"), [(chain, 1000), (wide, 1001), (items, 1003)], ids=["chain", "wide", "items"]
)
def test_a_thousand_run(project: Make, shape: Callable[[int], str], ends: int) -> None:
    made = project({"pipeline.toml": f"name = 'x'\n{shape(1000)}"})
    _, code, many = measured(made, "up", "pipeline.toml", "--output", "quiet")
    run = made.cli("show", "@last", "--json").ok().json()
    assert (code, run["status"]) == (0, "succeeded")
    assert len(run["nodes"]) == ends and {node["status"] for node in run["nodes"].values()} == {"succeeded"}
    made.write({"pipeline.toml": f"name = 'x'\n{shape(10)}"})
    few = measured(made, "up", "pipeline.toml", "--output", "quiet")[2]
    assert few + 10 * (many - few) < MOST, "ten thousand would not fit"


@pytest.mark.parametrize("shape", [chain, wide, items], ids=["chain", "wide", "items"])
@pytest.mark.parametrize("verb", ["check", "plan"])
def test_ten_thousand_are_checked_and_planned(project: Make, shape: Callable[[int], str], verb: str) -> None:
    made = project({"pipeline.toml": f"name = 'x'\n{shape(10_000)}"})
    _, code, memory = measured(made, verb, "pipeline.toml")
    assert code == 0 and memory < MOST

"""Steps that ask for parts of the machine, on a machine whose size the profile says."""

from __future__ import annotations

import json
from collections.abc import Callable

from runner.testing.project import Project

Make = Callable[..., Project]
SMALL = '[executor]\ncpu = 2\nmemory = "4Gi"\ngpu = 1\n'
LOGGED = 'echo "+$RUNNER_STEP ${RUNNER_ITEM-}" >> log; sleep 0.05; echo "-$RUNNER_STEP ${RUNNER_ITEM-}" >> log'


def most(made: Project) -> int:
    """How many ran at once."""
    running = peak = 0
    for line in made.read("log").splitlines():
        running += 1 if line[0] == "+" else -1
        peak = max(peak, running)
    return peak


def test_no_more_runs_at_once_than_the_machine_has(project: Make) -> None:
    for asked, peak in (("cpu = 1", 2), ('memory = "3Gi"', 1), ("gpu = 1", 1), ("cpu = 0.5", 4)):
        made = project(
            {
                "pipeline.toml": f"""
                    name = "x"
                    [steps.m]
                    for-each = {{ i = {{ range = 6 }} }}
                    resources = {{ {asked} }}
                    shell = '''{LOGGED}'''
                    """,
                "profiles/small.toml": SMALL,
            }
        )
        made.cli("up", "-j", "4", "--profile", "small").ok().silent("W706")
        assert most(made) <= peak
        assert made.read("log").count("-m") == 6


def test_a_step_that_asks_for_more_than_there_is_runs_and_is_warned_of(project: Make) -> None:
    made = project(
        {
            "pipeline.toml": f"""
                name = "x"
                [steps.a]
                resources = {{ cpu = 8, memory = "64Gi" }}
                shell = '''{LOGGED}'''
                [steps.b]
                resources = {{ cpu = 16, memory = "1Gi", gpu = 2 }}
                shell = '''{LOGGED}'''
                """,
            "profiles/small.toml": SMALL,
            "profiles/none.toml": "[executor]\ngpu = 0\n",
        }
    )
    said = made.cli("up", "-j", "4", "--profile", "small").ok()
    said.says(
        "warning[W706]: `b` asks for 16 cpu, and this machine has 2 (`executor.cpu`, profile small): it takes all of "
        "it (`RUNNER_CPU` stays 16); 1 other step asks for too much"
    )
    said.says("pipeline.toml:6:21", "resources = { cpu = 2 }")
    said.says(
        "`a` asks for 64Gi of memory, and this machine has 4Gi (`executor.memory`, profile small): it",
        "`b` asks for 2 gpu",
    )
    assert most(made) == 1
    made.cli("up", "--profile", "none").ok().says(
        "`b` asks for 2 gpu, and this machine has none (`executor.gpu`, profile none): it runs"
    )
    made.cli("up", "--set", "executor.cpu=3", "--only", "a").ok().says("has 3 (`executor.cpu`, --set)")
    made.cli("up", "--profile", "small", "--only", "b").ok().silent("64Gi")
    made.cli("check", "--profile", "small").ok().silent("W706")


def test_a_profile_asks_for_less_where_there_is_less(project: Make) -> None:
    text = 'name = "x"\n[steps.a]\nresources = { cpu = 64 }\nshell = "echo $RUNNER_CPU > cpu"\n'
    made = project({"pipeline.toml": text, "profiles/small.toml": f"{SMALL}[steps.a]\nresources = {{ cpu = 2 }}\n"})
    made.cli("up", "--profile", "small").ok().silent("W706")
    assert made.read("cpu") == "2\n"


def test_a_run_with_resources_is_folded_as_it_was(project: Make) -> None:
    text = (
        'name = "x"\n[steps.a]\nresources = { cpu = 2 }\nshell = "true"\n'
        '[steps.b]\nresources = { gpu = 1 }\nshell = "exit 1"\n'
    )
    made = project({"pipeline.toml": text, "profiles/small.toml": SMALL})
    made.cli("up", "--profile", "small").exits(1)
    nodes = json.loads(made.cli("show", "@last", "--json").out)["nodes"]
    assert [node["status"] for node in nodes.values()] == ["succeeded", "failed"]

"""Kill the driver at any operation, resume: the same end as an unbroken run, nothing committed runs again (R1, R8).

A sample of the points by default; all of them with RUNNER_DRILL=all, which `make drill` sets.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from runner.testing.drill import FILES, Drill, every
from runner.testing.project import Project

Made = Callable[..., Project]
LEAST = 200  # operations at which a driver can be killed
MOST = 450  # that a run has, and a few more, since who ends first makes a difference
SAMPLE = [1, 9, 22, 37, 60, 85, 113, 150, 183, 220, 262, 300]


def test_the_drill_has_enough_points_and_leaves_none_out(drill: Drill) -> None:
    assert LEAST <= len(drill.seen) < MOST
    kinds = {"open-w", "write", "mkdir", "rename", "unlink", "fsync", "spawn", "reap", "chmod"}
    assert kinds <= set(drill.seen), "a kind of operation that nothing counts any more"


def test_no_operation_on_files_goes_uncounted(project: Made, drill: Drill) -> None:
    done = drill.broken(project(FILES), {"do": "watch"})
    assert done.code == 0 and "missed:" not in done.err, done.err


def killed(drill: Drill, found: Project, at: int, how: str = "kill", *words: str) -> None:
    """A run that dies at an operation; skips where the run has no such."""
    done = drill.broken(found, {"at": at, "do": how}, *words)
    if done.code == 0:
        pytest.skip(f"this run had {len(done.seen)} operations")
    assert done.code == -9, done.err


@pytest.mark.parametrize("at", range(1, MOST) if every() else SAMPLE)
def test_killed_at_an_operation_and_resumed(project: Made, drill: Drill, at: int) -> None:
    found = project(FILES)
    killed(drill, found, at)
    drill.resumed(found)


@pytest.mark.parametrize("at", range(1, 75) if every() else [12, 31])
def test_killed_in_the_middle_of_a_write_and_resumed(project: Made, drill: Drill, at: int) -> None:
    found = project(FILES)
    killed(drill, found, at, "torn")
    drill.resumed(found)


@pytest.mark.parametrize("again", range(2, 200, 3) if every() else [50])
def test_killed_while_it_goes_on_and_resumed_once_more(project: Made, drill: Drill, again: int) -> None:
    found = project(FILES)
    killed(drill, found, 180)
    done, _ = drill.committed(found)
    killed(drill, found, again, "kill", "--resume")
    drill.resumed(found)
    assert done


AT_SPAWN = """
import os, signal, sys
plain, left = os.posix_spawn, int(sys.argv[1])

def spawn(*args, **more):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(*args, **more)

os.posix_spawn = spawn
from runner.cli import main
sys.exit(main(["up", "--output", "quiet"]))
"""


@pytest.mark.parametrize("at", [1, 2, 3])
def test_no_command_starts_before_its_start_and_what_it_stands_on_are_on_record(project: Made, at: int) -> None:
    needs = {1: "", 2: 'needs = ["s1"]', 3: 'needs = ["s2"]'}
    chain = "".join(f"[steps.s{n}]\n{needs[n]}\nshell = 'echo {n}'\n" for n in needs)
    found = project({"pipeline.toml": 'name = "x"\n' + chain})
    command = [sys.executable, "-c", AT_SPAWN, str(at)]
    assert subprocess.run(command, cwd=found.root, env=found.environment(), capture_output=True).returncode == -9
    told = {node["path"]: node for node in found.cli("show", "--json").json()["nodes"].values()}
    assert [told[f"s{n}"]["status"] for n in range(1, at)] == ["succeeded"] * (at - 1)
    assert (told[f"s{at}"]["status"], told[f"s{at}"]["reason"]) == ("errored", "lost")

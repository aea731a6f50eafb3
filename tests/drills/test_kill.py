"""Kill the driver at any event, resume: the same end as an unbroken run, nothing committed runs again (R1, R8).

A sample of the kill points by default, all of them with RUNNER_DRILL=all.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from runner.run.fold import projection
from runner.testing.project import Project

Made = Callable[..., Project]

PIPELINE = """
name = "drill"
[params]
xs = ["a", "b", "c"]
[steps.first]
outputs = { o = "made/first.txt" }
shell = 'echo first >> log; echo 1 > "$RUNNER_PARAM_o"; echo n=1 >> "$RUNNER_RETURNS"'
returns = ["n"]
[steps.each]
for-each = { x = "${xs}" }
python = "work:each"
inputs = { o = "${steps.first.o}" }
outputs = { p = "made/${x}.txt" }
returns = [{ name = "thing", kind = "object" }, "size"]
reduce = "work:all"
[steps.flaky]
needs = ["first"]
shell = 'echo flaky >> log; mkdir .once 2> /dev/null && exit 1; true'
retry = { attempts = 3, delay = "10ms" }
[steps.saved]
shell = "echo saved >> log; exit 3"
returns = ["m"]
on-failure = { run = "stand-in", recover = "continue" }
[steps.last]
params = ["size", "m", "n"]
inputs = { all = "made/*.txt" }
shell = 'echo "last $RUNNER_PARAM_size $RUNNER_PARAM_m $RUNNER_PARAM_n" >> log; cat made/*.txt > got'
outputs = ["got"]
[handlers.stand-in]
shell = "echo stand-in >> log; echo m=5 >> $RUNNER_RETURNS"
returns = ["m"]
[finally.end]
shell = 'echo "end $RUNNER_RUN_STATUS" >> log'
"""

WORK = """
from pathlib import Path

def each(x, o: Path, p: Path):
    with open("log", "a") as log:
        log.write(f"each {x}\\n")
    p.write_text(o.read_text() + x)
    return {x: 1}, len(x)

def all(thing: list, size: list):
    return {k: v for one in thing for k, v in one.items()}, sum(size)
"""

# Counts what changes the world; at the event that is asked for, the driver dies as by `kill -9`.
DRIVER = """
import os, signal, sys
from runner.agent import catalog, spawn
from runner.run import index
from runner.store import journal
at, seen = int(sys.argv[1]), 0
words = sys.argv[2:]

def counted(owner, name):
    plain = getattr(owner, name)
    def event(*args, **more):
        global seen
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        result = plain(*args, **more)
        seen += 1
        if seen == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    setattr(owner, name, event)

for owner, name in ((journal.Journal, "put"), (journal.Journal, "flush"), (catalog.FileCatalog, "put"),
                    (catalog.FileCatalog, "put_bytes"), (spawn, "reap"), (index, "note"), (os, "posix_spawn"),
                    (os, "rename"), (os, "replace"), (os, "link"), (os, "unlink"), (os, "mkdir")):
    counted(owner, name)
from runner.cli import main
code = main(["up", "pipeline.toml", "-j", "2", "--json", "--output", "quiet", *words])
print(seen, file=sys.stderr)
sys.exit(code)
"""


def broken(found: Project, at: int, *words: str) -> subprocess.CompletedProcess[str]:
    """A run that dies at event `at`; 0: one that does not."""
    command = [sys.executable, "-c", DRIVER, str(at), *words]
    return subprocess.run(command, cwd=found.root, env=found.environment(), capture_output=True, text=True, timeout=60)


def told(text: str) -> dict[str, Any]:
    return {key: node for key, node in projection(json.loads(text)).items() if "finally" not in key}


def points() -> list[int]:
    """Where to die: spread over the events of a run, two prime steps apart so that no kind of event is left out."""
    every = os.environ.get("RUNNER_DRILL") == "all"
    return list(range(1, 400)) if every else [1, 5, 11, 18, 26, 37, 49, 62, 78, 95, 113, 134, 158, 183]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], int, list[str]]:
    """The projection of an unbroken run, the number of its events, its log."""
    found = Project(tmp_path_factory.mktemp("whole"), {"pipeline.toml": PIPELINE, "work.py": WORK})
    done = broken(found, 0)
    assert done.returncode == 0, done.stderr
    return told(done.stdout), int(done.stderr.split()[-1]), found.read("log").splitlines()


def test_the_drill_has_enough_points(whole: tuple[dict[str, Any], int, list[str]]) -> None:
    assert whole[1] >= 200


@pytest.mark.parametrize("at", points())
def test_killed_at_an_event_and_resumed(project: Made, whole: tuple[dict[str, Any], int, list[str]], at: int) -> None:
    wanted, events, _ = whole
    if at > events:
        pytest.skip(f"a run has {events} events")
    found = project({"pipeline.toml": PIPELINE, "work.py": WORK})
    code = broken(found, at).returncode
    if code == 0 and at > events - 30:
        pytest.skip("this run had fewer events: what is written together depends on who ends first")
    assert code == -9
    known = found.cli("runs", "--json").json() if found.exists(".runner/index.jsonl") else []
    words = ["--resume"] if known else []
    committed = done_before(found, known)
    before = found.read("log").splitlines() if found.exists("log") else []
    outcome = found.run("up", "pipeline.toml", "-j", "2", "--json", "--output", "quiet", *words).ok()
    assert told(outcome.out) == wanted
    after = found.read("log").splitlines()[len(before) :]
    assert not [line for line in after if line.split(" ")[0] in committed and line.split(" ")[0] != "each"]
    assert after[-1] == "end succeeded"


@pytest.mark.parametrize("again", [4, 9, 16, 30, 60])
def test_killed_while_it_goes_on_and_resumed_once_more(
    project: Made, whole: tuple[dict[str, Any], int, list[str]], again: int
) -> None:
    found = project({"pipeline.toml": PIPELINE, "work.py": WORK})
    assert broken(found, 150).returncode == -9
    committed = done_before(found, [{}])
    before = len(found.read("log").splitlines())
    assert broken(found, again, "--resume").returncode == -9
    outcome = found.run("up", "pipeline.toml", "--json", "--output", "quiet", "--resume").ok()
    assert told(outcome.out) == whole[0]
    after = found.read("log").splitlines()[before:]
    assert committed and not [line for line in after if line.split(" ")[0] in committed - {"each"}]


def done_before(found: Project, known: list[dict[str, Any]]) -> set[str]:
    """Paths of the steps that had committed when the driver died."""
    if not known:
        return set()
    shown = found.cli("show", "@last", "--json")
    if shown.code:
        return set()
    nodes = shown.json()["nodes"].values()
    return {node["path"] for node in nodes if node["status"] == "succeeded" and node["attempts"]}


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

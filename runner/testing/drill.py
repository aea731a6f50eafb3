"""The pipeline of the drills, a run of it that something breaks, and what must hold when it is resumed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from runner.run.fold import projection
from runner.testing.project import Outcome, Project

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
[steps.kept]
cache = true
inputs = ["data.txt"]
outputs = ["made/kept"]
shell = "echo kept >> log; cat data.txt > made/kept"
[steps.way]
choose = "n == 1"
returns = ["w"]
[steps.way.cases.true]
shell = 'echo way.true >> log; echo w=yes >> "$RUNNER_RETURNS"'
returns = ["w"]
[steps.way.cases.false]
shell = 'echo w=no >> "$RUNNER_RETURNS"'
returns = ["w"]
[steps.last]
needs = ["flaky", "kept"]
params = ["size", "m", "n", "w"]
inputs = { all = "made/*.txt" }
shell = 'echo last >> log; cat made/*.txt > got; echo "$RUNNER_PARAM_size $RUNNER_PARAM_m $RUNNER_PARAM_w" >> got'
outputs = ["got"]
[handlers.stand-in]
shell = "echo 'saved!on-failure' >> log; echo m=5 >> $RUNNER_RETURNS"
returns = ["m"]
[finally.end]
shell = 'echo "end $RUNNER_RUN_STATUS" >> log'
"""

WORK = """
from pathlib import Path

def each(x, o: Path, p: Path):
    with open("log", "a") as log:
        log.write(f"each[x={x}]\\n")
    p.write_text(o.read_text() + x)
    return {x: 1}, len(x)

def all(thing: list, size: list):
    return {k: v for one in thing for k, v in one.items()}, sum(size)
"""

FILES = {"pipeline.toml": PIPELINE, "work.py": WORK, "data.txt": "1"}
UP = ["up", "pipeline.toml", "-j", "2", "--json", "--output", "quiet"]
NEVER_ADOPTED = {"saved!on-failure", "end!finally"}  # handlers and `[finally]` are each run's own


class Broken(NamedTuple):
    """How a run ended that something broke; seen: the kinds of its operations in order, empty when it was killed."""

    code: int
    out: str
    err: str
    seen: list[str]


class Drill:
    """The reference pipeline: runs of it behind `faulty.py`, compared with an unbroken one."""

    files = FILES

    def __init__(self, base: Path) -> None:
        whole = Project(base, FILES)
        done = self.broken(whole, {})
        assert done.code == 0, done.err
        self.seen = done.seen
        self.end, self.got = told(json.loads(done.out)), whole.read("got")
        whole.close()

    def broken(self, found: Project, fault: dict[str, Any], *words: str) -> Broken:
        """A run with a fault; {}: none."""
        spec = json.dumps({"at": 0, "do": "count", **fault})
        command = [sys.executable, "-m", "runner.testing.faulty", spec, *UP, *words]
        done = subprocess.run(
            command, cwd=found.root, env=found.environment(), capture_output=True, text=True, timeout=120
        )
        err, _, seen = done.stderr.rpartition("seen: ")
        return Broken(done.returncode, done.stdout, err or done.stderr, seen.split() if err else [])

    def committed(self, found: Project) -> tuple[set[str], set[str]]:
        """Labels of the tasks that have succeeded, and of all that are known to have started, in any run so far."""
        done: set[str] = set()
        started: set[str] = set()
        for one in reversed(runs(found)):
            shown = found.cli("show", one["name"], "--json")
            if shown.code == 0:
                tried = {label: node for label, node in shown.nodes().items() if node["attempts"]}
                started |= set(tried)
                done |= {label for label, node in tried.items() if node["status"] in ("succeeded", "cached")}
        return done, started

    def lost(self, found: Project) -> list[str]:
        """Lines of the log by steps that are on no record."""
        _, started = self.committed(found)
        return [line for line in log(found) if label(line) not in started]

    def resumed(self, found: Project) -> Outcome:
        """Go on without faults: the same end, nothing that was committed again, nothing ran that is not on record."""
        done, _ = self.committed(found)
        before = log(found)
        lost = self.lost(found)
        assert not lost, f"ran and is on no record: {lost}"
        words = ["--resume"] if runs(found) else []
        outcome = found.run(*UP, *words).ok()
        assert told(outcome.json()) == self.end
        assert found.read("got") == self.got
        after = log(found)[len(before) :]
        again = [line for line in after if label(line) in done - NEVER_ADOPTED]
        assert not again, f"had been committed and ran again: {again}"
        assert after[-1] == "end succeeded"
        return outcome


def told(run: dict[str, Any]) -> dict[str, Any]:
    """What must be the same at the end, however it came about; a hit of the cache is a success."""
    same = projection(run)
    for node in same.values():
        node["status"] = "succeeded" if node["status"] == "cached" else node["status"]
    return same


def runs(found: Project) -> list[dict[str, Any]]:
    """What `runner runs` knows, newest first."""
    listed: list[dict[str, Any]] = found.cli("runs", "--json").ok().json()
    return listed


def log(found: Project) -> list[str]:
    """One line for each command that began, the label of its step first."""
    return found.read("log").splitlines() if found.exists("log") else []


def label(line: str) -> str:
    """Of a line of the log: the label that `show` gives its step."""
    word = line.split()[0]
    return "end!finally" if word == "end" else word


def every() -> bool:
    """Whether all points are asked for, not a sample."""
    return os.environ.get("RUNNER_DRILL") == "all"

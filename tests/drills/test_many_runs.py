"""A hundred runs of one project at once, some killed on the way: nothing is lost, nothing mixed, nobody locked out."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from typing import Any

from runner.run.mutex import mutex
from runner.testing.project import Project

Made = Callable[..., Project]
RUNS = 100
KILLED = range(3, RUNS, 5)  # of every five runs, one is killed while its step works

PIPELINE = """
name = "many"
[params]
me = "nobody"
wait = "no"
[steps.shared]
params = []
cache = true
inputs = ["in.txt"]
shell = 'echo "hash=$(cat in.txt)" >> "$RUNNER_RETURNS"'
returns = ["hash"]
[steps.own]
outputs = { o = "made/${me}.txt" }
shell = '''
echo "this is $RUNNER_PARAM_me"
if test "$RUNNER_PARAM_wait" = yes && ! test -e go; then echo $$ > "at-$RUNNER_PARAM_me"; sleep 60; fi
echo "$RUNNER_PARAM_me $RUNNER_PARAM_hash" > "$RUNNER_PARAM_o"
'''
params = ["me", "wait", "hash"]
[steps.last]
inputs = { o = "${steps.own.o}" }
shell = 'cat "$RUNNER_PARAM_o"; echo "said=$(cat "$RUNNER_PARAM_o")" >> "$RUNNER_RETURNS"'
returns = ["said"]
"""


def test_a_hundred_runs_at_once(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE, "in.txt": "shared"})
    words = ["up", "-j", "1", "--output", "quiet", "--json"]
    drivers = {}
    for number in range(RUNS):
        wait = ["--param", "wait=yes"] if number in KILLED else []
        drivers[number] = found.popen(*words, "--param", f"me=r{number}", *wait)
    for number in KILLED:
        found.wait(lambda number=number: found.exists(f"at-r{number}") and found.read(f"at-r{number}"), 300)  # type: ignore[misc]
        os.kill(drivers[number].pid, signal.SIGKILL)
    ended = {number: driver.communicate(timeout=300) for number, driver in drivers.items()}
    for number in set(range(RUNS)) - set(KILLED):
        assert drivers[number].returncode == 0, ended[number][1]

    lines = [json.loads(line) for line in found.read(".runner/index.jsonl").splitlines()]
    assert Counter("status" in line for line in lines) == {False: RUNS, True: RUNS - len(KILLED)}, (
        "no line is torn or lost"
    )
    runs = {entry["name"]: entry for entry in found.cli("runs", "--json").json()}
    assert len(runs) == RUNS, "every run is known, by a name of its own"
    names: dict[int, str] = {}
    for number, (out, _) in ended.items():
        if number not in KILLED:
            whole = json.loads(out)
            names[number] = whole["name"]
            assert told(whole, number) == [f"r{number} shared"] * 2
    dead = [entry for entry in runs.values() if entry["name"] not in names.values()]
    assert len(dead) == len(KILLED)
    assert {entry["status"] for entry in dead} == {"lost"}
    assert {runs[name]["status"] for name in names.values()} == {"succeeded"}
    for number in list(names)[::9]:
        assert found.cli("show", names[number], "--json").json()["params"]["me"] == f"r{number}"
        assert found.cli("logs", names[number], "own").out == f"this is r{number}\n"

    found.write({"go": ""})
    again = {}
    for entry in dead:
        me = found.cli("show", entry["name"], "--json").json()["params"]["me"]
        again[int(me[1:])] = found.popen(*words, "--resume", entry["name"])
    assert sorted(again) == sorted(KILLED)
    for number, driver in again.items():
        out, err = driver.communicate(timeout=300)
        assert driver.returncode == 0, err
        whole = json.loads(out)
        assert told(whole, number) == [f"r{number} shared"] * 2
        shared = next(node for node in whole["nodes"].values() if node["label"] == "shared")
        assert shared["status"] in ("succeeded", "cached"), "what was done is not done again"
    assert {number: found.read(f"made/r{number}.txt") for number in range(RUNS)} == {
        number: f"r{number} shared\n" for number in range(RUNS)
    }
    entries = [json.loads(found.read(path)) for path in found.files(".runner/cache/*.json")]
    assert [entry["record"]["returns"]["hash"]["json"] for entry in entries] == ["shared"]
    assert found.files(".runner/locks/*") == []
    assert not [path for path in found.files(".runner/*/*") + found.files(".runner/*") if mess(path)]


def mess(path: str) -> bool:
    """Whether a file is what somebody wrote on the way to another."""
    return "/tmp/" in path or "/." in path.removeprefix(".runner") or path.rpartition(".")[2].isdigit()


def test_clearing_away_takes_nothing_from_runs_that_go_on(project: Made) -> None:
    found = project({"pipeline.toml": PIPELINE, "in.txt": "shared"})
    first = [["--param", f"me=r{number % 4}x{number}"] for number in range(12)]
    drivers = [found.popen("up", "-j", "1", "--output", "quiet", *words) for words in first]
    rounds = 0
    while rounds < 3 or any(driver.poll() is None for driver in drivers):
        rounds += 1
        found.run("catalog", "gc", "--keep", "2", "--older", "1ms", "--force").ok()
    for driver in drivers:
        _, err = driver.communicate(timeout=60)
        assert driver.returncode == 0, err
    left = found.cli("runs", "--json").json()
    assert {run["status"] for run in left} == {"succeeded"}
    files = found.cli("catalog", "ls", "--all", "--json").json()
    assert len(files) == len(left) >= 2
    assert all(file["kept"] for file in files)
    for file in files:
        os.unlink(found.path(file["path"]))
        found.cli("catalog", "get", file["path"]).ok()


def told(run: dict[str, Any], number: int) -> list[str]:
    """What the steps of a run say of whose they are."""
    nodes = {node["label"]: node for node in run["nodes"].values()}
    assert {node["status"] for node in nodes.values()} <= {"succeeded", "cached"}
    said = [nodes["last"]["returns"]["said"]["json"]]
    return [*said, f"{run['params']['me']} {nodes['shared']['returns']['hash']['json']}"]


def _led_to(path: str) -> str:
    """What a descriptor stands for; nothing when it was closed meanwhile."""
    try:
        return os.readlink(path)
    except FileNotFoundError:
        return ""


def test_one_of_two_that_begin_at_once_gets_the_name(project: Made) -> None:
    found = project({"pipeline.toml": 'name = "x"\n[steps.a]\nshell = "true"\n'})

    def waiting(pid: int) -> bool:
        held = (f"/proc/{pid}/fd/{fd}" for fd in os.listdir(f"/proc/{pid}/fd"))
        return any(os.path.basename(_led_to(path)) == "lock" for path in held)

    with mutex(found.root):
        two = [found.popen("up", "--name", "same") for _ in range(2)]
        found.wait(lambda: all(waiting(each.pid) for each in two))
        assert not found.exists(".runner/index.jsonl")
    ends = [each.communicate(timeout=60)[1] for each in two]
    assert sorted(each.returncode for each in two) == [0, 2]
    assert sum("E932" in said for said in ends) == 1
    assert [entry["name"] for entry in found.cli("runs", "--json").json()] == ["same"]

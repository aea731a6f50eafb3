"""Attempts made ready while others run: which, and that nothing but time tells them from others."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from runner.run.ahead import Ahead, coming, fixed
from runner.run.events import Address
from runner.run.machine import Machine
from runner.testing.dice import Dice, steps_of
from runner.testing.project import Project
from runner.testing.simulate import Simulated, plan_of, simulate
from runner_executors.local_executor import Local

Made = Callable[..., Project]

SHAPES = {
    "chain": {"a": {}, "b": {"needs": ["a"]}, "c": {"needs": ["b"]}},
    "wide": {"a": {}, "b": {}, "c": {}},
    "items": {"m": {"each": {}}},
    "inside": {"g": {"steps": {"a": {}, "b": {"needs": ["a"]}}}},
}


def foreseen(steps: Any, said: Any) -> list[tuple[Address | None, Address]]:
    """At one attempt at a time: what was coming when an attempt ran, and what started next."""
    guesses: list[Address | None] = []
    starts: list[Address] = []

    def watch(what: str, address: Address | None, n: int, now: float, machine: Machine) -> None:
        if what == "turn" and n:
            guesses.append(coming(machine))
        elif what == "start" and address is not None:
            starts.append(address)

    simulate(plan_of(steps), said, limit=1, watch=watch)
    return list(zip(guesses, starts[1:], strict=False))


class Good:
    """A world in which all goes well."""

    def end(self, address: Address, n: int) -> dict[str, Any]:
        return {"status": "succeeded"}

    def decide(self, what: str, address: Address) -> Any:
        return {"when": True, "until": True, "stop": False, "choose": 0, "expand": 3}[what]


@pytest.mark.parametrize("shape", SHAPES)
def test_what_is_coming_comes(shape: str) -> None:
    found = foreseen(SHAPES[shape], Good())
    assert found and all(guess == start for guess, start in found)


def test_what_waits_for_two_or_for_an_answer_is_not_foreseen() -> None:
    steps = {"a": {}, "b": {}, "both": {"needs": ["a", "b"]}, "asked": {"needs": ["both"], "when": ["param", "x"]}}
    found = foreseen(steps, Good())
    assert found[-1] == (None, Address("asked", ()))


@pytest.mark.parametrize("seed", range(60))
def test_a_look_ahead_changes_nothing(seed: int) -> None:
    def run(watch: Any) -> Simulated:
        dice = random.Random(seed)
        plan = plan_of(steps_of(dice))
        return simulate(plan, Dice(seed, 0.7), limit=dice.randint(1, 4), random=random.Random(seed), watch=watch)

    without, looking = run(None), run(lambda what, address, n, now, machine: coming(machine))
    assert looking.starts == without.starts and looking.machine.statuses == without.machine.statuses


TAKES = {
    "command = ['true', 'x', '${p}', 'a ${run.id} b']": True,
    "command = ['cat', '${i}']\ninputs = { i = 'data/x' }\noutputs = { o = 'made/${p}' }": True,
    "command = ['cat', '${steps.first.o}']\nparams = ['p']\ninputs = { x = '${steps.first.o}' }": True,
    "command = ['echo', '${n}']": False,
    "command = ['echo', '${steps.first.n:-0}']": False,
    "shell = 'true'\nparams = ['p']": True,
    "shell = 'true'\nparams = ['n']": False,
    "shell = 'true'\nenv = { E = '${steps.first.n}' }": False,
    "shell = 'true'\ninputs = ['made/*.txt']": False,
    "shell = 'true'\ninputs = [{ path = 'perhaps', optional = true }]": False,
    "shell = 'true'\nworkdir = 'data'": False,
    "stub = { returns = { s = '${n}' } }\nreturns = ['s']": False,
}


@pytest.mark.parametrize("step", TAKES)
def test_only_calls_that_nothing_can_change_are_made_ahead(project: Made, step: str) -> None:
    first = "[steps.first]\nshell = 'true'\nreturns = ['n']\noutputs = { o = 'made/a.txt' }\n"
    found = project({"pipeline.toml": f"name = 'x'\n[params]\np = 'v'\n{first}[steps.it]\n{step}\n", "data/x": ""})
    nodes = found.cli("plan", "--json").ok().json()["nodes"]
    node = next(node for node in nodes.values() if node["path"] == "it")
    assert fixed(node["do"], nodes) is TAKES[step]


def test_in_a_chain_every_step_but_the_first_is_made_ahead(project: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[bool] = []
    take = Ahead.take

    def counted(self: Ahead, address: Address) -> Any:
        made = take(self, address)
        taken.append(made is not None)
        return made

    monkeypatch.setattr(Ahead, "take", counted)
    chain = "".join(f"[steps.s{n}]\ncommand = ['true']\nneeds = {[f's{n - 1}'] if n else []}\n" for n in range(5))
    project({"pipeline.toml": f"name = 'x'\n{chain}"}).cli("up").ok()
    assert taken == [False, True, True, True, True]


def test_a_program_that_the_step_before_makes_is_the_one_that_runs(project: Made) -> None:
    text = """
name = "x"
[defaults]
env = { PATH = "bin:/usr/bin:/bin" }
[steps.make]
shell = 'mkdir bin; printf "#!/bin/sh\\necho ours > got\\n" > bin/true; chmod +x bin/true'
[steps.use]
needs = ["make"]
command = ["true"]
"""
    found = project({"pipeline.toml": text})
    found.cli("up").ok()
    assert found.read("got") == "ours\n"


def test_an_attempt_begins_after_what_it_waited_for(project: Made) -> None:
    text = """
name = "x"
[steps.a]
shell = 'sleep 0.2'
[steps.b]
needs = ["a"]
stub = true
[steps.c]
needs = ["a"]
command = ["/does/not/exist"]
"""
    found = project({"pipeline.toml": text})
    found.cli("up").exits(1)
    nodes = found.cli("show", "--json").nodes()
    assert nodes["b"]["start"] >= nodes["a"]["end"] and nodes["c"]["start"] >= nodes["a"]["end"]


def test_parameters_of_two_steps_do_not_mix(project: Made) -> None:
    steps = "".join(
        f"""
[steps.s{n}]
needs = {[f"s{n - 1}"] if n else []}
params = {{ v = {n} }}
shell = 'sleep 0.05; grep -o "[0-9]*" "$RUNNER_PARAMS" >> got; echo "$RUNNER_PARAM_v" >> got'
"""
        for n in range(6)
    )
    found = project({"pipeline.toml": f"name = 'x'\n{steps}"})
    found.cli("up").ok()
    assert found.read("got").split() == [str(n) for n in range(6) for _ in (0, 1)]


def test_an_executor_is_told_of_what_comes_and_can_not_be_made_yet(
    project: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(Local, "expect", lambda self, do: told.append(do["kind"]), raising=False)
    code = "def one():\n    return {'n': 1}\ndef two(n):\n    return n\n"
    text = "name = 'x'\n[steps.a]\npython = 'w:one'\nreturns = ['n']\n[steps.b]\npython = 'w:two'\n"
    project({"pipeline.toml": text, "w.py": code}).cli("up", "-j", "1").ok()
    assert told == ["python"]

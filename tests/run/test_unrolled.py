"""Compositions of groups, maps, choices, loops and handlers run as they would written out by hand, one task after the
other: the same ends, reasons, values, and every task at the same time, if there is room for all.

Every case is a number. RUNNER_FUZZ=20000 runs so many, RUNNER_FUZZ_FROM says which is the first."""

from __future__ import annotations

import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from runner.commands.making import make
from runner.resolve.ask import Ask
from runner.rules.keys import key_of
from runner.run.fold import fold, projection
from runner.testing.compose import compose
from runner.testing.composition import Composition, Step
from runner.testing.pretend import Ran, World, pretend
from runner.testing.unroll import Flat

Table = dict[str, Any]
CASES = int(os.environ.get("RUNNER_FUZZ", "2000"))
FIRST = int(os.environ.get("RUNNER_FUZZ_FROM", "0"))
PARTS = 8


def planned(text: str, root: Path) -> Table:
    file = root / "pipeline.toml"
    file.write_text(text)
    made = make(Ask(file))
    assert made.plan is not None, [(problem.code, problem.place, problem.message) for problem in made.problems]
    return made.plan


class Case:
    """Both runs of one composition in one world."""

    def __init__(self, seed: int, root: Path) -> None:
        dice = random.Random(seed)
        self.world = World(seed, dice.choice([0.5, 0.8, 0.95, 1.0]))
        self.composed = compose(seed)
        self.flat = Flat(self.composed, self.world)
        self.kinds = {step.name: step for step in _all(self.composed)}
        self.root = root
        self.text = self.composed.text(lambda steps: dice.sample(steps, len(steps)))
        self.plan = planned(self.text, root)
        self.one = pretend(self.plan, self.act, root)
        self.reasons: dict[str, str | None] = {}
        self.other = pretend(planned(self.flat.text(), root), self.flat_act, root)

    def name(self, id: str, key: tuple[int, ...]) -> str:
        """An instance by its path with its indexes and rounds."""
        nodes = self.plan["nodes"]
        chain: list[Table] = []
        at: str | None = id
        while at is not None:
            chain.insert(0, nodes[at])
            at = nodes[at]["parent"]
        text, told = "", ""
        for node in chain:
            text, told = text + node["path"].removeprefix(told), node["path"]
            part = node
            for index in key[node["depth"] :]:
                if "body" not in part:
                    break
                text += f"#{index}" if part["type"] == "loop" else f"[{index}]"
                part = part["body"]
        return text

    def act(self, call: Table) -> tuple[float, Table]:
        """What comes of a task of the composition."""
        return self.acted(self.name(call["id"], key_of(call["key"])), call)

    def acted(self, name: str, call: Table) -> tuple[float, Table]:
        seconds, end = self.world.end(name, call["n"])
        if end["status"] == "succeeded":
            given = {
                one["name"]: self.world.value(name, one["name"], self.kind(one["name"])) for one in call["returns"]
            }
            end = {**end, "returns": {key: {"kind": "json", "json": value} for key, value in given.items()}}
        return seconds, end

    def kind(self, returned: str) -> str:
        return self.flat.kinds[returned]

    def flat_act(self, call: Table) -> tuple[float, Table]:
        """What comes of a task of the flat form, or of a join."""
        flat = call["path"]
        if flat in self.flat.names:
            seconds, end = self.acted(self.flat.names[flat], call)
            self.reasons[flat] = end.get("reason")
            return seconds, end
        params = {key: self.reason(value) for key, value in call["params"].items() if value is not None}
        status, reason, returns = self.flat.joins[flat](params)
        told = {key: {"kind": "json", "json": value} for key, value in returns.items() if value is not None}
        return self.flat.waits.get(flat, 0.0), {"status": status, "reason": reason, "returns": told}

    def reason(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("@"):
            return self.reasons.get(value[1:])
        return value

    # what must be the same

    def tasks(self) -> tuple[Table, Table]:
        """Of every attempt of both runs: when, what it was handed, how it ended; by name."""
        one = {self.name(*_address(text)): node for text, node in self.one.run["nodes"].items()}
        other = {name: self.other.run["nodes"][_text(self.other, flat)] for flat, name in self.flat.names.items()}
        return _attempts(one, other), _attempts(other, one)

    def wholes(self) -> tuple[Table, Table]:
        """Statuses of all that holds others, and what they give."""
        one, other = {}, {}
        for text, node in self.one.run["nodes"].items():
            id, key = _address(text)
            name = self.name(id, key)
            inst = self.flat.outs.get(name)
            if inst is None or inst.task:
                continue
            names = self.flat.returns[name]
            one[name] = (node["status"], node["reason"], node["handled"], self.one.returned(id, key, names))
            told = self.other.run["nodes"][_text(self.other, inst.out)]["returns"]
            told = {key: value["json"] for key, value in told.items()}
            reason = told.get("why")
            if node["status"] in ("skipped", "blocked"):
                reason = node["reason"]
            other[name] = (
                told["st"], reason, told.get("handled"),
                {key: told[key] for key in names if key in told},
            )  # fmt: skip
        return one, other

    def words(self) -> set[str]:
        """What there is in it: kinds with what stands around them, ends, how deep."""
        found = {f"{one.kind} handled {one.recover}" for one in _all(self.composed) if one.handler}
        found |= {f"{one.kind} each" for one in _all(self.composed) if one.each}
        found |= {f"{one.kind} loop" for one in _all(self.composed) if one.loop}
        found |= {f"{node['status']} {node['reason']}" for node in self.one.run["nodes"].values()}
        return found | {f"depth {self.plan['nodes'][id]['path'].count('.')}" for id in self.plan["nodes"]}

    def bad(self) -> bool:
        """Whether the flat form came to a bad end."""
        nodes = self.other.run["nodes"]
        return any(nodes[_text(self.other, one.end)]["class"] == "bad" for one in self.flat.top)


def _attempts(run: Table, like: Table) -> Table:
    found = {}
    for name, node in run.items():
        if not node["attempts"] or name.endswith("!reduce"):
            continue
        attempts = [(one["n"], one["start"], one["end"], one["status"], one["reason"]) for one in node["attempts"]]
        taken = {key: value for key, value in node["params_in"].items() if value is not None}
        found[name] = (node["status"], node["reason"], attempts, taken, node["returns"])
    return found


def _address(text: str) -> tuple[str, tuple[int, ...]]:
    id, _, key = text.rpartition(" ")
    return id, key_of(key)


def _text(ran: Ran, path: str) -> str:
    return f"{ran.ids[path]} -"


def _all(composed: Composition) -> list[Step]:
    return [one for step in composed.steps for one in step.below()]


@pytest.mark.parametrize("part", range(PARTS))
def test_n1_to_n8_n19_n26_n29_n31_a_composition_is_what_it_would_be_written_out(part: int, tmp_path: Path) -> None:
    for seed in range(FIRST + part, FIRST + CASES, PARTS):
        case = Case(seed, tmp_path)
        one, other = case.tasks()
        assert one == other, f"case {seed}"
        whole, flat = case.wholes()
        assert whole == flat, f"case {seed}"
        assert (case.one.run["status"] == "failed") == case.bad(), f"case {seed}"
        if seed % 4 == 0:
            assert fold(case.plan, case.one.records()) == case.one.run, f"case {seed}"
        if seed % 8 == 3:
            pretend(case.plan, case.act, tmp_path, alone=True)
        if seed % 4 == 1:
            narrow = pretend(case.plan, case.act, tmp_path, 1 + seed // 4 % 3)
            assert projection(narrow.run) == projection(case.one.run), f"case {seed}"


def test_the_compositions_hold_every_mix(tmp_path: Path) -> None:
    """What is never thrown is never tested."""
    seen = Counter(word for seed in range(FIRST, FIRST + 300) for word in Case(seed, tmp_path).words())
    mixes = [f"{kind} {what}" for kind in ("task", "group", "choice") for what in ("each", "loop", "handled continue")]
    ends = ["succeeded None", "failed exit", "errored lost", "errored bad-param", "failed too-many-failed"]
    ends += ["failed not-converged", "failed bad-param", "skipped when", "skipped needs", "skipped not-chosen"]
    for word in [*mixes, *ends, "blocked needs", "skipped stop-when", "depth 4"]:
        assert seen[word] >= 2, word

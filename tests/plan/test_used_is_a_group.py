"""A step that uses a file has the plan of a group with the same steps in it: thrown pipelines, written both ways."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings, strategies as st

from runner.commands.making import make
from runner.resolve.ask import Ask

Table = dict[str, Any]
DEEPEST = 3


class Writer:
    """Throws a pipeline; `files` has it in pieces, `flat` as one. No name stands twice, so none hides another."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.count = 0
        self.handlers: Table = {}
        self.files: dict[str, Table] = {}
        flat, pieces, handlers = self.graph(0, [])
        self.files["pieces.toml"] = {"name": "p", "steps": pieces, "handlers": handlers}
        self.flat = {"name": "p", "steps": flat, "handlers": self.handlers}

    def chance(self, share: float) -> bool:
        return self.dice.random() < share

    def name(self, start: str) -> str:
        self.count += 1
        return f"{start}{self.count}"

    def graph(self, depth: int, seen: list[str]) -> tuple[Table, Table, Table]:
        """Steps in one piece, and in pieces; the handlers of this file among them. seen: what may be taken."""
        flat: Table = {}
        pieces: Table = {}
        handlers: Table = {}
        for _ in range(self.dice.randint(1, 3)):
            one, two, more = self.step(depth, [*seen, *(f"steps.{other}.r" for other in flat)])
            waits = {key: [other for other in flat if self.chance(0.2)] for key in ("needs", "after")}
            name = self.name("s")
            flat[name], pieces[name] = {**one, **waits}, {**two, **waits}
            handlers.update(more)
        return flat, pieces, handlers

    def step(self, depth: int, seen: list[str]) -> tuple[Table, Table, Table]:
        """As `graph`, of one step; it returns `r`."""
        around, names = self.around(seen)
        taken = {self.name("p"): "${" + one + "}" for one in names if self.chance(0.6)}
        handlers: Table = {}
        if self.chance(0.2):
            around["on-failure"] = handler = self.name("h")
            self.handlers[handler] = handlers[handler] = {"stub": True}
        kind = self.dice.choice(["task", "group", "used", "used", "choice"]) if depth < DEEPEST else "task"
        if kind == "task":
            task = {**around, "params": taken, "returns": ["r"], "shell": "true"}
            return task, task, handlers
        if kind == "choice":
            case, piece, more = self.step(depth + 1, names)
            rest = {"default": {"stub": {"returns": {"r": 0}}}, "choose": "1", "returns": ["r"], **around}
            return {**rest, "cases": {"1": case}}, {**rest, "cases": {"1": piece}}, handlers | more
        flat, pieces, more = self.graph(depth + 1, [*taken] if kind == "used" else [*names, *taken])
        gives = {"returns": [{"name": "r", "from": f"{self.dice.choice([*flat])}.r"}]}
        group = {**around, **gives, "params": taken}
        if kind == "group":
            return {**group, "steps": flat}, {**group, "steps": pieces}, handlers | more
        file = f"{self.name('f')}.toml"
        self.files[file] = {**gives, "types": {one: {} for one in taken}, "steps": pieces, "handlers": more}
        return {**group, "steps": flat}, {**around, "params": taken, "uses": file}, handlers

    def around(self, seen: list[str]) -> tuple[Table, list[str]]:
        """What stands around a step, and what its inside may take."""
        out: Table = {"when": "true"} if self.chance(0.2) else {}
        name = self.name("i")
        if self.chance(0.3):
            out |= {"for-each": {name: self.dice.choice([[1, 2], {"range": 3}])}, "tolerate": 1}
            return out, [*seen, name]
        if self.chance(0.2):
            out["repeat"] = {"max": 2, "until": "true", "as": name}
            return out, [*seen, name]
        return out, seen


def plan_of(file: str) -> Table:
    made = make(Ask(Path(file)))
    assert made.plan is not None, made.problems
    nodes: Table = made.plan["nodes"]
    for node in nodes.values():
        part = node
        while "body" in part:
            part = part["body"]
        part.pop("uses", None)
    return nodes


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 10**9))
def test_a_used_file_is_planned_as_the_group_that_it_stands_for(tmp_path_factory: Any, seed: int) -> None:
    folder = tmp_path_factory.mktemp("pieces")
    writer = Writer(seed)
    for name, table in {**writer.files, "flat.toml": writer.flat}.items():
        text = tomlkit.dumps({key: value for key, value in table.items() if value})
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert plan_of("pieces.toml") == plan_of("flat.toml")

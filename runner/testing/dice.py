"""Plans and worlds thrown by a seed: what the machine is tested with by the thousand."""

from __future__ import annotations

import random
from typing import Any

from runner.rules.bind import Failure
from runner.run.events import Address

Table = dict[str, Any]


class Dice:
    """A world: what comes of an address depends on the seed and the address alone. luck: of an attempt, 0 to 1."""

    def __init__(self, seed: int, luck: float) -> None:
        self.seed, self.luck = seed, luck

    def _throw(self, *about: object) -> random.Random:
        return random.Random(f"{self.seed} {about}")

    def end(self, address: Address, n: int) -> Table:
        """How attempt n ends."""
        dice = self._throw("end", address, n)
        if dice.random() < self.luck:
            return {"status": dice.choice(["succeeded", "succeeded", "cached"])}
        status = dice.choice(["failed", "failed", "errored"])
        return {
            "status": status,
            "reason": dice.choice(["exit", "exit", "exit", "timeout", "timeout", "bad-return"]),
            "exit": dice.choice([1, 1, 1, 2, 2, 78]),
        }

    def decide(self, what: str, address: Address) -> Any:
        """The answer to a question of the machine."""
        dice = self._throw(what, address)
        if dice.random() < 0.05:
            return Failure("bad-param", "no")
        if what == "expand":
            return dice.choice([0, 1, 2, 3])
        if what == "choose":
            return dice.choice([-1, 0, 0, 1, 1, 2])
        return dice.random() < {"when": 0.8, "stop": 0.3, "until": 0.5}[what]


def steps_of(dice: random.Random, depth: int = 0) -> Table:
    """Random siblings with random edges backwards, in the form of `plan_of`."""
    steps: Table = {}
    for name in "abcde"[: dice.randint(1, 5 if depth < 2 else 2)]:
        step = step_of(dice, depth)
        for key, chance in (("needs", 0.35), ("after", 0.2)):
            step[key] = [other for other in steps if dice.random() < chance]
        steps[name] = step
    return steps


def step_of(dice: random.Random, depth: int) -> Table:
    """A random step, with all that may stand around it (N3)."""
    step: Table = {}
    kind = dice.choice(["task"] * 4 + ["graph", "choice"]) if depth < 3 else "task"
    if kind == "graph":
        step["steps"] = steps_of(dice, depth + 1)
        if dice.random() < 0.3:
            step["max_parallel"] = dice.choice([1, 2])
    elif kind == "choice":
        step["cases"] = {name: step_of(dice, depth + 1) for name in "xy"[: dice.randint(1, 2)]}
        if dice.random() < 0.5:
            step["default"] = step_of(dice, depth + 1)
    else:
        step["retry"] = retry_of(dice)
        if dice.random() < 0.4:
            step["resources"] = {
                kind: amount
                for kind, amount in (("cpu", dice.choice([0.5, 1, 2, 9])), ("memory", 1 << 30), ("gpu", 1))
                if dice.random() < 0.5
            }
    if dice.random() < 0.25:
        step["each"] = {"tolerate": dice.choice([0, 0, 1]), "reduce": dice.random() < 0.4}
        if dice.random() < 0.3:
            step["max_parallel"] = dice.choice([1, 2])
        if dice.random() < 0.3:
            step["each"]["stop_when"], step["max_parallel"] = ["x"], 1
    if dice.random() < 0.15:
        step["loop"] = {"max": dice.choice([1, 2, 3]), "exhausted": dice.choice(["fail", "succeed"])}
        step["loop"]["delay"] = dice.choice([0, 0, 3])
    if dice.random() < 0.25:
        step["when"] = dice.choice([["x"], ["x"], True, False])
    if dice.random() < 0.25 and depth < 3:
        step["handler"] = step_of(dice, 3)
        step["recover"] = dice.choice([False, "continue", "skip"])
    return step


def retry_of(dice: random.Random) -> Table:
    """A random `retry`, as a plan has it."""
    retry: Table = {"attempts": dice.choice([1, 1, 2, 4]), "delay": dice.choice([0, 0, 5])}
    if dice.random() < 0.3:
        retry.update(factor=2, max_delay=dice.choice([8, 100]))
    if dice.random() < 0.3:
        retry["on"] = dice.choice([[1], [2, 124]])
    return retry

"""What a cached result was made of, name by name, so that changes can be named (N36): digests, never values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from runner.rules.definition import definition
from runner.rules.keys import digest

Table = dict[str, Any]
MOST = 1000  # names of one group; of more only the digest of all is kept
ALL = "*"
# keys of a plan's `do` -> as they are written in a step
WORDS = {
    "argv": "command",
    "builtins": "reduce",
    "entry_point": "container",
    "function": "python",
    "module": "python",
    "script": "shell",
    "takes": "params",
}
# a group of names -> the key of the step that says which they are
SAID = {"params": "params", "env": "env", "inputs": "inputs"}


class Change(NamedTuple):
    """One ingredient that differs. what: `definition`, `parameter`, `env`, `command`, `input`, `code`; name: a key of
    the step, a parameter, a variable, a path, empty where there are too many; how: `changed`, `new`, `gone`."""

    what: str
    name: str
    how: str = "changed"


def step(do: Table) -> Table:
    """The definition of a step, key by key, as a user writes them."""
    found: Table = {}
    for key, value in definition(do).items():
        found.setdefault(WORDS.get(key, key), []).append([key, value])
    return {word: digest(parts) for word, parts in found.items()}


def ingredients(call: Table, do: Table, ignored: Any, inputs: Mapping[str, Any], code: Mapping[str, Any]) -> Table:
    """Of an attempt. ignored: parameters that do not count; inputs, code: hashes by path."""
    params = {name: digest(value) for name, value in call["params"].items() if name not in ignored}
    env = {name: digest(text) for name, text in call["env"].items() if name != "PATH"}
    groups = {"params": params, "env": env, "inputs": inputs, "code": code}
    bounded = {name: dict(group) if len(group) <= MOST else {ALL: digest(group)} for name, group in groups.items()}
    return {"step": step(do), "command": digest(call.get("argv")), **bounded}


GROUPS = (("params", "parameter"), ("env", "env"), ("inputs", "input"), ("code", "code"))


def changes(before: Table, now: Table) -> list[Change]:
    """What differs, of the groups that both have: keys of the step first, then names. A key that only says which names
    there are is left out where the names differ."""
    named: list[Change] = []
    differ: set[str] = set()
    for group, what in GROUPS:
        if group in before and group in now:
            found = [Change(what, *each) for each in _names(before[group], now[group])]
            named += found
            differ |= {SAID[group]} if found and group in SAID else set()
    inputs = {change.name for change in named if change.what == "input"}  # a script may name its inputs too
    named = [change for change in named if change.what != "code" or change.name not in inputs]
    keys = [Change("definition", *each) for each in _names(before.get("step", {}), now.get("step", {}))]
    keys = [change for change in keys if change.name not in differ]
    silent = not keys and not named and "command" in before and "command" in now
    if silent and before["command"] != now["command"]:
        return [Change("command", "")]
    return [*keys, *named]


def nearest(kept: Iterable[Table], now: Table) -> list[Change]:
    """What differs from the one of several that differs least; of equal ones the first counts."""
    return min((changes(before, now) for before in kept), key=len)


def _names(before: Table, now: Table) -> list[tuple[str, str]]:
    if ALL in before or ALL in now:
        return [("", "changed")] if before != now else []
    both = [*before, *(name for name in now if name not in before)]
    return [
        (name, "gone" if name not in now else "new" if name not in before else "changed")
        for name in both
        if name not in before or name not in now or before[name] != now[name]
    ]

"""The texts of a manifest once its variables are filled in: as much of Argo's two languages as ours use."""

from __future__ import annotations

import re
from collections.abc import Callable

Look = Callable[[str], str | None]
TAG = re.compile(r"\{\{(=?)(.*?)\}\}")
TOKEN = re.compile(r"\s*(==|&&|\|\||\?\?|[?:()]|'[^']*'|[\w.\-\[\]']+)")
OPERATORS = ("||", "&&", "==", "??")  # the weakest first
NAMED = re.compile(r"tasks\['([^']+)'\]")


def filled(text: str, look: Look) -> str:
    """A text with its tags replaced; one that nothing is known of stays, as it does with Argo."""

    def one(found: re.Match[str]) -> str:
        value = evaluate(found[2], look) if found[1] else look(found[2].strip())
        return found[0] if value is None else value

    return TAG.sub(one, text)


def evaluate(text: str, look: Look) -> str | None:
    """The value of an expression; None where a name has none."""
    tokens = TOKEN.findall(NAMED.sub(r"tasks.\1", text).replace("?.", "."))
    value, rest = _choice(tokens, look)
    assert not rest, f"{text!r} is read up to {rest}"
    return value


def holds(when: str) -> bool | None:
    """What a filled `when` comes to; None where it is no truth value: the node is an error then."""
    return {"true": True, "false": False}.get(when.strip())


def _choice(tokens: list[str], look: Look) -> tuple[str | None, list[str]]:
    value, rest = _both(tokens, look, 0)
    if rest[:1] != ["?"]:
        return value, rest
    first, rest = _choice(rest[1:], look)
    assert rest[0] == ":"
    second, rest = _choice(rest[1:], look)
    return (first if value == "true" else second), rest


def _both(tokens: list[str], look: Look, level: int) -> tuple[str | None, list[str]]:
    """Operators between two values, the weakest first."""
    if level == len(OPERATORS):
        return _atom(tokens, look)
    left, rest = _both(tokens, look, level + 1)
    while rest[:1] == [OPERATORS[level]]:
        right, rest = _both(rest[1:], look, level + 1)
        left = _applied(OPERATORS[level], left, right)
    return left, rest


def _applied(operator: str, left: str | None, right: str | None) -> str | None:
    if operator == "??":
        return right if left is None else left
    truth = {
        "==": left == right,
        "&&": left == right == "true",
        "||": "true" in (left, right),
    }[operator]
    return "true" if truth else "false"


def _atom(tokens: list[str], look: Look) -> tuple[str | None, list[str]]:
    first, rest = tokens[0], tokens[1:]
    if first == "(":
        value, rest = _choice(rest, look)
        assert rest[0] == ")"
        return value, rest[1:]
    return (first[1:-1] if first.startswith("'") else look(first)), rest

"""Expressions while they are compiled: leaves replaced, references listed, what is wrong found again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.plan.steps import Step
from runner.resolve.layers import Keys
from runner.resolve.references import condition_to_expr, text_to_expr
from runner.rules.expr import ABSENT

WRONG: Any = ["wrong"]
"""Stands for what has a problem already: nothing further is said about it."""


def wrong(expr: Any) -> bool:
    """Whether something in an expression has a problem already."""
    pending = [expr]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list):
            if item == WRONG:
                return True
            pending += item if item[:1] != ["lit"] else []
    return False


def larger(expr: Any, most: int) -> bool:
    """Whether an expression has more parts than that; no more of them are looked at."""
    pending, seen = [expr], 0
    while pending and seen <= most:
        item = pending.pop()
        seen += 1
        if isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list) and item[:1] != ["lit"]:
            pending += item
    return seen > most


def dollar(value: Any) -> bool:
    """Whether a text inside a value may hold a reference."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str) and "$" in item:
            return True
        pending += item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
    return False


def literal(value: Any) -> Any:
    return ["lit", value] if isinstance(value, list | dict) else value


def rewrite(expr: Any, leaf: Any, soft: bool = False) -> Any:
    """A copy of an expression with every `name` and `ref` leaf replaced; `else` with a known left side is folded."""
    if not isinstance(expr, list) or not expr:
        return expr
    tag = expr[0]
    if tag in ("name", "ref"):
        return leaf(expr, soft)
    if tag == "lit":
        return expr
    if tag == "else":
        left = rewrite(expr[1], leaf, True)
        if left is ABSENT:
            return rewrite(expr[2], leaf, soft)
        return ["else", left, rewrite(expr[2], leaf, soft)] if isinstance(left, list) else left
    if tag in ("text", "list"):
        return [tag, [rewrite(item, leaf, soft) for item in expr[1]]]
    if tag == "table":
        return [tag, {key: rewrite(item, leaf, soft) for key, item in expr[1].items()}]
    if tag == "get":
        return [tag, rewrite(expr[1], leaf, soft), expr[2]]
    return [tag, *[rewrite(item, leaf, soft) for item in expr[1:]]]


def references(step: Step) -> Iterator[tuple[Keys, str, bool]]:
    """Every `steps.X` that a step's texts and conditions name: the key, X, and whether a default stands behind it."""
    conditions = ("when", "choose", "stop-when", "until")
    skipped = ("shell", "steps", "cases", "default", "description", "defaults")
    pending: list[tuple[Keys, Any]] = [((key,), value) for key, value in step.table.items() if key not in skipped]
    while pending:
        keys, value = pending.pop()
        if isinstance(value, dict):
            pending += [((*keys, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            pending += [((*keys, index), item) for index, item in enumerate(value)]
        elif isinstance(value, str) and "steps." in value:
            expr, errors = (condition_to_expr if keys[-1] in conditions else text_to_expr)(value)
            found: list[tuple[str, bool]] = []

            def leaf(item: list[Any], soft: bool, found: list[tuple[str, bool]] = found) -> Any:
                if item[0] == "ref" and item[1][0] == "steps" and len(item[1]) > 2:
                    found.append((str(item[1][1]), soft or item[1][2] == "status"))
                return item

            if not errors:
                rewrite(expr, leaf)
            for name, soft in found:
                yield keys, name, soft

"""Expressions of a plan and what they are worth (N9, N11): references and conditions, whatever looks the leaves up."""

from __future__ import annotations

from typing import Any, Callable

from runner.rules.values import kind_of, shown, to_text

Look = Callable[["list[Any]"], Any]


class _Absent:
    """Nothing stands here: neither a value nor `none`."""

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Any = _Absent()
COMPARE = frozenset(("==", "!=", "<", "<=", ">", ">="))
TAGS = frozenset(("lit", "list", "table", "text", "and", "or", "not", "in", "not in", "len", "get", "else")) | COMPARE
_NUMBERS = ("integer", "number")


class ExprError(Exception):
    """A value that can't be made, in a sentence that names the values and their kinds. key: of the step, where another
    than the one that was asked for has it."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


class Missing(ExprError):
    """A key or index that its table or list does not have: a default may stand in."""


def evaluate(expr: Any, look: Look) -> Any:
    """The value of an expression; ABSENT where it is a reference to nothing.

    look(leaf): the value of a leaf that this page does not know, or ABSENT. Raises ExprError.
    """
    try:
        return _value(expr, look)
    except RecursionError:
        raise ExprError("the expression, or a value in it, is nested too deep") from None


def truth(expr: Any, look: Look) -> bool:
    """What a condition says. Raises ExprError when that is neither true nor false (N4)."""
    value = evaluate(expr, look)
    if isinstance(value, bool):
        return value
    raise ExprError(f"a condition must give true or false, and {_is(expr, value)}")


def named(expr: Any) -> str:
    """How a user would write a leaf, for messages: `accuracy`, `run.status`, `loss.weight`."""
    if not isinstance(expr, list) or not expr:
        return shown(expr)
    tag = expr[0]
    if tag == "get":
        return named(expr[1]) + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in expr[2])
    if tag in ("run", "ref"):
        return f"run.{expr[1]}" if tag == "run" else ".".join(map(str, expr[1]))
    if tag == "len":
        return f"len({named(expr[1])})"
    if tag == "status":
        return "status"
    if tag in TAGS:
        return "this"
    return str(expr[1] if tag in ("param", "own", "name") else expr[-1])


def _value(expr: Any, look: Look) -> Any:
    if not isinstance(expr, list):
        return expr
    tag = expr[0]
    if tag not in TAGS:
        return look(expr)
    if tag == "lit":
        return expr[1]
    if tag == "text":
        return "".join([part if isinstance(part, str) else _text(part, look) for part in expr[1]])
    if tag == "else":
        try:
            value = _value(expr[1], look)
        except Missing:
            value = ABSENT
        return _value(expr[2], look) if value is ABSENT or value is None else value
    if tag == "get":
        return _get(expr, look)
    if tag == "list":
        return [_none(_value(part, look)) for part in expr[1]]
    if tag == "table":
        return {key: _none(_value(part, look)) for key, part in expr[1].items()}
    if tag == "and" or tag == "or":
        left = _truth(expr[1], look, tag)
        return _truth(expr[2], look, tag) if left is (tag == "and") else left
    if tag == "not":
        return not _truth(expr[1], look, tag)
    if tag == "len":
        value = _none(_value(expr[1], look))
        if kind_of(value) in ("list", "table", "text"):
            return len(value)
        raise ExprError(f"`len` needs a list, a table or text, and {_is(expr[1], value)}")
    left, right = _none(_value(expr[1], look)), _none(_value(expr[2], look))
    if tag == "in" or tag == "not in":
        return _within(expr, left, right) is (tag == "in")
    return _compared(expr, left, right)


def _none(value: Any) -> Any:
    """In conditions, lists and tables what is absent is `none` (N11)."""
    return None if value is ABSENT else value


def _truth(expr: Any, look: Look, op: str) -> bool:
    value = _none(_value(expr, look))
    if isinstance(value, bool):
        return value
    raise ExprError(f"`{op}` needs true or false, and {_is(expr, value)}")


def _text(expr: Any, look: Look) -> str:
    """A value inside text (N9)."""
    value = _value(expr, look)
    if value is ABSENT or value is None:
        name = named(expr)
        raise ExprError(f"`{name}` is none and stands inside text: write a default, as in `${{{name}:-0}}`")
    if kind_of(value) == "object":
        raise ExprError(f"`{named(expr)}` is an object, and an object can't stand in text")
    return value if isinstance(value, str) else to_text(value)


def _get(expr: list[Any], look: Look) -> Any:
    value = _value(expr[1], look)
    if value is ABSENT:
        return ABSENT
    for count, part in enumerate(expr[2]):
        kind = kind_of(value)
        if isinstance(part, int) and kind == "list":
            if part >= len(value) or part < 0:
                name = named(["get", expr[1], expr[2][:count]])
                raise Missing(f"`{name}` has {len(value)} elements, and none at [{part}] (the first is [0])")
            value = value[part]
        elif kind == "table" and str(part) in value:
            value = value[str(part)]
        else:
            name = named(["get", expr[1], expr[2][:count]])
            if kind == "table":
                keys = ", ".join(f"`{key}`" for key in list(value)[:8]) or "none"
                raise Missing(f"`{name}` has no key `{part}`; its keys are {keys}")
            problem = (
                f"`{name}` is {shown(value)}, which has no {'element' if isinstance(part, int) else 'key'} `{part}`"
            )
            raise (Missing if value is None else ExprError)(problem)
    return value


def _is(expr: Any, value: Any) -> str:
    """What was found, in words: `rows` is 3."""
    seen = shown(None if value is ABSENT else value)
    name = named(expr)
    return f"this is {seen}" if name in ("this", seen) else f"`{name}` is {seen}"


def _alike(left: str, right: str) -> bool:
    return left == right or (left in _NUMBERS and right in _NUMBERS)


def _compared(expr: list[Any], left: Any, right: Any) -> bool:
    op, one, two = expr[0], kind_of(left), kind_of(right)
    if "object" in (one, two):
        raise ExprError(f"`{named(expr[1] if one == 'object' else expr[2])}` is an object, which no condition can use")
    if op == "==" or op == "!=":
        if "none" in (one, two):
            return ((left is None) == (right is None)) is (op == "==")
        if _alike(one, two):
            return same(left, right) is (op == "==")
    elif _alike(one, two) and (one in _NUMBERS or one == "text"):
        if op == "<":
            return bool(left < right)
        if op == "<=":
            return bool(left <= right)
        return bool(left > right) if op == ">" else bool(left >= right)
    raise ExprError(f"`{op}` can't compare {_side(expr[1], left)} with {_side(expr[2], right)}")


def _side(expr: Any, value: Any) -> str:
    name, seen = named(expr), shown(value)
    return seen if name in ("this", seen) or not isinstance(expr, list) else f"`{name}`, {seen},"


def _within(expr: list[Any], left: Any, right: Any) -> bool:
    kind = kind_of(right)
    if kind == "list":
        return any(same(left, one) for one in right)
    if kind in ("text", "table"):
        if isinstance(left, str):
            return left in right
        raise ExprError(f"`{expr[0]}` looks for text in {kind} only, and {_is(expr[1], left)}")
    raise ExprError(f"`{expr[0]}` needs a list, text or table on its right, and {_is(expr[2], right)}")


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values, where 1 is 1.0 and no number is a truth value."""
    if left != right:
        return False
    one, two = kind_of(left), kind_of(right)
    if not _alike(one, two):
        return False
    if one == "list":
        return all(same(a, b) for a, b in zip(left, right))
    if one in ("table", "object"):
        return all(same(value, right[key]) for key, value in left.items())
    return True

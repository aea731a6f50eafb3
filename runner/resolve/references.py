"""`${...}` in text, read once into expressions (N7, N9); with conditions (N11) the only reader of the two grammars."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from runner.resolve.conditions import condition_to_expr
from runner.resolve.leaf import Error, meant, read
from runner.rules.values import from_text

__all__ = ["Error", "condition_to_expr", "meant", "names", "rewrite", "text_to_expr"]

_OPEN = re.compile(r"\$\$\{|\$\{")
_BRACE = re.compile(r"\$\$\{|\$\{|[{}]")
_LEAF_TAGS = ("name", "ref")


def text_to_expr(text: str) -> tuple[Any, list[Error]]:
    """The expression of a text, and its mistakes.

    One `${ref}` alone is the reference itself; a text without any is a plain str; all else is `["text", [...]]`.
    `$${` is a literal `${`, `$x` is plain. With mistakes the expression is the text as it was written.
    """
    pieces: list[Any] = []
    errors: list[Error] = []
    done = 0
    while found := _OPEN.search(text, done):
        _add(pieces, text[done : found.start()])
        if found.group() == "$${":
            _add(pieces, "${")
            done = found.end()
            continue
        close = _close(text, found.end())
        if close is None:
            errors.append(("E401", found.start(), _line_end(text, found.start()), {}))
            break
        expr, error = _reference(text, found.start(), close)
        if error is not None and error[0] == "E402" and "\n" in text[found.start() : close]:
            close = _line_end(text, found.start()) - 1  # the brace belongs to something else
            error = ("E401", found.start(), close + 1, {})
        if error is not None:
            errors.append(error)
        else:
            pieces.append(expr)
        done = close + 1
    else:
        _add(pieces, text[done:])
    if errors:
        return text, errors
    if not pieces:
        return "", []
    if len(pieces) == 1:
        return pieces[0], []
    return ["text", pieces], []


def names(expr: Any) -> Iterator[list[Any]]:
    """The `name` and `ref` leaves of an expression, from left to right."""
    pending = [expr]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += reversed(list(item.values()))
        elif isinstance(item, list) and item:
            if item[0] in _LEAF_TAGS:
                yield item
            elif item[0] != "lit":
                pending += [part for part in reversed(item[1:]) if isinstance(part, list | dict)]
                if item[0] in ("text", "list"):
                    pending.pop()
                    pending += reversed(item[1])


def rewrite(expr: Any, fn: Callable[[list[Any]], Any]) -> Any:
    """A copy with every `name` and `ref` leaf replaced by `fn(leaf)`."""
    root: list[Any] = [expr]
    pending: list[tuple[Any, Any]] = [(root, 0)]  # containers whose place is to be replaced by a copy
    while pending:
        holder, spot = pending.pop()
        item = holder[spot]
        if isinstance(item, dict):
            holder[spot] = copy = dict(item)
            pending += [(copy, key) for key in copy]
        elif isinstance(item, list) and item:
            if item[0] in _LEAF_TAGS:
                holder[spot] = fn(item)
            elif item[0] in ("text", "list"):
                holder[spot] = [item[0], inner := list(item[1])]
                pending += [(inner, index) for index in range(len(inner) - 1, -1, -1)]
            elif item[0] == "get":
                holder[spot] = both = list(item)
                pending.append((both, 1))
            elif item[0] != "lit":
                holder[spot] = parts = list(item)
                pending += [(parts, index) for index in range(len(parts) - 1, 0, -1)]
    return root[0]


def _add(pieces: list[Any], text: str) -> None:
    """Append literal text, joined to literal text before it."""
    if text and pieces and isinstance(pieces[-1], str):
        pieces[-1] += text
    elif text:
        pieces.append(text)


def _close(text: str, at: int) -> int | None:
    """The `}` that closes a `${` whose inside starts at `at`; braces inside come in pairs."""
    depth = 1
    for found in _BRACE.finditer(text, at):
        depth += -1 if found.group() == "}" else 1
        if not depth:
            return found.start()
    return None


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _reference(text: str, start: int, close: int) -> tuple[Any, Error | None]:
    """The expression of `${...}` from `start` to its brace at `close`, or the mistake in it."""
    leaf = read(text, start + 2)
    if leaf is None or (leaf.end != close and not text.startswith(":-", leaf.end)):
        return None, ("E402", start, close + 1, _no_reference(text[start : close + 1]))
    if error := leaf.error():
        return None, error
    if leaf.end == close:
        return leaf.expr(), None
    default = text[leaf.end + 2 : close]
    plain = default.replace("$${", "")
    if "${" in plain:
        return None, ("E404", leaf.end + 2, close, {"text": default})
    value = from_text(default.replace("$${", "${"), None)
    return ["else", leaf.expr(), ["lit", value] if isinstance(value, list | dict) else value], None


def _no_reference(written: str) -> dict[str, Any]:
    """Arguments of E402: what was written, and what it was meant to be where that can be guessed."""
    args: dict[str, Any] = {"text": written}
    inside = written[2:-1]
    plain = inside.strip().strip("{}").strip()
    if not plain:
        return {**args, "hint": "name something: `${NAME}`; a literal `${` is `$${`"}
    leaf = read(plain, 0)
    if leaf is None:
        return args
    rest = plain[leaf.end :]
    if not rest:
        return {**args, "hint": f"write `${{{plain}}}`"}
    if digit := re.fullmatch(r"\.([0-9]+)(.*)", rest):
        return {**args, "hint": f"write `${{{plain[: leaf.end]}[{digit[1]}]{digit[2]}}}`"}
    if negative := re.match(r"\[-[0-9]+\]", rest):
        return {**args, "hint": f"an index counts from 0, `{negative.group()}` is none"}
    if rest.startswith(":") and plain.startswith(("env:", "run:", "git:", "steps:")):
        return {**args, "hint": f"write `${{{plain.replace(':', '.', 1)}}}`"}
    if shell := re.match(r"\s*(:=|:\?|:\+|:|-|=|\?)\s*(?=[^-\s])", rest):
        return {**args, "hint": f"a default is written `${{{plain[: leaf.end]}:-{rest[shell.end() :]}}}`"}
    if rest[0] in "(|+*/ ":
        return {**args, "hint": "a reference does not compute: let a step return the result, and name that"}
    return args

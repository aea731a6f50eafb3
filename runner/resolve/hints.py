"""What to suggest for a word that is not known: the nearest one, else the few that there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from runner.text.diagnostics import near

FEW = 6
GUESSES = 50
"""A file with more unknown words than this gets no further guesses: each of them looks at all names."""


def like(word: str, known: Iterable[str]) -> dict[str, Any]:
    """Arguments for `diagnose`: `near`, or a `hint` with all words where they are few, or nothing."""
    names = sorted(known) if isinstance(known, set) else list(dict.fromkeys(known))
    names = [name for name in names if name != word]  # it is known, but not here
    close = near(word, names)
    if close is not None:
        return {"near": close}
    if 0 < len(names) <= FEW:
        return {"hint": f"there is {listed(names)}"}
    return {}


def listed(words: Iterable[str], last: str = "and") -> str:
    """`a`, `b` and `c`, each in backticks."""
    *most, end = [f"`{word}`" for word in words]
    return f"{', '.join(most)} {last} {end}" if most else end


KINDS = {
    "text": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "a truth value",
    "list": "a list",
    "table": "a table",
    "date": "a date",
    "time": "a time",
    "datetime": "a date with time",
    "path": "a path",
    "none": "none",
    "object": "an object",
}
"""Kinds of values in people's words."""


class Guesses:
    """`like`, as long as there are not too many unknown words."""

    def __init__(self) -> None:
        self.left = GUESSES

    def __call__(self, word: str, known: Iterable[str]) -> dict[str, Any]:
        """As `like`; nothing once all guesses are used up."""
        self.left -= 1
        return like(word, known) if self.left >= 0 else {}

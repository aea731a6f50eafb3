"""Which patterns can name one path (N21), and an index that finds all of them without asking every pair."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

ESCAPED = "\udc2a"
"""Stands for a literal `*` inside a pattern: no file, text or decoded name can hold this lone surrogate."""


@lru_cache(maxsize=1 << 16)
def inside(path: str) -> str | None:
    """A path in its shortest form, a trailing `/` kept; None when it leaves the project, or is no path (N20, N46)."""
    if path.startswith("/") or "\0" in path or "\n" in path:
        return None
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    if not parts:
        return None
    return "/".join(parts) + ("/" if path.endswith(("/", "/.", "/..")) else "")


def parts_of(pattern: str) -> list[str]:
    """The parts of a pattern, where each `**` stands for any number of parts, none too."""
    parts = pattern.split("/")
    if parts[-1] == "":
        parts[-1] = "**"  # a folder: itself and all below
    elif parts[-1] == "**":
        parts.insert(-1, "*")  # at the end at least one part
    return parts


def meets(one: str, two: str) -> bool:
    """Whether two patterns can name one path; what is unknown in them is written `*`."""
    one, two = inside(one) or one, inside(two) or two
    if not _wild(one) and not _wild(two):
        return one == two
    return _meet(parts_of(one), parts_of(two))


def fits(part: str, name: str) -> bool:
    """Whether the name of a file or folder is one that a pattern's part stands for; hidden ones need a dot (N21)."""
    if "*" not in part:
        return part == name
    if name.startswith(".") and part.startswith("*"):
        return False
    head, *middle, tail = part.split("*")
    if not name.startswith(head) or not name.endswith(tail) or len(name) < len(head) + len(tail):
        return False
    at, end = len(head), len(name) - len(tail)
    for piece in middle:
        at = name.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True


def _wild(pattern: str) -> bool:
    return "*" in pattern or pattern.endswith("/")


def _hidden(part: str) -> bool:
    return part.startswith(".")


def _part_meets(one: str, two: str) -> bool:
    """Whether two parts can be one name: with a `*` in both, only what stands before and behind their stars decides."""
    if "*" not in one:
        return fits(two, one)
    if "*" not in two:
        return fits(one, two)
    if (one.startswith("*") and _hidden(two)) or (two.startswith("*") and _hidden(one)):
        return False
    heads = one.split("*", 1)[0], two.split("*", 1)[0]
    tails = one.rsplit("*", 1)[1], two.rsplit("*", 1)[1]
    if not heads[0].startswith(heads[1]) and not heads[1].startswith(heads[0]):
        return False
    return tails[0].endswith(tails[1]) or tails[1].endswith(tails[0])


def _meet(one: list[str], two: list[str]) -> bool:
    """Row by row from the end: whether the rest of `one` and the rest of `two` can be the same parts."""
    below = [False] * (len(two) + 1)
    for i in range(len(one), -1, -1):
        row = [False] * (len(two) + 1)
        for j in range(len(two), -1, -1):
            if i == len(one) and j == len(two):
                row[j] = True
            elif i < len(one) and one[i] == "**":
                row[j] = below[j] or (j < len(two) and row[j + 1] and (two[j] == "**" or not _hidden(two[j])))
            elif j < len(two) and two[j] == "**":
                row[j] = row[j + 1] or (i < len(one) and below[j] and not _hidden(one[i]))
            elif i < len(one) and j < len(two):
                row[j] = below[j + 1] and _part_meets(one[i], two[j])
        below = row
    return below[0]


class Index:
    """Patterns with a value each; `meeting` finds those that a pattern meets, in the order of adding.

    Literal paths are looked up; patterns are found by the text before their first `*` and after their last one.
    """

    def __init__(self) -> None:
        self._entries: list[tuple[str, list[str], Any]] = []
        self._literal: dict[str, list[int]] = {}
        self._wild: dict[str, dict[str, list[int]]] = {}  # head -> reversed tail -> entries
        self._sorted: tuple[list[str], list[str], list[str], dict[str, list[str]]] | None = None

    def add(self, pattern: str, value: Any) -> None:
        """Note a pattern."""
        pattern = inside(pattern) or pattern
        number = len(self._entries)
        self._entries.append((pattern, parts_of(pattern), value))
        if _wild(pattern):
            head, tail = _ends(pattern)
            self._wild.setdefault(head, {}).setdefault(tail, []).append(number)
        else:
            self._literal.setdefault(pattern, []).append(number)
        self._sorted = None

    def meeting(self, pattern: str) -> list[Any]:
        """The values of all patterns that meet this one."""
        pattern = inside(pattern) or pattern
        parts = parts_of(pattern)
        wild = _wild(pattern)
        found = set() if wild else set(self._literal.get(pattern, ()))
        for number in self._candidates(pattern, wild):
            if number not in found and _meet(parts, self._entries[number][1]):
                found.add(number)
        return [self._entries[number][2] for number in sorted(found)]

    def _candidates(self, pattern: str, wild: bool) -> Iterable[int]:
        literals, backwards, heads, tails = self._orders()
        # a folder `a/` names `a` itself too: a literal is looked up with the `/` that it may stand before
        head, tail = _ends(pattern) if wild else (pattern + "/", pattern.rsplit("/", 1)[-1][::-1])
        shorter = (head[:size] for size in range(len(head) + (0 if wild else 1)))
        for known in shorter:
            if known in self._wild:
                yield from _tailed(self._wild[known], tails[known], tail)
        if not wild:
            return
        for known in _range(heads, head):
            yield from _tailed(self._wild[known], tails[known], tail)
        ahead, behind = _span(literals, head), _span(backwards, tail)
        if ahead[1] - ahead[0] <= behind[1] - behind[0]:
            names = literals[slice(*ahead)]
        else:
            names = [name[::-1] for name in backwards[slice(*behind)]]
        if head.endswith("/") and head[:-1] in self._literal:
            names.append(head[:-1])
        for name in names:
            yield from self._literal[name]

    def _orders(self) -> tuple[list[str], list[str], list[str], dict[str, list[str]]]:
        """Literal paths, the same backwards, heads, and the tails of each head: all sorted, once after the last add."""
        if self._sorted is None:
            literals = sorted(self._literal)
            tails = {head: sorted(bucket) for head, bucket in self._wild.items()}
            self._sorted = literals, sorted(name[::-1] for name in literals), sorted(self._wild), tails
        return self._sorted


def _ends(pattern: str) -> tuple[str, str]:
    """What every path of a pattern begins with, and, reversed, what it ends with in its last part."""
    head = pattern.split("*", 1)[0]
    last = pattern.rsplit("/", 1)[-1]
    return head, last.rsplit("*", 1)[-1][::-1]


def _tailed(bucket: dict[str, list[int]], order: list[str], tail: str) -> Iterable[int]:
    """The entries of one head whose tail is the end of `tail`, or has it as its end."""
    for size in range(len(tail)):
        yield from bucket.get(tail[:size], ())
    for known in _range(order, tail):
        yield from bucket[known]


def _range(names: list[str], prefix: str) -> list[str]:
    return names[slice(*_span(names, prefix))]


def _span(names: list[str], prefix: str) -> tuple[int, int]:
    """Where the names with a prefix stand in a sorted list."""
    if not prefix:
        return 0, len(names)
    return bisect_left(names, prefix), bisect_left(names, prefix[:-1] + chr(min(ord(prefix[-1]) + 1, 0x10FFFF)))

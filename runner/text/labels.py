"""Where the keys of a CUE text stand, as far as that can be told without evaluating it.

A label that is computed, `"train-\\(n)"` or `[string]`, stands for any name. Read once, and never wrong about what it
finds: braces, texts and comments are told apart, the rest of the language is passed over.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Sequence
from typing import NamedTuple

ANY = None
"""The name of a label that is computed."""
Name = str | int | None
Path = tuple[Name, ...]

PASSED = re.compile(r"[ \t\r]+|//[^\n]*")
WORD = re.compile(r"[#A-Za-z_$][\w$#]*")
NUMBER = re.compile(r"\d[\w.]*")
QUOTE = re.compile(r"(#*)(\"\"\"|'''|\"|')")
MARK = re.compile(r"[ \t]*[?!]?[ \t]*:")
NO_LABEL = ("for", "in", "if", "let", "import", "package")


class Spot(NamedTuple):
    """Offsets of a label and of its value, which is the label again where a struct or an expression stands."""

    key: int
    key_end: int
    value: int
    value_end: int


class Labels:
    """The labels of a text, by their paths."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.spots: dict[Path, Spot] = {}
        self._read()
        self._computed = [path for path in self.spots if ANY in path]

    def find(self, keys: Sequence[str | int]) -> tuple[Spot | None, int]:
        """The spot of the longest beginning of `keys` that is written somewhere, and how long that is."""
        for size in range(len(keys), 0, -1):
            wanted = tuple(keys[:size])
            if wanted in self.spots:
                return self.spots[wanted], size
            like = [path for path in self._computed if len(path) == size and _like(path, wanted)]
            if like:
                return self.spots[min(like, key=lambda path: path.count(ANY))], size
        return None, 0

    def _read(self) -> None:
        text, pos = self.text, 0
        stack: list[tuple[str, Path, int]] = []  # what is open, the path around it, its start
        base: Path = ()  # of the fields that stand here
        path: Path = ()  # of the field that is being read
        ended = False  # whether a line could end a field here
        while pos < len(text):
            passed = PASSED.match(text, pos)
            if passed:
                pos = passed.end()
                continue
            char, start = text[pos], pos
            label: Name | str = ""  # what may be a label, if `:` follows
            if char == "\n" or char == ",":
                pos += 1
                if char == "," or ended:
                    path, ended = base, False
                    if char == "," and stack and stack[-1][0] == "[":
                        base = path = (*base[:-1], _next(base[-1]))
                continue
            if char in "{[(":
                stack.append((char, base, start))
                base = path = (*path, 0) if char == "[" else path
                pos, ended = pos + 1, False
                continue
            if char in "}])":
                opened, base, start = stack.pop() if stack else (char, (), pos)
                path = base if char == "}" or not path else path[: max(len(base), len(path) - (opened == "["))]
                pos, ended = pos + 1, True
                label = ANY if char != "}" else ""
            elif quote := QUOTE.match(text, pos):
                pos, label = self._text(quote)
                ended = True
            elif word := WORD.match(text, pos):
                pos, ended = word.end(), True
                label = "" if word.group() in NO_LABEL else word.group()
            elif number := NUMBER.match(text, pos):
                pos, ended = number.end(), True
            else:
                pos, ended = pos + 1, False
                continue
            mark = MARK.match(text, pos) if label != "" else None
            if mark and not text.startswith("::", mark.end() - 1):
                path = (*(path if path[: len(base)] == base else base), label)
                self.spots.setdefault(path, Spot(start, pos, start, pos))
                pos, ended = mark.end(), False
            elif char != "}" and (len(path) > len(base) or (stack and stack[-1][0] == "[")):
                spot = self.spots.get(path, Spot(start, pos, start, pos))
                if spot.value == spot.key:
                    self.spots[path] = Spot(spot.key, spot.key_end, start, pos)

    def _text(self, quote: re.Match[str]) -> tuple[int, Name]:
        """The end of a text, and what it says as a label."""
        text, (hashes, marks) = self.text, quote.groups()
        pos, close, escape = quote.end(), marks + hashes, "\\" + hashes
        computed = False
        while pos < len(text) and not text.startswith(close, pos):
            if text.startswith(escape + "(", pos):
                computed = True
                pos = self._group(pos + len(escape))
            elif text.startswith(escape, pos):
                pos += len(escape) + 1
            else:
                pos += 1
        said = text[quote.end() : pos]
        if "\\" in said and not computed:
            with contextlib.suppress(ValueError):
                said = json.loads(f'"{said}"')
        return pos + len(close), ANY if computed else said

    def _group(self, pos: int) -> int:
        """The end of the parentheses that open at `pos`, inside a text."""
        depth = 0
        while pos < len(self.text):
            quote = QUOTE.match(self.text, pos)
            if quote:
                pos = self._text(quote)[0]
                continue
            depth += (self.text[pos] == "(") - (self.text[pos] == ")")
            pos += 1
            if depth == 0:
                break
        return pos


def _next(name: Name) -> Name:
    return name + 1 if isinstance(name, int) else name


def _like(path: Path, wanted: tuple[str | int, ...]) -> bool:
    return all(name is ANY or name == want for name, want in zip(path, wanted, strict=True))

"""A text that tomllib refused, and what its explanations share."""

from __future__ import annotations

import re
from typing import Any

from runner.text.diagnostics import Diagnostic, Place, diagnose
from runner.text.positions import Scan, columns, scan

CURLY = "“”„‟«»‘’‚‛′″´`"
"""Quotes that word processors and other languages write."""


class Fault:
    """A refused text: what tomllib said, at which offset, and what had been read by then."""

    def __init__(self, text: str, path: str, what: str, pos: int) -> None:
        self.text, self.path, self.what, self.pos = text, path, what, pos
        self.scan: Scan = scan(text[:pos])
        if what.startswith("Invalid statement"):
            self.scan.statement, self.scan.names = pos, []
        self.start = self.scan.statement
        self.rest = text[pos : self.eol(pos)]
        self.next = text[pos : pos + 1]

    def eol(self, pos: int) -> int:
        """Where the line of an offset ends."""
        end = self.text.find("\n", pos)
        return len(self.text) if end < 0 else end

    @property
    def key(self) -> str:
        """The key of the statement, as it may be written."""
        return dotted([name for name, _, _ in self.scan.names]) or "key"

    def place(self, start: int, end: int | None = None) -> Place:
        """The place of an extent, of one character without `end`."""
        return Place(self.path, *columns(self.text, self.scan, start, start + 1 if end is None else end))

    def say(self, code: str, start: int, end: int | None = None, **args: Any) -> Diagnostic:
        """The problem `code` at an extent."""
        return diagnose(code, self.place(start, end), **args)


def quoted(text: str) -> str:
    """A text of one line as TOML, as it stands if that can be."""
    if text.isprintable():
        if '"' not in text and "\\" not in text:
            return f'"{text}"'
        if "'" not in text:
            return f"'{text}'"
    import json

    return json.dumps(text, ensure_ascii=False)


def dotted(names: list[str]) -> str:
    """Names as a dotted key, quoted where TOML wants it."""
    return ".".join(name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else quoted(name) for name in names)


def unquoted(fault: Fault, start: int) -> str:
    """What was meant as one value, from `start`: to the end of the line, or of the item of a list or table."""
    line = fault.text[start : fault.eol(start)]
    if fault.scan.open:
        line = re.split(r"[,\]}]", line, maxsplit=1)[0]
    return re.split(r"\s#", line, maxsplit=1)[0].rstrip()


def curly(fault: Fault, pos: int) -> Diagnostic:
    """A quote that is none in TOML."""
    char = fault.text[pos]
    return fault.say("E122", pos, char=char, write="`'`" if char in "‘’‚‛′´`" else '`"`')

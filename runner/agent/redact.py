"""Secret values taken out of text and streams, in every spelling of PROTOCOL section 3."""

from __future__ import annotations

import base64
import copy
import html
import json
import re
import shlex
import urllib.parse
from collections.abc import Iterable
from typing import BinaryIO

SHORTEST = 6  # shorter values are not masked (N40): they would black out half the log
LINE = 8
MASK = b"***"
_PIECE = 16


def maskable(values: Iterable[str]) -> list[str]:
    """Those of the values that are long enough to be masked."""
    return [v for v in values if len(v) >= SHORTEST]


def spellings(value: str) -> set[bytes]:
    """What a value may look like in a log: raw, by lines, as JSON, shell, URL, hex, base64 text."""
    found: set[bytes] = set()
    for text in {value, value.strip(), *(line.strip() for line in value.splitlines() if len(line.strip()) >= LINE)}:
        if len(text) >= SHORTEST:
            found |= _spelt(text)
    return found


def _spelt(text: str) -> set[bytes]:
    raw = text.encode("utf-8", "surrogateescape")
    lossy = raw.decode("utf-8", "replace")
    quoted = {urllib.parse.quote(raw, safe=""), urllib.parse.quote(raw), urllib.parse.quote_plus(raw)}
    texts = {
        json.dumps(lossy)[1:-1],
        json.dumps(lossy, ensure_ascii=False)[1:-1],
        repr(text)[1:-1],
        shlex.quote(text),
        shlex.quote(text).strip("'"),
        text.replace("'", "'\\''"),
        re.sub(r"([^A-Za-z0-9_./:=@%+,-])", r"\\\1", text),
        html.escape(text),
        *quoted,
        *(re.sub("%[0-9A-F]{2}", lambda m: m.group().lower(), q) for q in quoted),
        raw.hex(),
        raw.hex().upper(),
        raw.hex(" "),
        raw.hex(":"),
    }
    found = {raw, *(t.encode("utf-8", "surrogateescape") for t in texts)}
    for shift in range(3):  # a base64 text holds the value at one of three alignments; its edges mix with neighbours
        coded = base64.b64encode(b"\0" * shift + raw)
        core = coded[-(-shift * 8 // 6) : (shift + len(raw)) * 8 // 6]
        found |= {core, core.replace(b"+", b"-").replace(b"/", b"_")}
    return {f for f in found if len(f) >= SHORTEST}


class Redactor:
    """Masks values in a stream that comes in chunks: `feed` each, then `flush` once.

    What could be the beginning of a value is held back until the next chunk; nothing else is.
    """

    def __init__(self, values: Iterable[str]) -> None:
        found: set[bytes] = set()
        for value in maskable(values):
            found |= spellings(value)
        self.needles = sorted(found, key=len, reverse=True)
        self._window = max((len(n) for n in self.needles), default=1) - 1
        self._held = b""
        self._any = re.compile(b"|".join(re.escape(n) for n in self.needles)) if self.needles else None
        # Tools wrap base64 and hex: a long spelling is found by any piece of it, then matched across line ends.
        long = [n for n in self.needles if len(n) > 2 * _PIECE and re.fullmatch(rb"[A-Za-z0-9+/_-]+", n)]
        self._pieces = sorted({n[i : i + _PIECE] for n in long for i in range(0, len(n) - _PIECE + 1, _PIECE)})
        self._wrapped = [re.compile(rb"(?:\r?\n[ \t]*)?".join(re.escape(bytes((c,))) for c in n)) for n in long]
        if long:
            self._window += self._window // 16 * 4 + 8

    def finds(self, data: bytes) -> bool:
        """Is one of the values in `data`, in any spelling?"""
        return any(n in data for n in self.needles) or self._masked(data) != data

    def finds_in(self, file: BinaryIO) -> bool:
        """Is one of the values in a file? Reads it in pieces that overlap."""
        before = b""
        while True:
            data = file.read(1 << 20)
            if not data:
                return False
            if self.finds(before + data):
                return True
            before = data[-self._window :] if self._window else b""

    def fresh(self) -> Redactor:
        """The same values for another stream."""
        found = copy.copy(self)
        found._held = b""
        return found

    def mask(self, text: str) -> str:
        """The text without the values."""
        return self._masked(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def mask_bytes(self, data: bytes) -> bytes:
        """The bytes without the values."""
        return self._masked(data)

    def feed(self, data: bytes) -> bytes:
        """What may be written by now."""
        if self._any is None:
            return data
        data = self._held + data
        cut = self._cut(data)
        self._held = data[cut:]
        return self._masked(data[:cut])

    def flush(self) -> bytes:
        """The rest, at the end of the stream."""
        held, self._held = self._held, b""
        return self._masked(held)

    def _masked(self, data: bytes) -> bytes:
        if self._any is None:
            return data
        if any(n in data for n in self.needles):  # many times faster than the pattern, and mostly false
            data = self._any.sub(MASK, data)
        if any(p in data for p in self._pieces):
            for pattern in self._wrapped:
                data = pattern.sub(MASK, data)
        return data

    def _cut(self, data: bytes) -> int:
        """Up to where data can be judged: what follows could begin a value, or belongs to one that lies across."""
        cut = self._open(data)
        patterns = [self._any] if self._any and cut < len(data) and any(n in data for n in self.needles) else []
        if cut < len(data) and any(p in data for p in self._pieces):
            patterns += self._wrapped
        for pattern in patterns:
            for match in pattern.finditer(data):
                if match.start() < cut < match.end():
                    cut = match.start()
        return cut

    def _open(self, data: bytes) -> int:
        """Where the longest end of the data begins that could be the beginning of a value."""
        start = max(0, len(data) - self._window)
        best = len(data)
        for needle in self.needles:
            at = data.find(needle[:1], start)
            while 0 <= at < best:
                if needle.startswith(data[at:]):
                    best = at
                    break
                at = data.find(needle[:1], at + 1)
        if self._pieces:  # in wrapped text the beginning of a value may hold line ends
            bare = re.sub(rb"\r?\n[ \t]*", b"", data[start:])
            for needle in self.needles:
                for length in range(min(len(needle) - 1, len(bare)), _PIECE - 1, -1):
                    if bare.endswith(needle[:length]):
                        best = min(best, start)
                        break
        return best

"""Secret values taken out of text and streams, in every spelling of PROTOCOL section 3."""

from __future__ import annotations

import base64
import copy
import html
import json
import re
import shlex
import sys
import urllib.parse
from collections.abc import Iterable
from typing import BinaryIO

SHORTEST = 6  # shorter values are not masked (N40): they would black out half the log
LINE = 8
MASK = b"***"
_WORD = 8
_STEP = 2  # every second aligned word is looked at: one of them lies whole in each value of _SURE bytes
_SURE = _WORD * (_STEP + 1) - 1
_FEW = 20  # so many values are sooner looked for one by one
_WRAP = re.compile(rb"\r?\n[ \t]*")
Span = tuple[int, int]


def maskable(values: Iterable[str]) -> list[str]:
    """Those of the values that are long enough to be masked."""
    return [v for v in values if len(v) >= SHORTEST]


def spellings(value: str) -> set[bytes]:
    """What a value may look like in a log: as JSON, shell, URL, hex, base64 text, and each of its lines."""
    found: set[bytes] = set()
    for text in {value, value.strip()}:
        if len(text) >= SHORTEST:
            found |= _spelt(text)
    for line in value.splitlines():
        if len(line.strip()) >= LINE:
            found.add(line.strip().encode("utf-8", "surrogateescape"))
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
        self._held = b""
        # Tools wrap base64 and hex: such spellings are looked for across line ends too.
        self._wrapped = [n for n in self.needles if len(n) > 32 and re.fullmatch(rb"[A-Za-z0-9+/_-]+", n)]
        longest = max((len(n) for n in self.needles), default=1)
        self._window = longest - 1 + (longest // 4 + 8 if self._wrapped else 0)
        few = len(self.needles) <= _FEW and not self._wrapped
        self._short = [n for n in self.needles if few or len(n) < _SURE]
        self._words = {_word(n, i) for n in self.needles if len(n) >= _SURE for i in range(_WORD * _STEP)}
        self._words |= {_word(n, i) for n in self._wrapped for i in range(len(n) - _WORD + 1)}
        self._heads: dict[bytes, list[bytes]] = {}
        for needle in self.needles:
            if len(needle) > _WORD:
                self._heads.setdefault(needle[:_WORD], []).append(needle)
        self._starts = {n[:i] for n in self.needles for i in range(1, min(_WORD, len(n) - 1) + 1)}

    def finds(self, data: bytes) -> bool:
        """Is one of the values in `data`, in any spelling?"""
        return bool(self._spans(data))

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
        return self.mask_bytes(text.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")

    def mask_bytes(self, data: bytes) -> bytes:
        """The bytes without the values."""
        return _masked(data, self._spans(data))

    def feed(self, data: bytes) -> bytes:
        """What may be written by now."""
        if not self.needles:
            return data
        data = self._held + data
        spans = self._spans(data)
        cut = self._open(data)
        for start, end in spans:
            if start < cut < end:  # it lies across, and may be the beginning of a longer one
                cut = start
        self._held = data[cut:]
        return _masked(data[:cut], [span for span in spans if span[1] <= cut])

    def flush(self) -> bytes:
        """The rest, at the end of the stream."""
        held, self._held = self._held, b""
        return self.mask_bytes(held)

    def _spans(self, data: bytes) -> list[Span]:
        """Where the values lie, in order and apart from each other."""
        if not any(n in data for n in self._short):
            if len(self._short) == len(self.needles):
                return []
            if self._words.isdisjoint(memoryview(data)[: len(data) - len(data) % _WORD].cast("Q")[::_STEP]):
                return []
        spans = [span for needle in self.needles for span in _found(needle, data)]
        if self._wrapped and b"\n" in data:
            bare, breaks = _unwrapped(data)
            for needle in self._wrapped:
                spans += [(_raw(start, breaks, True), _raw(end, breaks, False)) for start, end in _found(needle, bare)]
        merged: list[Span] = []
        for start, end in sorted(spans):
            if merged and start < merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _open(self, data: bytes) -> int:
        """Where the longest end of the data begins that could be the beginning of a value."""
        start = max(0, len(data) - self._window)
        tail = data[start:]
        best = start + self._begins(tail)
        if self._wrapped and b"\n" in tail:
            bare, breaks = _unwrapped(tail)
            best = min(best, start + _raw(self._begins(bare), breaks, False))
        return best

    def _begins(self, tail: bytes) -> int:
        best = len(tail)
        for head, needles in self._heads.items():
            at = tail.find(head)
            while 0 <= at < best:
                if any(needle.startswith(tail[at:]) for needle in needles):
                    best = at
                at = tail.find(head, at + 1)
        for length in range(min(_WORD, len(tail)), 0, -1):
            if len(tail) - length < best and tail[-length:] in self._starts:
                return len(tail) - length
        return best


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + _WORD], sys.byteorder)


def _found(needle: bytes, data: bytes) -> list[Span]:
    spans = []
    at = data.find(needle)
    while at >= 0:
        spans.append((at, at + len(needle)))
        at = data.find(needle, at + len(needle))
    return spans


def _masked(data: bytes, spans: list[Span]) -> bytes:
    if not spans:
        return data
    parts, before = [], 0
    for start, end in spans:
        parts += [data[before:start], MASK]
        before = end
    return b"".join((*parts, data[before:]))


def _unwrapped(data: bytes) -> tuple[bytes, list[Span]]:
    """The data without its line ends, and of each of these where it was in the result and how long."""
    breaks, gone = [], 0
    for match in _WRAP.finditer(data):
        breaks.append((match.start() - gone, match.end() - match.start()))
        gone += match.end() - match.start()
    return _WRAP.sub(b"", data), breaks


def _raw(at: int, breaks: list[Span], start: bool) -> int:
    """A place in unwrapped data as a place in the data; a line end right there lies before a start, after an end."""
    return at + sum(length for place, length in breaks if place < at or (start and place == at))

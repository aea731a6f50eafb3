"""The journal's lines: length, checksum, key, value. What a power cut or a full disk left half written is passed over.

<length, hex> <crc32, 8 hex> <key> <value>\\n        length and checksum are of `<key> <value>`
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32


class Frame(NamedTuple):
    """One whole line: the key, and where its value stands."""

    key: str
    offset: int
    size: int


class Scan(NamedTuple):
    """What some bytes hold. end: where the last whole line ends; torn: bytes behind it that make no line;
    damaged: stretches before it that are none."""

    frames: list[Frame]
    end: int
    torn: int
    damaged: int


def frame(key: str, value: bytes) -> tuple[bytes, int]:
    """A line, and where the value begins in it. Raises ValueError for a key with a space or a line break."""
    if not key or " " in key or "\n" in key:
        raise ValueError(f"not a key: {key!r}")
    body = key.encode() + b" " + value
    head = b"%x %08x " % (len(body), crc32(body))
    return head + body + b"\n", len(head) + len(body) - len(value)


def scan(data: bytes, base: int = 0) -> Scan:
    """All whole lines of `data`, which stands at `base` in its file."""
    frames: list[Frame] = []
    at = end = damaged = 0
    lost = False
    while at < len(data):
        found = _line(data, at, base)
        if found is not None:
            damaged += lost
            lost = False
            frames.append(found[0])
            at = end = found[1]
            continue
        lost = True
        at = data.find(b"\n", at) + 1
        if not at:
            break
    return Scan(frames, base + end, len(data) - end, damaged)


def _line(data: bytes, at: int, base: int) -> tuple[Frame, int] | None:
    space = data.find(b" ", at, at + 10)
    if space < 0:
        return None
    try:
        size, check = int(data[at:space], 16), int(data[space + 1 : space + 9], 16)
    except ValueError:
        return None
    start = space + 10
    stop = start + size
    if size < 0 or data[stop : stop + 1] != b"\n" or data[start - 1 : start] != b" ":
        return None
    body = data[start:stop]
    if crc32(body) != check:
        return None
    key, _, value = body.partition(b" ")
    try:
        return Frame(key.decode(), base + stop - len(value), len(value)), stop + 1
    except UnicodeDecodeError:
        return None

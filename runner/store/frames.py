"""The journal's lines: length, checksum, key, value. What a power cut or a full disk left half written is passed over.

<length, hex> <crc32, 8 hex> <key> <value>\\n        length and checksum are of `<key> <value>`
"""

from __future__ import annotations

from typing import NamedTuple
from zlib import crc32


class Scan(NamedTuple):
    """What some bytes hold. where: key -> offset and size of its last value; end: where the last whole line ends;
    torn: bytes behind it that make no line; damaged: stretches before it that are none."""

    where: dict[str, tuple[int, int]]
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
    where: dict[str, tuple[int, int]] = {}
    at = end = damaged = 0
    lost = False
    total, find = len(data), data.find
    view = memoryview(data)
    while at < total:
        head = find(b" ", at, at + 10)
        try:
            size, check = int(data[at:head], 16), int(data[head + 1 : head + 9], 16)
        except ValueError:
            size = -1
        start = head + 10
        stop = start + size
        # 10 and 32: a line break, a blank
        whole = head > 0 <= size and stop < total and data[stop] == 10 and data[start - 1] == 32
        if whole and crc32(view[start:stop]) == check:
            blank = find(b" ", start, stop)
            try:
                key = data[start:blank].decode() if blank > 0 else ""
            except UnicodeDecodeError:
                key = ""
            if key:
                where[key] = (base + blank + 1, stop - blank - 1)
                damaged += lost
                lost = False
                at = end = stop + 1
                continue
        lost = True
        at = find(b"\n", at) + 1
        if not at:
            break
    return Scan(where, base + end, total - end, damaged)

"""Reads logs: whole, their last lines, or the line that is being printed. A log that does not exist is empty."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import IO

PIECE = 1 << 20
END = 4096  # bytes that are looked at for the last line


def copy(path: str | Path, out: IO[bytes] | Lines, lines: int | None = None) -> bool:
    """Write a log out as it is, or its last lines; true when it ended with a newline or was empty."""
    try:
        with open(path, "rb") as log:
            if lines is not None:
                log.seek(_start_of_last(log, lines))
            end = b"\n"
            while piece := log.read(PIECE):
                out.write(piece)
                end = piece[-1:]
            return end == b"\n"
    except FileNotFoundError:
        return True


def tail(path: str | Path, lines: int, most: int = PIECE) -> list[str]:
    """The last lines of a log as text, from its last `most` bytes at most; [] when it cannot be read."""
    try:
        with open(path, "rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - most, _start_of_last(log, lines)))
            text = log.read(most).decode("utf-8", "replace")
    except OSError:
        return []
    return text.removesuffix("\n").split("\n") if text else []


class Lines:
    """Writes what is printed to it as JSON, an object a line: the step, the attempt, the text. out: where to."""

    def __init__(self, out: IO[bytes], step: str, attempt: int) -> None:
        self._out, self._told, self._rest = out, {"step": step, "attempt": attempt}, b""

    def write(self, piece: bytes) -> None:
        """Bytes, which may end within a line."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            text = json.dumps({**self._told, "text": line.decode("utf-8", "replace")}, ensure_ascii=False)
            self._out.write(f"{text}\n".encode())

    def end(self) -> None:
        """The last line may have none."""
        if self._rest:
            self.write(b"\n")


def last_line(path: str | Path) -> str:
    """The last line that is not blank, also one that is not finished yet; empty when nothing was printed."""
    try:
        with open(path, "rb", buffering=0) as log:
            size = log.seek(0, io.SEEK_END)
            log.seek(max(0, size - END))
            text = log.read(END)
    except OSError:
        return ""
    lines = text.rstrip().rsplit(b"\n", 1)
    return lines[-1].decode("utf-8", "replace")


def _start_of_last(log: IO[bytes], lines: int) -> int:
    """Where the last `lines` lines begin, read from the end, so that a log of gigabytes costs nothing."""
    at = log.seek(0, io.SEEK_END)
    if lines <= 0:
        return at
    missing, first = lines, True
    while at > 0:
        size = min(PIECE, at)
        at -= size
        log.seek(at)
        piece = log.read(size)
        stop = len(piece) - 1 if first and piece.endswith(b"\n") else len(piece)
        first = False
        while (stop := piece.rfind(b"\n", 0, stop)) >= 0:
            missing -= 1
            if missing == 0:
                return at + stop + 1
    return 0

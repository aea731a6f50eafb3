"""What running steps print, line by line, as events: read off their logs, a little behind."""

from __future__ import annotations

import os
from collections.abc import Iterator

from runner.run.events import Address, Event

EVERY = 0.2  # seconds between two looks at the logs
MOST = 1 << 16  # bytes of one log that are told at once: of a flood, the last ones
LONGEST = 2000  # characters of a line


class Prints:
    """Makes `line` events for a view that shows every line."""

    def __init__(self) -> None:
        self._logs: dict[Address, Log] = {}
        self._next = 0.0

    def before(self, event: Event) -> Iterator[Event]:
        """What was printed before an event: the rest of an attempt's log comes before its end."""
        address = event.address
        if address is None:
            return
        if event.what == "start" and event.data.get("log"):
            self._logs[address] = Log(str(event.data["log"]))
        elif event.what == "end" and address in self._logs:
            yield from _events(event.at, address, self._logs.pop(address).rest())

    def since(self, now: float) -> Iterator[Event]:
        """What was printed since the last look."""
        if now >= self._next:
            self._next = now + EVERY
            for address, log in self._logs.items():
                yield from _events(now, address, log.lines())


class Log:
    """One log, and how far it has been read: from its beginning where another file has taken its place."""

    __slots__ = ("_at", "_begun", "_file", "_path")

    def __init__(self, path: str) -> None:
        self._path = path
        self._at = self._file = 0
        self._begun = b""  # a line that has no end yet

    def lines(self) -> list[bytes]:
        """The lines that have been ended since the last call."""
        try:
            log = os.open(self._path, os.O_RDONLY)
        except OSError:  # it has printed nothing yet
            return []
        passed = 0
        try:
            if (file := os.fstat(log).st_ino) != self._file:
                self._at, self._begun, self._file = 0, b"", file
            data = os.pread(log, MOST, self._at)
            if len(data) == MOST and (passed := os.fstat(log).st_size - self._at - MOST) > 0:
                self._at, self._begun = self._at + passed, b""
                data = os.pread(log, MOST, self._at)
        finally:
            os.close(log)
        if not data:
            return []
        self._at += len(data)
        *lines, begun = (self._begun + data).split(b"\n")
        self._begun = begun[-MOST:]
        return [f"({passed:,} bytes are in the log only)".encode(), *lines] if passed > 0 else lines

    def rest(self) -> list[bytes]:
        """All that is left, also a line without an end."""
        lines = self.lines()
        return [*lines, self._begun] if self._begun else lines


def _events(at: float, address: Address, lines: list[bytes]) -> Iterator[Event]:
    return (Event(at, "line", address, {"text": shown(line.decode("utf-8", "replace"))}) for line in lines)


def shown(line: str) -> str:
    """A line of a log, of a very long one the beginning of what a terminal would show."""
    return line if len(line) <= LONGEST else line.rstrip("\r").rpartition("\r")[2][:LONGEST]

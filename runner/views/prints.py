"""What running steps print, line by line, as events: read off their logs, a little behind."""

from __future__ import annotations

from collections.abc import Iterator

from runner.run.events import Address, Event

EVERY = 0.2  # seconds between two looks at the logs
MOST = 1 << 20  # bytes of one log that are told at once


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
    """One log, and how far it has been read."""

    __slots__ = ("_at", "_begun", "_path")

    def __init__(self, path: str) -> None:
        self._path = path
        self._at = 0
        self._begun = b""  # a line that has no end yet

    def lines(self) -> list[bytes]:
        """The lines that have been ended since the last call."""
        *lines, self._begun = self._read().split(b"\n")
        return lines

    def rest(self) -> list[bytes]:
        """All that is left, also a line without an end; of very much, how much there is more."""
        lines = self.lines()
        lines += [self._begun] if self._begun else []
        try:
            with open(self._path, "rb") as log:
                more = log.seek(0, 2) - self._at
        except OSError:
            return lines
        return [*lines, f"({more:,} bytes more in the log)".encode()] if more > 0 else lines

    def _read(self) -> bytes:
        try:
            with open(self._path, "rb", buffering=0) as log:
                log.seek(self._at)
                data = log.read(MOST)
        except OSError:  # it has printed nothing yet
            return self._begun
        self._at += len(data)
        return self._begun + data


def _events(at: float, address: Address, lines: list[bytes]) -> Iterator[Event]:
    return (Event(at, "line", address, {"text": line.decode("utf-8", "replace")}) for line in lines)

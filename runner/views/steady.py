"""A stream whose reader may go away: what can't be written any more is dropped, and the run goes on."""

from __future__ import annotations

import io
import os
from typing import IO


class Steady(io.TextIOBase):
    """Writes through to `stream` until that fails (a closed pipe, a terminal that hung up), then to nowhere."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._lost = False

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """That of the stream."""
        return getattr(self._stream, "encoding", None) or "ascii"

    def write(self, text: str) -> int:
        """All of it counts as written."""
        if not self._lost:
            try:
                self._stream.write(text)
            except (OSError, ValueError):
                self._lose()
        return len(text)

    def flush(self) -> None:
        """Never raises."""
        if not self._lost:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self._lose()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return not self._lost and self._stream.isatty()

    def fileno(self) -> int:
        """The stream's descriptor."""
        return self._stream.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    def _lose(self) -> None:
        """What the stream still holds goes to nowhere too, else the interpreter would try once more at its end."""
        self._lost = True
        try:
            place = self._stream.fileno()  # first: a stream that is closed has none, and nothing may stay open
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, place)
            os.close(nothing)
        except (OSError, ValueError):
            return

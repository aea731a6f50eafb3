"""The board on a terminal: one write a picture, at most ten a second, and the cursor is given back."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from runner.views.board import Board
from runner.views.frame import Frame
from runner.views.terminal import coloured, columns, size, symbols

if TYPE_CHECKING:
    from runner.run.events import Event

EVERY = 0.1  # seconds between two pictures
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
HOLD, FREE = "\x1b[?2026h", "\x1b[?2026l"  # a terminal that knows them shows what is between them at once


class Live:
    """Redraws from `tick`; the caller's `now` and the events' `at` are of one clock."""

    def __init__(self, stream: IO[str], env: Mapping[str, str]) -> None:
        self.stream = stream
        self.env = env
        self.signs = symbols(stream, env)
        self.board = Board()
        self.frame = Frame(self.board, self.signs, coloured(stream, env))
        self._drawn: list[int] = []  # widths of the board's lines as they stand on the screen
        self._next = 0.0
        self._turn = 0

    def __enter__(self) -> Self:
        self.stream.write(HIDE)
        self.stream.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the board away and give the cursor back, whatever happened."""
        self._draw([], size(self.stream, self.env)[0], SHOW)

    def see(self, event: Event) -> None:
        self.board.see(event)

    def tick(self, now: float) -> None:
        if now >= self._next:
            self._next = now + EVERY
            self._turn += 1
            width, height = size(self.stream, self.env)  # asked each time, so that a window may change
            spin = self.signs.spinner[self._turn % len(self.signs.spinner)]
            self._draw(self.frame.lines(now, width, height, spin), width)

    def _draw(self, board: list[str], width: int, last: str = "") -> None:
        """Replace the board on the screen by what has become permanent and the new board, in one write."""
        above = self.frame.above(width)
        if not board and not above and not self._drawn and not last:
            return
        up = sum(max(1, -(-drawn // width)) for drawn in self._drawn)  # a narrower window has wrapped them
        out = [f"\x1b[{up}A\r"] if up else []
        out += [f"{line}\x1b[K\n" for line in above + board]
        if self._drawn:
            out.append("\x1b[J")
        self._drawn = [columns(line) for line in board]
        self.stream.write(HOLD + "".join(out) + FREE + last)
        self.stream.flush()

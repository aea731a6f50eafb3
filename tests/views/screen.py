"""A terminal that understands what the board writes, and nothing else."""

from __future__ import annotations

import re

from runner.views.terminal import columns

SECOND = "\ue000"
TOKEN = re.compile(r"\x1b\[(\??)([0-9]*)([A-Za-z])|(\r)|(\n)|([^\x1b\r\n])", re.DOTALL)


class Screen:
    """Lines with a cursor; they are counted without end, so that what scrolled away is still there."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines = [""]
        self.row = self.col = 0
        self.cursor = True
        self.held = False  # what is written is not shown yet

    def feed(self, text: str) -> None:
        at = 0
        while at < len(text):
            token = TOKEN.match(text, at)
            assert token, f"a sequence that no terminal is asked for: {text[at : at + 10]!r}"
            at = token.end()
            self._do(*token.groups())

    def resize(self, width: int) -> None:
        """A window that changes: lines that are too long for it are wrapped."""
        self.width, lines = width, self.lines
        self.lines = [
            part for line in lines for part in ([line[i : i + width] for i in range(0, len(line), width)] or [""])
        ]
        self.row += len(self.lines) - len(lines)

    def _do(self, private, number, letter, cr, lf, char) -> None:
        if cr:
            self.col = 0
        elif lf:
            self.row, self.col = self.row + 1, 0
        elif char:
            wide = columns(char)
            if self.col + wide > self.width:
                self.row, self.col = self.row + 1, 0
            self._grow()
            line = self.lines[self.row].ljust(self.col)
            # the second column of a wide character is a mark that `text` leaves out
            self.lines[self.row] = line[: self.col] + char + SECOND * (wide - 1) + line[self.col + wide :]
            self.col += wide
        elif letter == "A":
            self.row -= int(number or 1)
            assert self.row >= 0, "the cursor left the screen"
        elif letter == "K":
            self._grow()
            self.lines[self.row] = self.lines[self.row][: self.col]
        elif letter == "J":
            self._grow()
            self.lines[self.row] = self.lines[self.row][: self.col]
            del self.lines[self.row + 1 :]
        elif private and number == "25":
            self.cursor = letter == "h"
        elif private and number == "2026":
            self.held = letter == "h"
        else:
            assert letter == "m", f"unknown sequence {letter}"
        self._grow()

    def _grow(self) -> None:
        while len(self.lines) <= self.row:
            self.lines.append("")

    def text(self) -> str:
        lines = (line.replace(SECOND, "").rstrip() for line in self.lines)
        return "\n".join(lines).rstrip("\n") + "\n"

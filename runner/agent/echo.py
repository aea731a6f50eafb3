"""What a step prints, once more on our own output: whoever reads the log of a container sees it as it comes."""

from __future__ import annotations

import contextlib
import os
from typing import Any

PIECE = 1 << 15
LINE = 48  # bytes that a node adds to a line
FIRST, LAST = 5 << 20, 2 << 20  # bytes, with those: nodes keep 10 MiB and drop what is older


class Echo:
    """Follows the log of one attempt, which has been masked before it is written. Of a long one the beginning as it
    comes, and the end: the run log has all of it."""

    def __init__(self, attempt: Any, out: int = 1) -> None:
        self._out, self._room = out, FIRST
        self._log = os.open(attempt.log.path, os.O_RDONLY) if attempt.log is not None else -1

    def more(self) -> None:
        """Copy what has come since."""
        while self._log >= 0 and self._room > 0:
            data = os.read(self._log, PIECE)
            if not data:
                return
            self._room -= _size(data)
            write(data, self._out)

    def close(self) -> None:
        """Copy the rest."""
        self.more()
        if self._log >= 0:
            at, size = os.lseek(self._log, 0, os.SEEK_CUR), os.fstat(self._log).st_size
            data = os.pread(self._log, LAST, max(at, size - LAST))
            while _size(data) > LAST:
                data = data[len(data) // 2 :]
            if at + len(data) < size:
                data = data[data.find(b"\n") + 1 :]
                write(b"\n... %d bytes are left out here ...\n" % (size - at - len(data)), self._out)
            write(data, self._out)
            os.close(self._log)
            self._log = -1


def _size(data: bytes) -> int:
    return len(data) + LINE * data.count(b"\n")


def write(data: bytes, out: int = 1) -> None:
    """All of it; nobody may be there to read it, which is no failure of the step."""
    view = memoryview(data)
    with contextlib.suppress(OSError):
        while view:
            view = view[os.write(out, view) :]

"""What a step prints, once more on our own output: whoever reads the log of a container sees it as it comes."""

from __future__ import annotations

import contextlib
import os
from typing import Any

PIECE = 1 << 16


class Echo:
    """Follows the log of one attempt, which has been masked before it is written."""

    def __init__(self, attempt: Any, out: int = 1) -> None:
        self._out = out
        self._log = os.open(attempt.log.path, os.O_RDONLY) if attempt.log is not None else -1

    def more(self) -> None:
        """Copy what has come since."""
        while self._log >= 0:
            data = os.read(self._log, PIECE)
            if not data:
                return
            write(data, self._out)

    def close(self) -> None:
        """Copy the rest."""
        self.more()
        if self._log >= 0:
            os.close(self._log)
            self._log = -1


def write(data: bytes, out: int = 1) -> None:
    """All of it; nobody may be there to read it, which is no failure of the step."""
    view = memoryview(data)
    with contextlib.suppress(OSError):
        while view:
            view = view[os.write(out, view) :]

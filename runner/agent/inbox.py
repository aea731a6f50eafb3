"""What a driver tells an agent while it lives: calls, and that one is to be stopped; its end is the driver's."""

from __future__ import annotations

import json
import os
import select
import stat
from typing import Any

Table = dict[str, Any]


class Inbox:
    """Messages of a descriptor, each a line with a length and then so many bytes of JSON."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lasts = stat.S_IFMT(os.fstat(fd).st_mode) in (stat.S_IFIFO, stat.S_IFSOCK)
        self._data = b""
        self._over = False

    def fileno(self) -> int:
        """To wait for, -1 when nothing comes any more."""
        return self._fd if self._lasts and not self._over else -1

    def take(self) -> Table | None:
        """The next message, waited for; None at the end. Raises OSError, ValueError."""
        while True:
            found = self._next()
            if found is not None or self._over:
                return found
            self._read()

    def stop(self) -> bool:
        """Whether who gave us a call has said to stop it, or is no more; told once, without waiting."""
        if self._next() is not None:  # it came together with the call
            return True
        fd = self.fileno()
        if fd < 0 or not select.select([fd], [], [], 0)[0]:
            return False
        self._read()
        return self._over or self._next() is not None

    def _read(self) -> None:
        data = os.read(self._fd, 1 << 16)
        self._data += data
        self._over = not data

    def _next(self) -> Table | None:
        line, found, rest = self._data.partition(b"\n")
        if not found or len(rest) < int(line):
            return None
        self._data = rest[int(line) :]
        told: Table = json.loads(rest[: int(line)] or b"{}")
        return told

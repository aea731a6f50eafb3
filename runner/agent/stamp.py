"""What /proc shows of the environment of a forked process, which has that of its server."""

from __future__ import annotations

import os

PADDING = b"RUNNER_RETURNS"  # a server is started with room in it


class Stamp:
    """The first bytes of our environment, where /proc shows it: a forked step is found by its RUNNER_RETURNS too."""

    def __init__(self) -> None:
        self.at = self.room = 0
        mark = b"\0" + PADDING + b"="
        try:
            with open("/proc/self/environ", "rb") as file:
                data = b"\0" + file.read()
            with open("/proc/self/stat", "rb") as file:
                start = int(file.read().rpartition(b")")[2].split()[47])
        except (OSError, ValueError, IndexError):
            return
        found = data.find(mark)
        if found >= 0 and start:
            self.at = start + found + len(mark) - 1
            self.room = data.index(b"\0", found + 1) - found - len(mark)

    def write(self, value: bytes) -> None:
        """Put a value there, if there is room."""
        if len(value) > self.room:
            return
        try:
            fd = os.open("/proc/self/mem", os.O_WRONLY)
        except OSError:
            return
        try:
            os.pwrite(fd, value.ljust(self.room, b"\0"), self.at)
        except OSError:
            pass
        finally:
            os.close(fd)

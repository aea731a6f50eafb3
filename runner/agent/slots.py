"""What a running attempt writes into: a log file and a scratch folder, which serve the next one if nobody wrote there.

Files are the dearest thing about a step that does nothing (ARCHITECTURE 3), so a slot makes them once. A log gets its
own name when something was printed; until then it is `SCRATCH.log`, beside the scratch folder of its slot.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import Any

_TICK = 20_000_000  # ns; two changes of a folder within a tick of the file system's clock may have one time


class Log:
    """The log of one running attempt. path: where it is now; fd: open for reading."""

    def __init__(self, path: str, name: str, fd: int) -> None:
        self.path, self.name, self.fd = path, name, fd

    def size(self) -> int:
        """Bytes printed so far; 0 when they can't be counted."""
        try:
            return os.fstat(self.fd).st_size
        except OSError:
            return 0

    def show(self) -> None:
        """Give it its name, for readers. A log that somebody removed stays removed."""
        if self.path != self.name:
            with contextlib.suppress(OSError):
                _rename(self.path, self.name)
            self.path = self.name

    def tail(self, count: int) -> bytes:
        """The last bytes."""
        try:
            return os.pread(self.fd, count, max(0, self.size() - count))
        except OSError:
            return b""


class Slots:
    """Empty logs and scratch folders of one driver, by path."""

    def __init__(self) -> None:
        self._logs: dict[str, int] = {}  # path -> descriptor of a log that nobody else has open
        self._folders: dict[str, int] = {}  # path -> the time of a folder that is empty
        self._used: dict[str, tuple[int, int]] = {}  # path -> that time, and when it was given out

    def log(self, scratch: str, name: str, fresh: bool = False) -> Log:
        """An empty log for an attempt with this scratch folder. fresh: at its own name at once. Raises OSError."""
        path = name if fresh else scratch + ".log"
        fd = self._logs.pop(path, -1)
        if fd < 0:
            fd = _create(path)
        return Log(path, name, fd)

    def again(self, log: Log, scratch: str) -> Log:
        """A new log, and the scratch folder, for what somebody removed. Raises OSError."""
        os.close(log.fd)
        os.makedirs(scratch, exist_ok=True)
        return Log(log.name, log.name, _create(log.name))

    def close(self, log: Log, keep: bool) -> None:
        """The attempt has ended; keep: its log has something in it, or is wanted though it is empty."""
        if keep:
            log.show()
            os.close(log.fd)
        elif log.path != log.name and _alone(log.fd):
            self._logs[log.path] = log.fd
        else:
            with contextlib.suppress(OSError):
                os.unlink(log.path)
            os.close(log.fd)

    def end(self) -> None:
        """Give the descriptors back."""
        for fd in self._logs.values():
            os.close(fd)
        self._logs.clear()

    def folder(self, path: str, now: int) -> None:
        """Make `path` an empty folder; now: ns of the wall clock. Raises OSError."""
        before = self._folders.pop(path, -1)
        if before < 0:
            try:
                os.makedirs(path)
            except FileExistsError:
                remove(path)
                os.makedirs(path)
            before = os.stat(path).st_mtime_ns
        self._used[path] = before, now

    def untouched(self, path: str) -> bool:
        """Whether a folder that was given out is still empty."""
        before, given = self._used.get(path, (0, 0))
        try:
            time = os.stat(path).st_mtime_ns
            if time == before and given - before > _TICK:
                return True
            if os.listdir(path):
                return False
        except OSError:
            return False
        self._used[path] = time, given
        return True

    def give_back(self, path: str, untouched: bool) -> None:
        """The attempt has ended: its folder, if it took one, serves again when nothing was left in it."""
        used = self._used.pop(path, None)
        if used is not None and untouched:
            self._folders[path] = used[0]
        elif used is not None:
            with contextlib.suppress(OSError):
                remove(path)


def remove(folder: str) -> None:
    """Remove a folder and what is in it. Raises OSError."""
    try:
        for name in os.listdir(folder):
            path = os.path.join(folder, name)
            if os.path.isdir(path) and not os.path.islink(path):
                os.rmdir(path)
            else:
                os.unlink(path)
        os.rmdir(folder)
    except OSError:
        from shutil import rmtree  # dear to import, for it can unpack archives too

        rmtree(folder)


def _create(path: str) -> int:
    flags = os.O_RDONLY | os.O_CREAT | os.O_TRUNC
    try:
        return os.open(path, flags, 0o666)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        return os.open(path, flags, 0o666)


def _rename(path: str, name: str) -> None:
    try:
        os.rename(path, name)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(name), exist_ok=True)
        os.rename(path, name)


_LEASE: Any = getattr(fcntl, "F_SETLEASE", None)


def _alone(fd: int) -> bool:
    """Whether nobody has the file open for writing: only then is a read lease granted. A daemon that a step left
    behind, with the step's log for its output, must not write into the log of the next."""
    if _LEASE is None:
        return False
    try:
        fcntl.fcntl(fd, _LEASE, fcntl.F_RDLCK)
        fcntl.fcntl(fd, _LEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    return True

"""One moment for each run of a project: where it takes a name and paths, nobody else does."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0  # seconds; a holder needs milliseconds, unless somebody has stopped it


@contextmanager
def mutex(root: Path, patience: float = PATIENCE, name: str = "lock") -> Iterator[bool]:
    """Alone among the runs of a project inside; the kernel lets go of it when this process ends, however it ends.

    False: not alone, since the file system has no locks, or somebody has not let go for `patience` seconds. Nothing
    breaks then but what two runs take at the same moment. name: of the lock, for other moments than beginnings."""
    fd = _locked(root / ".runner" / name, patience)
    try:
        yield fd >= 0
    finally:
        if fd >= 0:
            os.close(fd)


def _locked(path: Path, patience: float) -> int:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    try:
        try:
            fd = os.open(path, flags, 0o666)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, flags, 0o666)
    except OSError:
        return -1
    pause, end = 0.001, time.monotonic() + patience
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd
        except BlockingIOError:
            if time.monotonic() < end:
                time.sleep(pause)
                pause = min(2 * pause, 0.02)
                continue
        except OSError:  # no locks here
            pass
        os.close(fd)
        return -1

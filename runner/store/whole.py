"""Whether a file that is written for long is still in its place and whole, and how it gets back there."""

from __future__ import annotations

import errno
import fcntl
import os

from runner.text.diagnostics import Refused, diagnose


def amiss(fd: int, path: str, size: int) -> bool:
    """Whether somebody has removed, moved, replaced or cut off an open file that had this size at least."""
    here = os.fstat(fd)
    try:
        there = os.stat(path)
    except OSError:
        return True
    return (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino) or here.st_size < size


def put_back(fd: int, path: str, size: int, root: str | None) -> None:
    """Copy what an open file holds to its path again; from then on the descriptor is that of the copy, locked.

    root: a folder that is not made again. Raises Refused (E712) when it was cut off, and OSError."""
    if os.fstat(fd).st_size < size:
        raise Refused([diagnose("E712", None, what=f"somebody has cut off `{path}`")])
    if root is not None and not os.path.isdir(root):
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), root)
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    temporary = f"{path}.{os.getpid()}.tmp"
    copy = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o666)
    try:
        from shutil import copyfileobj

        with open(f"/dev/fd/{fd}", "rb") as old, open(copy, "wb", closefd=False) as new:
            copyfileobj(old, new)
        fcntl.flock(copy, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fsync(copy)
        os.replace(temporary, path)
        os.dup2(copy, fd, inheritable=False)
    finally:
        os.close(copy)

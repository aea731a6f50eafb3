"""Files and folders without following links: what lies below, how large it is, gone."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path


def below(folder: str | Path) -> list[os.DirEntry[str]]:
    """What lies in a folder, by name; nothing where there is none, or a link to one."""
    try:
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            return []
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []


def size_of(path: Path | str) -> int:
    """Bytes of a file, or of all files of a folder; links count as nothing."""
    total, todo = 0, [os.fspath(path)]
    while todo:
        with contextlib.suppress(OSError):
            current = todo.pop()
            info = os.lstat(current)
            if stat.S_ISREG(info.st_mode):
                total += info.st_size
            elif stat.S_ISDIR(info.st_mode):
                todo += [entry.path for entry in below(current)]
    return total


def remove(path: Path | str) -> None:
    """Remove a file, a link itself, or a folder with all in it; what is gone already is no fault. Raises OSError."""
    try:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            from shutil import rmtree

            rmtree(path)
        else:
            os.unlink(path)
    except FileNotFoundError:
        return

"""Which processes a project started, found by the mark in their environment or by their working directory (Linux)."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path


def alive(mark: str, folder: Path) -> dict[int, str]:
    """Process id -> command line of every other living process that has `mark` or works below `folder`."""
    found: dict[int, str] = {}
    within = str(folder) + os.sep
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else []:
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            ours = mark.encode() in _read(name, "environ").split(b"\0")
            if not ours:
                ours = (os.readlink(f"/proc/{name}/cwd") + os.sep).startswith(within)
            if ours and _read(name, "stat").rpartition(b")")[2].split()[0] != b"Z":
                found[int(name)] = _read(name, "cmdline").replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
    return found


def left_over(mark: str, folder: Path, grace: float = 2.0) -> dict[int, str]:
    """What is still alive after `grace` seconds; it is killed, so that one test does not disturb the next."""
    end = time.monotonic() + grace
    while (found := alive(mark, folder)) and time.monotonic() < end:
        time.sleep(0.02)
    for pid in found:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return found


def _read(pid: str, what: str) -> bytes:
    with open(f"/proc/{pid}/{what}", "rb") as file:
        return file.read()

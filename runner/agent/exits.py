"""Exit codes and signals in words, for records and for people."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Any

_SIGNALS = {
    "SIGABRT": "it aborted itself",
    "SIGBUS": "bus error: a mapped file became shorter, or /dev/shm is full",
    "SIGFPE": "a number divided by zero, or too large",
    "SIGILL": "illegal instruction: perhaps built for another processor",
    "SIGPIPE": "the reader of a pipe ended first, as in `cmd | head -1`",
    "SIGSEGV": "segmentation fault",
    "SIGSYS": "a system call that is forbidden here",
    "SIGXCPU": "more processor time than its limit",
    "SIGXFSZ": "a file larger than its limit",
}
_CODES = {
    126: "the command was found but may not be executed",
    127: "a command was not found",
    137: "128 + 9: a process of it was killed by SIGKILL, often for want of memory",
    141: "SIGPIPE: the reader of a pipe ended first, as in `cmd | head -1`; under pipefail that fails the step",
}


def signal_name(number: int) -> str:
    """9 -> `SIGKILL`; `signal 77` for one that has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def signal_words(number: int) -> str:
    """11 -> `SIGSEGV (segmentation fault)`."""
    name = signal_name(number)
    return f"{name} ({_SIGNALS[name]})" if name in _SIGNALS else name


def meaning(code: int) -> str | None:
    """What a shell tells by an exit code; None for those that are a program's own."""
    if code in _CODES:
        return _CODES[code]
    name = signal_name(code - 128) if code > 128 else ""
    if name not in _SIGNALS:
        return None
    return f"128 + {code - 128}: a process of it was killed by {name} ({_SIGNALS[name]})"


def no_room(path: str) -> bool:
    """Whether the disk of a file is full: who wrote to it last may have failed for that alone."""
    try:
        found = os.statvfs(path)
    except OSError:
        return False
    return found.f_blocks > 0 and found.f_bavail == 0


def limit_of(call: Mapping[str, Any]) -> str:
    """Of a step that ran out of memory, what it was allowed; "" where nobody holds it to that."""
    count = int((call.get("resources") or {}).get("memory") or 0)
    if not count or not call.get("remote"):
        return ""
    units = ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)
    text = next((f"{count // size}{unit}" for unit, size in units if count % size == 0), str(count))
    return f"; it may take {text}, as `resources = {{ memory = ... }}` says"

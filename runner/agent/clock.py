"""The time of a run: the clock of the wall at its start, and from there on one that nobody can set."""

from __future__ import annotations

import time

_SLEEPS_TOO = getattr(time, "CLOCK_BOOTTIME", None)  # goes on while the machine sleeps; only Linux has it


class Clock:
    """Seconds since 1970 that never run backwards and never jump, whatever becomes of the clock of the wall.

    All that one driver waits for and writes down is told by it, so that records of a run agree with each other."""

    def __init__(self) -> None:
        self._start = time.time() - self._passed()

    def now(self) -> float:
        """The time; while the machine slept, it went on."""
        return self._start + self._passed()

    @staticmethod
    def _passed() -> float:
        return time.monotonic() if _SLEEPS_TOO is None else time.clock_gettime(_SLEEPS_TOO)

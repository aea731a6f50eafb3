"""How long a run will take yet, by what its steps took in earlier runs; nothing where there is little to go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.views.row import Row

if TYPE_CHECKING:
    from runner.run.pace import Pace

FIRST = 2.0  # seconds after which it is asked at all: a run that is over by then reads no earlier one
EVERY = 1.0  # seconds between two answers
UNKNOWN = 0.1  # of the steps that are left may be new


class Left:
    """The guess of one run. lines: node -> row; told: of run-start."""

    def __init__(self, lines: Mapping[str, str], told: Mapping[str, Any], began: float) -> None:
        self._lines, self._told = lines, told
        self._next = began + FIRST
        self._asked = False
        self._pace: Pace | None = None
        self._work: dict[str, float] = {}  # row -> seconds of all that is inside
        self._said: float | None = None  # the moment of its end

    def seconds(self, rows: Mapping[str, Row], waiting: Iterable[str], now: float) -> float | None:
        """Seconds that are left; None when nobody knows."""
        if now >= self._next:
            self._next = now + EVERY
            if not self._asked:
                self._ask()
            left = self._guess(rows, waiting, now) if self._pace is not None else None
            self._said = None if left is None else now + left
        return None if self._said is None else max(0.0, self._said - now)

    def _ask(self) -> None:
        self._asked = True
        root, plan = self._told.get("root"), self._told.get("plan")
        if not root or not isinstance(plan, Mapping):
            return
        from runner.run.pace import pace

        self._pace = pace(Path(str(root)), str(plan.get("name")), str(self._told.get("run")))
        if self._pace is not None:
            for id, seconds in self._pace.seconds.items():
                row = self._lines.get(id)
                if row is not None:
                    self._work[row] = self._work.get(row, 0.0) + seconds

    def _guess(self, rows: Mapping[str, Row], waiting: Iterable[str], now: float) -> float | None:
        """What is left to do, as many at once as the last time; no less than the longest of what runs."""
        assert self._pace is not None
        known, unknown, work, longest = 0, 0, 0.0, 0.0
        for id in waiting:
            took = self._work.get(id)
            known, unknown, work = known + (took is not None), unknown + (took is None), work + (took or 0.0)
        for id, row in rows.items():
            took = self._work.get(id)
            if took is None:
                unknown += 1
                continue
            known += 1
            if row.total is not None and self._pace.counts.get(id):
                took *= row.total / self._pace.counts[id]
            done = row.done()
            rest = took * (1.0 - done) if done is not None else max(0.0, took - (now - row.began))
            work += rest
            longest = max(longest, rest if row.total is None else 0.0)
        if not known or unknown > UNKNOWN * (known + unknown):
            return None
        return max(work / self._pace.at_once, longest)

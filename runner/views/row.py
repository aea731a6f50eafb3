"""One line of the board: a running step, or a map, a loop or a group with all that is inside."""

from __future__ import annotations

import math

from runner.views.logfile import last_line
from runner.views.story import joined
from runner.views.terminal import Symbols, clean, cut, pad
from runner.views.times import clock

BAR, SHORT = 12, 6  # columns of a bar; on a terminal of less than NARROW columns
NARROW = 60


class Row:
    """What is known of one line, and its text."""

    __slots__ = (
        "again", "attempts", "began", "counts", "failed", "id", "label", "last", "log", "n", "part", "progress",
        "retrying", "round", "running", "total",
    )  # fmt: skip

    def __init__(self, id: str, label: str, began: float = 0.0, attempts: int = 1, total: int | None = None) -> None:
        self.id = id
        self.label = label
        self.began = began
        self.attempts = attempts  # that it may have
        self.last = ""  # what was said last
        self.log = ("", "")  # where the newest attempt prints, and what its label adds to the row's
        self.progress = ""  # where its code tells how far it is
        self.part: float | None = None  # what it told last
        self.n = 1  # the attempt
        self.again: float | None = None  # when the next attempt starts
        self.running = 0  # tasks inside
        self.retrying = 0  # of those that wait for another attempt
        self.total = total  # items, or steps of a group
        self.counts = 0  # of them that ended
        self.failed = 0
        self.round = 0

    def started(self, n: int, log: str, inside: str, scratch: str) -> None:
        """An attempt has started, of the row itself or of something inside."""
        self.running += 1
        self.retrying -= n > 1 and self.retrying > 0
        self.log, self.n, self.again = (log, inside), n, None
        self.progress, self.part = f"{scratch}/progress" if scratch else "", None

    def done(self) -> float | None:
        """How far it is, from 0 to 1; None where nobody says."""
        if self.total is not None:
            return self.counts / self.total if self.total else 1.0
        told = progress_of(self.progress) if self.progress else None
        if told is not None:
            self.part = told
        return self.part

    def text(self, column: int, width: int, now: float, signs: Symbols) -> str:
        """Label, elapsed time and what there is to say; the label takes `column` columns."""
        self._look()
        waits = self.again is not None and self.again > now
        told = [self._bar(signs, BAR if width >= NARROW else SHORT)]
        if self.total is not None:
            told.append(f"{self.failed:,} failed" if self.failed else "")
            told.append(f"{self.running:,} running" if self.running > 0 else "")
            told.append(f"{self.retrying:,} retrying" if self.retrying else "")
        elif self.round:
            told.append(f"round {self.round}")
        elif waits or self.n > 1:
            n = self.n + waits
            of = f"/{self.attempts}" if self.attempts >= n else ""
            soon = f" in {clock(math.ceil((self.again or now) - now))}" if waits else ""
            told.append(f"attempt {n}{of}{soon}")
        name = pad(cut(self.label, column, signs.more), column)
        return f"{name}  {clock(now - self.began):>5}  {joined(*told, self.last)}"

    def _look(self) -> None:
        """Read what was printed last."""
        path, inside = self.log
        printed = clean(last_line(path)) if path and self.again is None else ""
        if printed:
            self.last = f"{inside} {printed}".lstrip()

    def _bar(self, signs: Symbols, size: int) -> str:
        done = None if self.again is not None else self.done()
        if done is None:
            return ""
        bar = bar_of(done, size, signs)
        return f"{bar} {int(done * 100)}%" if self.total is None else f"{bar} {self.counts:,}/{self.total:,}"


def bar_of(done: float, size: int, signs: Symbols) -> str:
    """A bar of `size` columns."""
    full = int(done * size)
    return signs.full * full + signs.empty * (size - full)


def progress_of(path: str) -> float | None:
    """What `step.progress(DONE, TOTAL)` or `echo DONE TOTAL > "$RUNNER_PROGRESS"` told last, from 0 to 1.

    None where that makes no sense, as of a file that is being written."""
    try:
        with open(path, "rb", buffering=0) as file:
            done, total = file.read(200).split()
            told = float(done) / float(total)
    except (OSError, ValueError, ArithmeticError):
        return None
    return min(1.0, max(0.0, told)) if math.isfinite(told) else None

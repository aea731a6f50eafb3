"""The board: one line a running step at the bottom of a terminal, finished steps scroll away above it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from runner.plan.excess import asked_of, said
from runner.run.stock import KINDS
from runner.views.labels import unfold
from runner.views.logfile import last_line
from runner.views.story import Line, Story, joined
from runner.views.terminal import clean, coloured, columns, cut, pad, paint, size, symbols
from runner.views.times import clock
from runner.views.words import listed

if TYPE_CHECKING:
    from runner.run.events import Event

EVERY = 0.1  # seconds between two pictures
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
WAITING = 3  # so many of the steps that wait are shown
BAR = 12
COLUMN = 24  # columns that labels are lined up in, at most
FINAL = {"succeeded", "cached", "failed", "errored", "cancelled", "blocked", "skipped"}


class Row:
    """One line of the board: a running step, or a map or loop with all that is inside."""

    __slots__ = ("began", "counts", "failed", "id", "label", "last", "log", "n", "round", "running", "total")

    def __init__(self, id: str, label: str, began: float) -> None:
        self.id = id
        self.label = label
        self.began = began
        self.last = ""  # the last line that was printed
        self.log = ("", "")  # where the newest attempt prints, and what its label adds to the row's
        self.n = 1  # the attempt
        self.running = 0  # tasks inside
        self.total: int | None = None  # items
        self.counts = 0  # items that ended
        self.failed = 0
        self.round = 0


class Live:
    """Redraws at most ten times a second, from `tick`; the caller's `now` and the events' `at` are of one clock."""

    def __init__(self, stream: IO[str], env: Mapping[str, str]) -> None:
        self.stream = stream
        self.env = env
        self.colour = coloured(stream, env)
        self.signs = symbols(stream)
        self.story = Story()
        self.rows: dict[str, Row] = {}
        self.lines: dict[str, str] = {}  # node -> the node of its row
        self.waiting: dict[str, None] = {}
        self.ended: set[str] = set()
        self.counts: dict[str, int] = {}
        self.column = 8
        self._above: list[str] = []
        self._drawn: list[int] = []  # widths of the board's lines as they stand on the screen
        self._next = 0.0
        self._frame = 0
        self._closed = False

    def __enter__(self) -> Self:
        self.stream.write(HIDE)
        self.stream.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the board away and give the cursor back, whatever happened."""
        self._draw([], SHOW)

    # What is seen

    def see(self, event: Event) -> None:
        what = event.what
        if what == "run-start":
            self._above.append(self.story.headline(event))
            self.lines = unfold(self.story.nodes)
            tasks = (id for id, node in self.story.nodes.items() if node.get("type") not in ("graph", "choice"))
            paths = {id: str(self.story.nodes[id]["path"]) for id in tasks if self.lines[id] == id}
            self.waiting = {id: None for id, path in paths.items() if "!" not in path}
            self.column = min(COLUMN, max(map(columns, paths.values()), default=0))
        elif what == "run-end":
            self._closed = True  # the digest tells the end
        elif event.address is None:
            line = self.story.line(event)
            if line is not None:
                self._above.append(self._permanent(line))
        else:
            self._step(event, event.address.id, event.address.key)

    def _step(self, event: Event, id: str, key: tuple[int, ...]) -> None:
        row_id = self.lines.get(id, id)
        if event.what == "line":
            row = self.rows.get(row_id)
            text = clean(str(event.data.get("text", "")))
            if row is not None and text.strip():
                inside = self.story.label(event).removeprefix(row.label)
                row.last = text if self._whole(row_id, id, key) else f"{inside} {text}"
            return
        line = self.story.line(event)
        if self._whole(row_id, id, key) and event.what in ("end", "state"):
            self._over(event, row_id, line)
        else:
            self._inside(event, row_id, id, key, line)

    def _whole(self, row_id: str, id: str, key: tuple[int, ...]) -> bool:
        """Whether an address is the row itself and not one of its items, rounds or inner steps."""
        return id == row_id and not key

    def _over(self, event: Event, row_id: str, line: Line | None) -> None:
        """The end of an attempt of a row, or of the row."""
        status = str(event.data.get("status"))
        row = self.rows.get(row_id)
        if event.what == "end" and not event.data.get("final", True):
            if row is not None:
                row.last = joined(line.state, line.rest) if line else ""
                row.running = 0
            return
        self.rows.pop(row_id, None)
        self.waiting.pop(row_id, None)
        self.ended.add(row_id)
        if self.story.nodes.get(row_id, {}).get("type") not in ("graph", "choice"):
            self.counts[status] = self.counts.get(status, 0) + 1
        if line is not None:
            if row is not None and event.what == "state":  # a map tells its end only; its time is known here
                line = Line(line.state, line.label, joined(line.rest, clock(event.at - row.began)))
            self._above.append(self._permanent(line))

    def _inside(self, event: Event, row_id: str, id: str, key: tuple[int, ...], line: Line | None) -> None:
        """A start; or anything of an item, a round or an inner step."""
        row = self.rows.get(row_id)
        if row is None and event.what in ("start", "expand") and row_id not in self.ended:
            name = str(self.story.nodes.get(row_id, {}).get("path") or self.story.label(event))
            row = self.rows[row_id] = Row(row_id, name, event.at)
            self.waiting.pop(row_id, None)
        if event.what in ("note", "retry") and self._whole(row_id, id, key):
            if event.what == "note" and line is not None:
                self._above.append(self._permanent(line))
            elif row is not None and line is not None:
                row.last = joined(row.last, line.rest)
            return
        if row is None:
            return
        final = event.what == "state" or event.data.get("final", True)
        if event.what == "start":
            row.running += 1
            row.log = (str(event.data.get("log") or ""), self.story.label(event).removeprefix(row.label))
            row.n = int(event.data.get("n") or 1)
            if id == row_id and key and self.story.nodes.get(row_id, {}).get("type") == "loop":
                row.round = max(row.round, key[0])
        elif event.what == "expand" and self._whole(row_id, id, key):
            row.total = int(event.data.get("count") or 0)
        elif event.what in ("end", "state"):
            row.running -= event.what == "end"
            status = str(event.data.get("status"))
            bad = status in ("failed", "errored")
            if final and id == row_id and len(key) == 1 and status in FINAL:
                row.counts += 1
                row.failed += bad
            if final and bad and line is not None and event.what == "end":
                self._above.append(self._permanent(line))

    # What is drawn

    def tick(self, now: float) -> None:
        if now >= self._next:
            self._next = now + EVERY
            self._frame += 1
            self._draw(self._board(now))

    def _permanent(self, line: Line) -> str:
        sign = self.signs.states.get(line.state, " ")
        word = "" if line.state in ("succeeded", "note") else paint(line.state, line.state, self.colour)
        name = pad(line.label, self.column) if line.label else ""
        return "  " + joined(f"{sign} {name}", word, line.rest).rstrip()

    def _board(self, now: float) -> list[str]:
        """The lines of the board, each cut to the terminal's width, no more than its height allows."""
        width, height = size(self.stream, self.env)
        room = max(1, height - 2)  # the totals, and the line that the cursor stands on
        rows = list(self.rows.values())
        hidden = 0
        if len(rows) > room:
            hidden = len(rows) - room + 1
            rows = rows[: room - 1]
        waits = [] if hidden else self._waits(min(WAITING, room - len(rows)))
        column = min(self.column, max(8, width // 3))
        spin = self.signs.spinner[self._frame % len(self.signs.spinner)]
        lines = [f"  {spin} {self._row(row, column, now)}" for row in rows]
        if hidden:
            lines.append(f"  {self.signs.more} {hidden:,} more running")
        for id in waits:
            name = pad(cut(str(self.story.nodes[id]["path"]), column, self.signs.more), column)
            lines.append(f"  {self.signs.states['waiting']} {name}         {self._needs(id)}")
        lines = [cut(line.rstrip(), width - 1, self.signs.more) for line in lines]
        return [*lines, cut(self._totals(now), width - 1, self.signs.more)] if self.story.began is not None else []

    def _row(self, row: Row, column: int, now: float) -> str:
        name = pad(cut(row.label, column, self.signs.more), column)
        path, inside = row.log
        printed = clean(last_line(path)) if path else ""
        if printed:
            row.last = f"{inside} {printed}".lstrip()
        told = joined(f"attempt {row.n}" if row.n > 1 and row.total is None else "", row.last)
        if row.round:
            told = joined(f"round {row.round}", row.last)
        if row.total is not None:
            done = BAR * row.counts // row.total if row.total else BAR
            bar = self.signs.full * done + self.signs.empty * (BAR - done)
            failed = f"{row.failed:,} failed" if row.failed else ""
            running = f"{row.running:,} running" if row.running > 0 else ""
            told = joined(f"{bar} {row.counts:,}/{row.total:,}", failed, running, row.last)
        return f"{name}  {clock(now - row.began):>5}  {told}"

    def _waits(self, most: int) -> list[str]:
        """The first steps in the plan's order that have not started."""
        found: list[str] = []
        for id in self.waiting:
            if len(found) >= most:
                break
            found.append(id)
        return found

    def _needs(self, id: str) -> str:
        node: Mapping[str, Any] = self.story.nodes[id]
        missing: list[str] = []
        for need in (*node.get("needs", ()), *node.get("after", ())):
            if need not in self.ended:
                missing.append(str(self.story.nodes.get(need, {}).get("path", need)))
            if len(missing) > WAITING:
                break
        if missing:
            return f"waits for {listed(missing, WAITING)}"
        asked = [said(kind, amount) for kind, amount in asked_of(node).items() if kind in KINDS and amount]
        return f"waits for a free slot with {', '.join(asked)}" if asked else "waits for a free slot"

    def _totals(self, now: float) -> str:
        bad = sum(self.counts.get(status, 0) for status in ("failed", "errored"))
        good = sum(self.counts.get(status, 0) for status in ("succeeded", "cached"))
        rest = sum(self.counts.values()) - bad - good
        parts = [f"{good:,} done", f"{bad:,} failed" if bad else "", f"{rest:,} not run" if rest else ""]
        parts += [f"{len(self.rows):,} running", f"{len(self.waiting):,} waiting" if self.waiting else ""]
        began = self.story.began
        return joined(*parts, clock(now - began) if began is not None else "")

    def _draw(self, board: list[str], last: str = "") -> None:
        """Replace the board on the screen by what has become permanent and the new board, in one write."""
        if not board and not self._above and not self._drawn and not last:
            return
        out = []
        width = size(self.stream, self.env)[0]
        up = sum(max(1, -(-drawn // width)) for drawn in self._drawn)  # a narrower window has wrapped them
        if up:
            out.append(f"\x1b[{up}A\r")
        above, self._above = self._above, []
        out += [f"{line}\x1b[K\n" for line in above + board]
        if self._drawn:
            out.append("\x1b[J")
        self._drawn = [columns(line) for line in board]
        self.stream.write("".join(out) + last)
        self.stream.flush()

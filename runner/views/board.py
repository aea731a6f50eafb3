"""The board: what a run is doing now, in as many lines as there is room for; what has ended is told once, above it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

from runner.plan.excess import asked_of, said
from runner.run.stock import KINDS
from runner.views.labels import unfold, wholes
from runner.views.left import Left
from runner.views.logfile import last_line
from runner.views.row import BAR, Row, bar_of
from runner.views.story import Line, Story, joined
from runner.views.terminal import Symbols, clean, columns, cut, pad, paint
from runner.views.times import clock, roughly
from runner.views.words import count, detail, listed, why

if TYPE_CHECKING:
    from runner.run.events import Event

MANY = 100  # in a pipeline of more steps, those that succeed are counted, and groups have one line
WAITING = 3  # so many of the steps that wait are shown
LOOKED = 200  # so many are looked at for them
FINAL = {"succeeded", "cached", "failed", "errored", "cancelled", "blocked", "skipped"}
GOOD, BAD = ("succeeded", "cached"), ("failed", "errored")


class Board:
    """Follows the events of a run; `above` and `picture` are the text."""

    def __init__(self, signs: Symbols, colour: bool = False) -> None:
        self.signs, self.colour = signs, colour
        self.story = Story()
        self.rows: dict[str, Row] = {}
        self.lines: dict[str, str] = {}  # node -> the node of its row
        self.whole: dict[str, Row] = {}  # groups that stand in no other
        self.groups: dict[str, Row] = {}  # row -> the one of them that it stands in
        self.waiting: dict[str, None] = {}
        self.ended: set[str] = set()
        self.counts: dict[str, int] = {}
        self.many = False
        self.left: Left | None = None
        self._longest = 0
        self._told: list[tuple[Line | str, str]] = []  # for above: a line, and the log of a step that succeeded
        self._stop: tuple[Mapping[str, Any], float] | None = None

    # What is seen

    def see(self, event: Event) -> None:
        """Learn of an event."""
        what = event.what
        if what == "run-start":
            self._begin(event)
        elif what == "stop":
            self._stop = event.data, event.at
            if event.data.get("why") != "cancelled":  # who typed Ctrl-C knows why
                self._tell(self.story.line(event))
        elif event.address is not None:
            self._step(event, event.address.id, event.address.key)
        elif what != "run-end":  # the digest tells the end
            self._tell(self.story.line(event))

    def _begin(self, event: Event) -> None:
        self._told.append((self.story.headline(event), ""))
        nodes = self.story.nodes
        self.lines = unfold(nodes)
        tasks = (id for id, node in nodes.items() if node.get("type") not in ("graph", "choice"))
        paths = {id: str(nodes[id]["path"]) for id in tasks if self.lines[id] == id}
        self.waiting = {id: None for id, path in paths.items() if "!" not in path}
        self.many = len(self.waiting) > MANY
        self._longest = max(map(columns, paths.values()), default=0)
        for id, whole in wholes(nodes, self.waiting).items():
            row = self.whole.setdefault(whole, Row(whole, str(nodes[whole]["path"]), total=0))
            row.total = (row.total or 0) + 1
            self.groups[id] = row
        self.left = Left(self.lines, event.data, event.at)

    def _tell(self, line: Line | None, log: str = "") -> None:
        if line is not None:
            self._told.append((line, log))

    def _step(self, event: Event, id: str, key: tuple[int, ...]) -> None:
        row_id = self.lines.get(id, id)
        whole = id == row_id and not key  # the row itself and not one of its items, rounds or inner steps
        if event.what == "line":
            row = self.rows.get(row_id)
            text = clean(str(event.data.get("text", "")))
            if row is not None and text.strip():
                row.last = text if whole else f"{self.story.label(event).removeprefix(row.label)} {text}"
            return
        line = self.story.line(event)
        if whole and event.what in ("end", "state"):
            self._over(event, row_id, line)
        else:
            self._inside(event, row_id, whole, line)

    def _over(self, event: Event, row_id: str, line: Line | None) -> None:
        """The end of an attempt of a row, or of the row."""
        status = str(event.data.get("status"))
        row, group = self.rows.get(row_id), self.groups.get(row_id)
        if event.what == "end" and group is not None:
            group.running -= row is not None and row.running > 0
        if event.what == "end" and not event.data.get("final", True):
            if row is not None:
                row.last = joined(why(event.data), detail(event.data))
                row.running = 0
            return
        self.rows.pop(row_id, None)
        self.waiting.pop(row_id, None)
        self.ended.add(row_id)
        if self.story.nodes.get(row_id, {}).get("type") in ("graph", "choice"):
            self._group_over(event, row_id, status, line)
            return
        self.counts[status] = self.counts.get(status, 0) + 1
        if group is not None:
            group.counts += 1
            group.failed += status in BAD
        if line is not None and row is not None and event.what == "state":
            # a map tells its end only; its time is known here
            line = Line(line.state, line.label, joined(line.rest, clock(event.at - row.began)))
        if not self.many or (status not in GOOD and status not in ("blocked", "skipped")):
            self._tell(line, row.log[0] if row is not None and status == "succeeded" and event.what == "end" else "")

    def _group_over(self, event: Event, id: str, status: str, line: Line | None) -> None:
        """Of a group with a line of its own, what it came to; else its steps have told it."""
        whole = self.whole.get(id) if self.many else None
        if line is None and whole is not None and whole.began and status in ("succeeded", *BAD):
            failed = f"{whole.failed:,} failed" if whole.failed else ""
            took = clock(event.at - whole.began)
            line = Line(status, whole.label, joined(count(whole.total or 0, "step"), failed, took))
        self._tell(line)

    def _inside(self, event: Event, row_id: str, whole: bool, line: Line | None) -> None:
        """A start; or anything of an item, a round or an inner step."""
        row, data = self.rows.get(row_id), event.data
        if row is None and event.what in ("start", "expand") and row_id not in self.ended:
            row = self._open(row_id, event)
        if event.what == "note" and whole:
            self._tell(line)
        if row is None:
            return
        if event.what == "retry":
            row.retrying += 1
            row.again = float(data.get("at") or event.at) if whole else None
        elif event.what == "start":
            self._started(row, event)
        elif event.what == "expand" and whole:
            row.total = int(data.get("count") or 0)
        elif event.what in ("end", "state"):
            assert event.address is not None
            id, key = event.address
            row.running -= event.what == "end"
            status = str(data.get("status"))
            final = event.what == "state" or data.get("final", True)
            if final and id == row_id and len(key) == 1 and status in FINAL:
                row.counts += 1
                row.failed += status in BAD
            if final and status in BAD and event.what == "end":
                self._tell(line)

    def _open(self, row_id: str, event: Event) -> Row:
        node = self.story.nodes.get(row_id, {})
        name = str(node.get("path") or self.story.label(event))
        row = self.rows[row_id] = Row(row_id, name, event.at, int((node.get("retry") or {}).get("attempts") or 1))
        self.waiting.pop(row_id, None)
        group = self.groups.get(row_id)
        if group is not None and not group.began:
            group.began = event.at
        return row

    def _started(self, row: Row, event: Event) -> None:
        assert event.address is not None
        data, label, (id, key) = event.data, self.story.label(event), event.address
        told = int(data.get("n") or 1), str(data.get("log") or "")
        row.started(*told, label.removeprefix(row.label), str(data.get("scratch") or ""))
        if id == row.id and key and self.story.nodes.get(row.id, {}).get("type") == "loop":
            row.round = max(row.round, key[0])
        group = self.groups.get(row.id)
        if group is not None:
            group.running += row.running == 1
            group.log = told[1], label.removeprefix(f"{group.label}.")

    # What is drawn

    def above(self, width: int) -> list[str]:
        """The lines that have become permanent since they were last asked for."""
        told, self._told = self._told, []
        return [line if isinstance(line, str) else self._permanent(line, log, width) for line, log in told]

    def _permanent(self, line: Line, log: str, width: int) -> str:
        sign = self.signs.states.get(line.state, " ")
        word = "" if line.state in (*GOOD[:1], "note") else paint(line.state, line.state, self.colour)
        name = pad(line.label, self._column(width)) if line.label else ""
        if not name:
            text = f"  {sign} {joined(word, line.rest)}"
        else:
            text = "  " + joined(f"{sign} {name}", word, line.rest).rstrip()
        printed = clean(last_line(log)) if log else ""
        return cut(joined(text, printed), max(columns(text), width - 1), self.signs.more) if printed else text

    def _column(self, width: int) -> int:
        """Columns that labels are lined up in."""
        return min(self._longest, max(8, width // 3))

    def picture(self, now: float, width: int, height: int, spin: str) -> list[str]:
        """The lines of the board, each cut to the terminal's width, no more than its height allows."""
        if self.story.began is None:
            return []
        stops = self._stops(now)
        room = height - 2 - len(stops)  # the totals, and the line that the cursor stands on
        rows = self._shown(room)
        hidden = len(rows) - max(0, room - 1) if len(rows) > room else 0
        rows = rows[: len(rows) - hidden]
        column = self._column(width)
        lines = []
        for row in rows:
            sign = self.signs.states["retry"] if row.again is not None and row.again > now else spin
            lines.append(f"  {sign} {row.text(column, width, now, self.signs)}")
        if hidden and room > 0:
            lines.append(f"  {self.signs.more} {hidden:,} more running")
        for id in [] if hidden or self._stop else self._waits(min(WAITING, room - len(rows))):
            name = pad(cut(str(self.story.nodes[id]["path"]), column, self.signs.more), column)
            steps = count(self.whole[id].total or 0, "step") if id in self.whole else ""
            lines.append(f"  {self.signs.states['waiting']} {name}         {joined(steps, self._needs(id))}")
        lines += [*stops, self._totals(now)]
        return [cut(line.rstrip(), width - 1, self.signs.more) for line in lines]

    def _shown(self, room: int) -> list[Row]:
        """The rows, with groups folded where there are many steps or little room."""
        if not self.many and len(self.rows) <= room:
            return list(self.rows.values())
        return list({(whole := self.groups.get(id, row)).id: whole for id, row in self.rows.items()}.values())

    def _waits(self, most: int) -> list[str]:
        """The first steps in the plan's order that have not started; a group of which none has is one of them."""
        found: dict[str, None] = {}
        for id in islice(self.waiting, LOOKED):
            if len(found) >= most:
                break
            group = self.groups.get(id)
            if group is None or (group.began and not self.many):
                found[id] = None
            elif not group.began:
                found[group.id] = None
        return list(found)

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

    def _stops(self, now: float) -> list[str]:
        """Once the run was asked to stop: what it waits for."""
        if self._stop is None:
            return []
        told, at = self._stop
        left = [row.label for row in self.rows.values() if row.began < at and row.running > 0]
        if not left:
            return ["stopping"]
        names = listed(left, WAITING)
        rest = at + float(told.get("grace") or 0.0) - now
        if told.get("hard") or rest <= 0:
            return [f"stopping: {names} {'is' if len(left) == 1 else 'are'} killed"]
        more = ["Ctrl-C again ends it at once"] if told.get("why") == "cancelled" else []
        return [f"stopping: {names} {'has' if len(left) == 1 else 'have'} {clock(rest)} to end", *more]

    def _totals(self, now: float) -> str:
        bad = sum(self.counts.get(status, 0) for status in BAD)
        good = sum(self.counts.get(status, 0) for status in GOOD)
        over = sum(self.counts.values())
        done, bar = f"{good:,}", ""
        if self.many:
            total = over + len(self.rows) + len(self.waiting)
            done, bar = f"{good:,}/{total:,}", bar_of(over / total, BAR, self.signs) + " "
        rest = over - bad - good
        parts = [f"{bar}{done} done", f"{bad:,} failed" if bad else "", f"{rest:,} not run" if rest else ""]
        parts += [f"{len(self.rows):,} running", f"{len(self.waiting):,} waiting" if self.waiting else ""]
        left = self.left.seconds(self.rows, self.waiting, now) if self.left and not self._stop else None
        about = f"about {roughly(left)} left" if left else ""
        return joined(*parts, clock(now - (self.story.began or now)), about)

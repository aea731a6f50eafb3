"""The board as lines for a terminal: in as many as there is room for, and no longer than it is wide."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from runner.plan.excess import asked_of, said
from runner.run.stock import KINDS
from runner.views.board import BAD, GOOD, Board
from runner.views.logfile import last_line
from runner.views.row import BAR, Row, bar_of
from runner.views.story import Line, joined
from runner.views.terminal import Symbols, clean, columns, cut, pad, paint
from runner.views.times import clock, roughly
from runner.views.words import count, listed

WAITING = 3  # so many of the steps that wait are shown
LOOKED = 200  # so many are looked at for them


class Frame:
    """Draws a board: `above` once, `lines` again and again."""

    def __init__(self, board: Board, signs: Symbols, colour: bool = False) -> None:
        self.board, self.signs, self.colour = board, signs, colour

    def above(self, width: int) -> list[str]:
        """The lines that have become permanent since they were last asked for."""
        told, self.board.told = self.board.told, []
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
        return min(self.board.longest, max(8, width // 3))

    def lines(self, now: float, width: int, height: int, spin: str) -> list[str]:
        """The lines of the board, each cut to the terminal's width, no more than its height allows."""
        if self.board.story.began is None:
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
        for id in [] if hidden or self.board.stop else self._waits(min(WAITING, room - len(rows))):
            name = pad(cut(str(self.board.story.nodes[id]["path"]), column, self.signs.more), column)
            steps = count(self.board.whole[id].total or 0, "step") if id in self.board.whole else ""
            lines.append(f"  {self.signs.states['waiting']} {name}         {joined(steps, self._needs(id))}")
        lines += [*stops, self._totals(now)]
        return [cut(line.rstrip(), width - 1, self.signs.more) for line in lines]

    def _shown(self, room: int) -> list[Row]:
        """The rows, with groups folded where there are many steps or little room."""
        if not self.board.many and len(self.board.rows) <= room:
            return list(self.board.rows.values())
        return list(
            {(whole := self.board.groups.get(id, row)).id: whole for id, row in self.board.rows.items()}.values()
        )

    def _waits(self, most: int) -> list[str]:
        """The first steps in the plan's order that have not started; a group of which none has is one of them."""
        found: dict[str, None] = {}
        for id in islice(self.board.waiting, LOOKED):
            if len(found) >= most:
                break
            group = self.board.groups.get(id)
            if group is None or (group.began and not self.board.many):
                found[id] = None
            elif not group.began:
                found[group.id] = None
        return list(found)

    def _needs(self, id: str) -> str:
        node: Mapping[str, Any] = self.board.story.nodes[id]
        missing: list[str] = []
        for need in (*node.get("needs", ()), *node.get("after", ())):
            if need not in self.board.ended:
                missing.append(str(self.board.story.nodes.get(need, {}).get("path", need)))
            if len(missing) > WAITING:
                break
        if missing:
            return f"waits for {listed(missing, WAITING)}"
        asked = [said(kind, amount) for kind, amount in asked_of(node).items() if kind in KINDS and amount]
        return f"waits for a free slot with {', '.join(asked)}" if asked else "waits for a free slot"

    def _stops(self, now: float) -> list[str]:
        """Once the run was asked to stop: what it waits for."""
        if self.board.stop is None:
            return []
        told, at = self.board.stop
        left = [row.label for row in self.board.rows.values() if row.began < at and row.running > 0]
        if not left:
            return ["stopping"]
        names = listed(left, WAITING)
        rest = at + float(told.get("grace") or 0.0) - now
        if told.get("hard") or rest <= 0:
            return [f"stopping: {names} {'is' if len(left) == 1 else 'are'} killed"]
        more = ["Ctrl-C again ends it at once"] if told.get("why") == "cancelled" else []
        return [f"stopping: {names} {'has' if len(left) == 1 else 'have'} {clock(rest)} to end", *more]

    def _totals(self, now: float) -> str:
        board = self.board
        bad = sum(board.counts.get(status, 0) for status in BAD)
        good = sum(board.counts.get(status, 0) for status in GOOD)
        over = sum(board.counts.values())
        done, bar = f"{good:,}", ""
        if board.many:
            total = over + len(board.rows) + len(board.waiting)
            done, bar = f"{good:,}/{total:,}", bar_of(over / total, BAR, self.signs) + " "
        rest = over - bad - good
        parts = [f"{bar}{done} done", f"{bad:,} failed" if bad else "", f"{rest:,} not run" if rest else ""]
        parts += [f"{len(board.rows):,} running", f"{len(board.waiting):,} waiting" if board.waiting else ""]
        left = board.left.seconds(board.rows, board.waiting, now) if board.left and not board.stop else None
        about = f"about {roughly(left)} left" if left else ""
        return joined(*parts, clock(now - (board.story.began or now)), about)

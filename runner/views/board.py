"""The board: what a run is doing now, and what has become of it since it was last drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runner.views.labels import unfold, wholes
from runner.views.left import Left
from runner.views.row import Row
from runner.views.story import Line, Story, joined
from runner.views.terminal import clean, columns
from runner.views.times import duration
from runner.views.words import count, detail, why

if TYPE_CHECKING:
    from runner.run.events import Event

MANY = 100  # in a pipeline of more steps, those that succeed are counted, and groups have one line
FAILURES = 20  # of one map, or one group of many steps, are told; the others are counted
FINAL = {"succeeded", "cached", "failed", "errored", "cancelled", "blocked", "skipped"}
GOOD, BAD = ("succeeded", "cached"), ("failed", "errored")


class Board:
    """Follows the events of a run; runner/views/frame.py draws it."""

    def __init__(self) -> None:
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
        self.longest = 0  # columns of the longest label
        self.told: list[tuple[Line | str, str]] = []  # permanent lines, with the log of a step that succeeded
        self._failures: dict[str, int] = {}
        self.stop: tuple[Mapping[str, Any], float] | None = None  # when it was asked for, and how

    def see(self, event: Event) -> None:
        """Learn of an event."""
        what = event.what
        if what == "run-start":
            self._begin(event)
        elif what == "stop":
            self.stop = event.data, event.at
            if event.data.get("why") != "cancelled":  # who typed Ctrl-C knows why
                self._tell(self.story.line(event))
        elif event.address is not None:
            self._step(event, event.address.id, event.address.key)
        elif what != "run-end":  # the digest tells the end
            self._tell(self.story.line(event))

    def _begin(self, event: Event) -> None:
        self.told.append((self.story.headline(event), ""))
        nodes = self.story.nodes
        self.lines = unfold(nodes)
        tasks = (id for id, node in nodes.items() if node.get("type") not in ("graph", "choice"))
        paths = {id: str(nodes[id]["path"]) for id in tasks if self.lines[id] == id}
        self.waiting = {id: None for id, path in paths.items() if "!" not in path}
        self.many = len(self.waiting) > MANY
        self.longest = max(map(columns, paths.values()), default=0)
        for id, whole in wholes(nodes, self.waiting).items():
            row = self.whole.setdefault(whole, Row(whole, str(nodes[whole]["path"]), total=0))
            row.total = (row.total or 0) + 1
            self.groups[id] = row
        self.left = Left(self.lines, event.data, event.at)

    def _tell(self, line: Line | None, log: str = "") -> None:
        if line is not None:
            self.told.append((line, log))

    def _tell_failure(self, line: Line, owner: str) -> None:
        """owner: the row or group in which it is one of many."""
        told = self._failures[owner] = self._failures.get(owner, 0) + 1
        if told <= FAILURES:
            self._tell(line)
        elif told == FAILURES + 1:
            self._tell(Line("note", "", f"more failures{f' of {owner}' if owner else ''} are only counted"))

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
            # a map tells its end only; what it counted and its time are known here
            failed = f"{row.failed:,} failed" if row.failed else ""
            line = Line(line.state, line.label, joined(line.rest, failed, duration(event.at - row.began)))
        if not self.many:
            self._tell(line, row.log[0] if row is not None and status == "succeeded" and event.what == "end" else "")
        elif line is not None and status not in (*GOOD, "blocked", "skipped"):
            self._tell_failure(line, group.label if group is not None else "")

    def _group_over(self, event: Event, id: str, status: str, line: Line | None) -> None:
        """Of a group with a line of its own, what it came to; else its steps have told it."""
        whole = self.whole.get(id) if self.many else None
        if line is None and whole is not None and whole.began and status in ("succeeded", *BAD):
            failed = f"{whole.failed:,} failed" if whole.failed else ""
            took = duration(event.at - whole.began)
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
            if final and status in BAD and event.what == "end" and line is not None:
                self._tell_failure(line, row.label)

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

"""The page of a run in GitHub Actions: what became of it and of its steps, as a table in Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from runner.views.story import STATUSES, Line

MOST = 50  # rows; what went wrong has the first claim to them
GOOD = ("succeeded", "cached")


class Summary:
    """Keeps the ends of steps until the run has ended."""

    def __init__(self) -> None:
        self._good: list[Line] = []
        self._bad: list[Line] = []
        self._count = 0

    def note(self, line: Line) -> None:
        """The end of a step, or of a map, a loop, a group."""
        self._count += 1
        kept = self._good if line.state in GOOD else self._bad
        if line.state in STATUSES and len(kept) < MOST:
            kept.append(line)

    def text(self, title: str, status: str, counts: Mapping[str, Any]) -> str:
        """The page: a heading, the totals, a row a step."""
        totals = ", ".join(f"{counts[one]:,} {one}" for one in STATUSES if counts.get(one))
        rows = (self._bad + self._good)[:MOST]
        table = ["| step | status | |", "|---|---|---|"] if rows else []
        table += [f"| {_cell(row.label)} | {row.state} | {_cell(row.rest)} |" for row in rows]
        more = self._count - len(rows)
        table += ["", f"and {more:,} more"] if more > 0 and rows else []
        return "\n".join([f"### {status}: {_cell(title)}", "", totals, "", *table, "", ""])


def _cell(text: str) -> str:
    """Text that stays text, and in its cell; what stands two blanks apart gets commas."""
    parts = (" ".join(part.split()) for part in text.split("  "))
    return escape(", ".join(parts), quote=False).translate({ord(c): f"&#{ord(c)};" for c in "|`*_[]\\~"})

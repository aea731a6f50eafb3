"""A small table: columns as wide as they must be; on a terminal the last one gives way, elsewhere nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence

from runner.views.terminal import columns, cut, pad


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None = None, more: str = "...", right: str = ""
) -> str:
    """Lines of cells two blanks apart. `width`: of a terminal, None when piped; `right`: the heads of numbers."""
    cells = [list(map(str, head)), *(list(map(str, row)) for row in rows)]
    wide = [max(columns(row[i]) for row in cells) for i in range(len(head))]
    numbers = set(right.split())
    lines = []
    for row in cells:
        parts = []
        for i, cell in enumerate(row):
            blank = " " * (wide[i] - columns(cell))
            parts.append(blank + cell if head[i] in numbers else pad(cell, wide[i]))
        line = "  ".join(parts).rstrip()
        if width is not None:
            parts[-1] = cut(row[-1], max(0, width - sum(wide[:-1]) - 2 * (len(head) - 1)), more)
            line = "  ".join(parts).rstrip()  # names stand in front: only the last column is cut
        lines.append(line)
    return "\n".join(lines) + "\n"

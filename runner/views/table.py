"""A small table: columns as wide as they must be; on a terminal the last one gives way, elsewhere nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence

from runner.views.terminal import columns, cut


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None = None, more: str = "...", right: str = ""
) -> str:
    """Lines of cells two blanks apart. `width`: of a terminal, None when piped; `right`: the heads of numbers."""
    cells = [list(map(str, head)), *(list(map(str, row)) for row in rows)]
    sizes = [[columns(cell) for cell in row] for row in cells]
    wide = [max(column) for column in zip(*sizes, strict=True)]
    numbers = [name in right.split() for name in head]
    lines = []
    for row, taken in zip(cells, sizes, strict=True):
        parts = [
            " " * (most - size) + cell if number else cell + " " * (most - size)
            for cell, size, most, number in zip(row, taken, wide, numbers, strict=True)
        ]
        line = "  ".join(parts).rstrip()
        if width is not None:
            parts[-1] = cut(row[-1], max(0, width - sum(wide[:-1]) - 2 * (len(head) - 1)), more)
            line = "  ".join(parts).rstrip()  # names stand in front: only the last column is cut
        lines.append(line)
    return "\n".join(lines) + "\n"

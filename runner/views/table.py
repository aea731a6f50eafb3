"""A small table: columns as wide as they must be; on a terminal the last one gives way, elsewhere nothing is cut."""

from __future__ import annotations

from collections.abc import Sequence

from runner.views.terminal import columns, cut


def table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, width: int | None = None, more: str = "...", right: str = ""
) -> str:
    """Lines of cells two blanks apart. `width`: of a terminal, None when piped; `right`: the heads of numbers."""
    *names, last = zip(head, *rows, strict=True)
    filled = [_filled(column, right=column[0] in right.split()) for column in names]
    if width is not None:  # names stand in front: only the last column is cut
        room = max(0, width - sum(columns(column[0]) + 2 for column in filled))
        last = tuple(cut(cell, room, more) for cell in last)
    elif last[0] in right.split():
        last = tuple(_filled(last, right=True))
    return "".join(f"{'  '.join(row).rstrip()}\n" for row in zip(*filled, last, strict=True))


def _filled(column: Sequence[str], right: bool) -> list[str]:
    """Cells made as wide as the widest of them."""
    sizes = list(map(len if "".join(column).isascii() else columns, column))
    most = max(sizes)
    pairs = zip(column, sizes, strict=True)
    return [" " * (most - size) + cell if right else cell + " " * (most - size) for cell, size in pairs]

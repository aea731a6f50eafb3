"""Logs for a page: whole where they are short, else their first and last lines, all of them within a budget."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.views.terminal import clean

WHOLE = 48 << 10  # bytes of a log that is shown from end to end
HEAD, TAIL = 16 << 10, 32 << 10  # of a longer one
ALL = 8 << 20  # of all logs of a page


class Excerpts:
    """Reads logs until the budget is spent: those that matter most are asked for first."""

    def __init__(self, budget: int = ALL) -> None:
        self.left = budget

    def of(self, path: Path | None) -> dict[str, Any] | None:
        """`text`, with `cut` and `tail` where bytes between them are left out; `cut` alone where there is no room for
        it; None for a log that is empty or can't be read."""
        try:
            if path is None:
                return None
            with open(path, "rb") as log:
                size = log.seek(0, 2)
                if not size:
                    return None
                taken = min(size, WHOLE)
                if taken > self.left:
                    return {"size": size, "cut": size}
                self.left -= taken
                log.seek(0)
                if size <= WHOLE:
                    return {"size": size, "text": _text(log.read(WHOLE))}
                head = log.read(HEAD).rpartition(b"\n")
                log.seek(size - TAIL)
                tail = log.read(TAIL)
        except OSError:
            return None
        first = b"".join(head[:2]) or head[2]
        last = tail.partition(b"\n")[2] or tail
        cut = size - len(first) - len(last)
        return {"size": size, "text": _text(first), "cut": cut, "tail": _text(last)}


def _text(data: bytes) -> str:
    """As a terminal would show it in the end, without its colours."""
    return "\n".join(map(clean, data.decode("utf-8", "replace").removesuffix("\n").split("\n")))

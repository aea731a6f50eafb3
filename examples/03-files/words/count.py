"""Counts words."""

from collections import Counter
from pathlib import Path


def count(parts: list[Path], counts: Path) -> int:
    """One line a word, with how often it stands in all the parts; the number of words."""
    found: Counter[str] = Counter()
    for part in parts:
        found.update(Path(part).read_text().split())
    Path(counts).write_text("".join(f"{word} {number}\n" for word, number in sorted(found.items())))
    return found.total()

"""Sizes in words."""

from __future__ import annotations


def amount(size: float) -> str:
    """Bytes in words: `640 B`, `25 MiB`, `1.5 GiB`."""
    units = ["TiB", "GiB", "MiB", "KiB", "B"]
    while abs(size) >= 1024 and len(units) > 1:
        size /= 1024
        units.pop()
    return f"{size:.0f} {units[-1]}" if size >= 10 or size == int(size) else f"{size:.1f} {units[-1]}"

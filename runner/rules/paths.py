"""Paths and patterns inside a project (N5, N15, N21): what a pattern matches, and what its wildcard stands for."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=4096)
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern as an expression: `*` within a part, `**` across parts (zero too), a trailing `/` all below.

    `*` and `**` match no part that begins with a dot unless the pattern's part does, and never `.runner`.
    """
    parts = pattern.split("/")
    if parts[-1] == "":
        parts[-1] = "**"
    visible = r"(?!\.)[^/]+"
    out: list[str] = []
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        if part == "**":
            out.append(f"{visible}(?:/{visible})*" if last else f"(?:{visible}/)*")
            continue
        text = "".join("([^/]*)" if piece == "*" else re.escape(piece) for piece in re.split(r"(\*+)", part) if piece)
        text = text.replace(re.escape("*") * 2, "[^/]*")
        guard = r"(?!\.)" if part.startswith("*") else ""
        out.append(guard + text + ("" if last else "/"))
    return re.compile(r"(?!\.runner(?:/|$))" + "".join(out) + r"\Z")


def is_pattern(path: str) -> bool:
    """Whether a path holds a wildcard or names a folder."""
    return "*" in path or path.endswith("/")


def matches(pattern: str, path: str) -> bool:
    """Whether a path is one that the pattern names."""
    if not is_pattern(pattern):
        return pattern == path
    return compiled(pattern).match(path) is not None


def item_of(pattern: str, path: str) -> str:
    """What the one `*` stands for; the whole path where the pattern has several wildcards or none (N5)."""
    if pattern.count("*") != 1:
        return path
    found = compiled(pattern).match(path)
    return found.group(1) if found and found.groups() else path

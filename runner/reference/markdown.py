"""Tables and words of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

NOTE = "<!-- made from the code by `make reference`; a test compares them -->"


def head(title: str, lead: str) -> str:
    """How a page begins."""
    return f"# {title}\n\n{NOTE}\n\n{lead}\n"


def table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; what a cell says stays on its line."""
    lines = [names, ["---"] * len(names), *rows]
    return "".join(f"| {' | '.join(map(cell, line))} |\n" for line in lines)


def cell(text: str) -> str:
    """A text as a cell holds it."""
    text = text.replace("|", "\\|").strip().replace("\n\n- ", "<br>- ").replace("\n- ", "<br>- ")
    return " ".join(text.split())


def code(text: str) -> str:
    """A text as code, whatever ticks it has; nothing for nothing."""
    if not text:
        return ""
    return f"`` {text} ``" if "`" in text else f"`{text}`"

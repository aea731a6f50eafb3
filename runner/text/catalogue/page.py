"""What `runner explain E250` says of a code: a few words, and a project that has the mistake beside one that has not.

A page is `pages/CODE.md`: prose, then fences behind `Wrong:` and `Right:`. A fence is a file, which a comment in its
first line names (`pipeline.toml` without). Those behind `Right:` lie over the others. A console has the command.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).parent / "pages"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"# ([\w./-]+)\n")


class Example(NamedTuple):
    """Files by their paths in the project, and the command that shows what they are."""

    files: dict[str, str]
    command: str | None


class Page(NamedTuple):
    """The prose of a code, and its examples where a file can make the mistake."""

    prose: str
    wrong: Example | None
    right: Example | None
    text: str


def page(code: str) -> Page:
    """The page of a code. FileNotFoundError: a code without one."""
    text = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    prose, _, rest = text.partition("\nWrong:\n")
    if not rest:
        return Page(prose.strip(), None, None, text)
    wrong, _, right = rest.partition("\nRight:\n")
    first, over = _example(wrong), _example(right)
    return Page(prose.strip(), first, Example(first.files | over.files, over.command or first.command), text)


def _example(text: str) -> Example:
    files: dict[str, str] = {}
    command = None
    for language, body in FENCE.findall(text):
        if language == "console":
            command = body.removeprefix("$ ").strip()
            continue
        named = NAMED.match(body)
        files[named[1] if named else "pipeline.toml"] = body[named.end() :] if named else body
    return Example(files, command)

"""Where a verb puts what it makes: on stdout, or into the file that was asked for."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from runner.text.diagnostics import Refused, diagnose


def by_end(path: str | None, ends: Mapping[str, str]) -> str:
    """The format that the end of a file's name says, that of "" for none. Raises Refused: it says one that is none."""
    end = Path(path or "").suffix.lower()
    if end not in ends:
        known = ", ".join(f"`{one}`" for one in ends if one)
        message = f"-o: no format is known by `{end}`, but by {known}"
        raise Refused([diagnose("E912", None, message=message, hint="say it by `--format`")])
    return ends[end]


def write(text: str, path: str | None) -> None:
    """To stdout, or into the file that was asked for. Raises Refused."""
    if path is None or path == "-":
        sys.stdout.write(text)
        return
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None

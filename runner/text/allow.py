"""Warnings that a file allows: `# runner: allow W476 W318`, a comment of its own anywhere in the file; `//` in CUE."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from runner.text.diagnostics import Diagnostic, Place, diagnose
from runner.text.document import Document

START = "# runner: allow"
WORDS = "runner: allow"
LINE = re.compile(r"^[ \t]*(?:#|//) runner: allow\b((?:[ \t,]+[A-Za-z]\d+\b)*)", re.MULTILINE)
CODE = re.compile(r"[A-Za-z]\d+")


def allowed(text: str) -> frozenset[str]:
    """The codes that a text allows; what stands behind the codes of a line is why."""
    if WORDS not in text:
        return frozenset()
    return frozenset(code for line in LINE.findall(text) for code in CODE.findall(line))


def unsilenced(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The problems without the warnings that their files allow; only files with warnings are read for that."""
    known: dict[str, frozenset[str]] = {}
    out = []
    for problem in problems:
        if problem.severity == "warning" and problem.place is not None:
            file = problem.place.file
            if file not in known:
                known[file] = allowed(_text(file))
            if problem.code in known[file]:
                continue
        out.append(problem)
    return out


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def misread(doc: Document) -> Iterator[Diagnostic]:
    """Codes in such a comment that are no warnings, and comments without one."""
    if WORDS not in doc.text:
        return
    from runner.text.catalogue import CODES
    from runner.text.near import near

    warnings = [code for code in CODES if code.startswith("W")]
    for number, line in enumerate(doc.text.split("\n"), 1):
        said = LINE.match(line)
        if said is None:
            continue
        found = list(CODE.finditer(line, *said.span(1)))
        if not found:
            place = Place(doc.path, number, len(line) - len(line.lstrip()) + 1, len(line.rstrip()) + 1)
            yield diagnose("W103", place, what="no code", hint=f"write `{START} W476`")
        for one in found:
            if one[0] not in warnings:
                close = near(one[0], warnings)
                hint = "errors can't be silenced" if one[0] in CODES else f"did you mean `{close}`?" if close else None
                place = Place(doc.path, number, one.start() + 1, one.end() + 1)
                yield diagnose("W103", place, what=f"`{one[0]}`, which is no warning", hint=hint)

"""Problems as text: sentence, place, the line itself, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from runner.text.diagnostics import Diagnostic, Place

WIDTH = 100
"""Columns that a line of a file and what is said below it may take; a longer line is shown around its place."""
TAB = 4

Texts = Callable[[str], str | None]


class Paint(NamedTuple):
    """Escape sequences around the parts of a problem; all empty without colour."""

    error: str = ""
    warning: str = ""
    frame: str = ""
    related: str = ""
    bold: str = ""
    end: str = ""


COLOURS = Paint("\x1b[1;31m", "\x1b[1;33m", "\x1b[34m", "\x1b[36m", "\x1b[1m", "\x1b[0m")


def render(problems: Iterable[Diagnostic], texts: Texts, color: bool = False) -> str:
    """All problems in the order of their places, each once, and a line that counts them.

    `texts` gives the text of a file by the name that its places have; without one only the place is named.
    """
    paint = COLOURS if color else Paint()
    listed = _sorted(problems)
    if not listed:
        return ""
    lines = _Lines(texts)
    parts = [_problem(problem, lines, paint) for problem in listed]
    return "\n".join([*parts, _count(listed) + "\n"])


class _Lines:
    """The lines of files, read once."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._known: dict[str, list[str]] = {}

    def __call__(self, place: Place) -> str | None:
        if place.file not in self._known:
            text = self._texts(place.file)
            self._known[place.file] = [] if text is None else text.replace("\r\n", "\n").split("\n")
        lines = self._known[place.file]
        return lines[place.line - 1] if 0 < place.line <= len(lines) else None


def _sorted(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each once; those without a place first, then file by file as they came, in the order of lines."""
    unique = _folded(problems)
    files: dict[str, int] = {}
    for problem in unique:
        if problem.place is not None:
            files.setdefault(problem.place.file, len(files))
    return sorted(
        unique, key=lambda problem: (files[problem.place.file], *problem.place[1:]) if problem.place else (-1, 0, 0, 0)
    )


def _folded(problems: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Each once; of the keys that one place of a computed text stands for, the first with the number of the others."""
    found: dict[Any, list[Diagnostic]] = {}
    for problem in dict.fromkeys(problems):
        place = problem.place
        about: Any = (problem.code, place[:4]) if place and place.key else problem
        found.setdefault(about, []).append(problem)
    out = []
    for same in found.values():
        first, *others = sorted(same, key=lambda one: (len(one.place.key), one.place.key) if one.place else (0, ""))
        more = f"{first.place.key} and {len(others)} more" if first.place and others else ""
        out.append(first._replace(place=first.place._replace(key=more)) if first.place and more else first)
    return out


def _count(problems: list[Diagnostic]) -> str:
    errors = sum(problem.severity == "error" for problem in problems)
    counts = [
        f"{number} {word}{'' if number == 1 else 's'}"
        for number, word in ((errors, "problem"), (len(problems) - errors, "warning"))
        if number
    ]
    files = {problem.place.file for problem in problems if problem.place is not None}
    where = "" if not files else f" in {_safe(files.pop())}" if len(files) == 1 else f" in {len(files)} files"
    return " and ".join(counts) + where


def _problem(problem: Diagnostic, lines: _Lines, paint: Paint) -> str:
    shade = paint.error if problem.severity == "error" else paint.warning
    out = [f"{shade}{problem.severity}[{problem.code}]{paint.end}{paint.bold}: {_safe(problem.message)}{paint.end}"]
    hint = [_safe(line) for line in (problem.hint or "").split("\n")] if problem.hint else []
    margin = 1
    if problem.place is not None:
        margin = max(len(str(place.line)) for place in (problem.place, *(place for place, _ in problem.related)))
        beside = hint[0] if len(hint) == 1 else ""
        shown, said = _snippet("-->", problem.place, "^", beside, lines, margin, paint, shade)
        out += shown
        hint = [] if said else hint
    for place, words in problem.related:
        out += _snippet(":::", place, "-", _safe(words), lines, margin, paint, paint.related)[0]
    for number, line in enumerate(hint):
        lead = " " if number else f"{paint.frame}={paint.end}"
        out.append(f"{' ' * margin} {lead} {line}".rstrip())
    return "\n".join(out) + "\n"


def _snippet(
    arrow: str, place: Place, mark: str, words: str, lines: _Lines, margin: int, paint: Paint, shade: str
) -> tuple[list[str], bool]:
    """The place, its line, marks below it; and whether `words` found room beside the marks."""
    blank, bar = " " * margin, f"{paint.frame}|{paint.end}"
    where = f"{blank}{paint.frame}{arrow}{paint.end} {_safe(place.file)}:{place.line}:{place.col}"
    where += f" {paint.frame}({_safe(place.key)}){paint.end}" if place.key else ""
    line = lines(place)
    if line is None:
        return [f"{where}: {words}" if words and mark == "-" else where], mark == "-"
    shown, start, width = _window(line, place.col - 1, max(place.end, place.col + 1) - 1)
    marks = mark * width
    said = bool(words) and (mark == "-" or start + width + 1 + len(words) <= WIDTH)
    below = f"{shade}{marks}{' ' + words if said else ''}{paint.end}"
    return [
        where,
        f"{blank} {bar}",
        f"{paint.frame}{place.line:>{margin}} |{paint.end} {shown}".rstrip(),
        f"{blank} {bar} {' ' * start}{below}",
    ], said


def _window(line: str, start: int, end: int) -> tuple[str, int, int]:
    """What is shown of a line, and at which column, how wide, the characters `start` to `end` stand in it."""
    near = line[max(0, start - 4 * WIDTH) : start + 4 * WIDTH]  # a line may be ten million characters long
    offset = max(0, start - 4 * WIDTH)
    cells = [_cell(char) for char in near]
    widths = [_width(cell) for cell in cells]
    start, end = start - offset, min(end - offset, len(cells) + 1)
    cut_left, cut_right = offset > 0, offset + len(near) < len(line)
    first, last = 0, len(cells)
    if cut_left or cut_right or sum(widths) > WIDTH:
        room = WIDTH - 2  # for the two signs of a cut
        before, used = start, 0
        while before > 0 and used + widths[before - 1] <= room // 3:
            before -= 1
            used += widths[before]
        after = start
        while after < len(cells) and used + widths[after] <= room:
            used += widths[after]
            after += 1
        while before > 0 and used + widths[before - 1] <= room:  # the end of the line is near: more of its start
            before -= 1
            used += widths[before]
        cut_left, cut_right = cut_left or before > 0, cut_right or after < len(cells)
        first, last = before, after
    end = min(end, last) if end > last > start else end
    text = ("…" if cut_left else "") + "".join(cells[first:last]) + ("…" if cut_right else "")
    return text, cut_left + sum(widths[first:start]), max(1, sum(widths[start:end]))


def _cell(char: str) -> str:
    """A character as it can be shown: nothing that moves the cursor, rings, or turns the direction of text."""
    if char == "\t":
        return " " * TAB
    if " " <= char <= "~":
        return char
    number = ord(char)
    if number < 0x20:
        return chr(0x2400 + number)  # the pictures of control characters
    if number == 0x7F:
        return "\u2421"
    if 0x80 <= number < 0xA0 or number in _TURNS or 0xD800 <= number < 0xE000:
        return "\ufffd"
    return char


_TURNS = {0x061C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF}


def _width(cell: str) -> int:
    if cell.isascii():
        return len(cell)
    from unicodedata import category, east_asian_width

    if category(cell) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(cell) in "WF" else 1


def _safe(text: str) -> str:
    return text if text.isascii() and text.isprintable() else "".join(" " if c == "\t" else _cell(c) for c in text)

"""One form for all TOML files: spaces, blank lines and the breaks of lists; every key, value and comment stays.

Works on the text itself, so that what it has no rule for comes out as it went in.
"""

from __future__ import annotations

from typing import NamedTuple

from runner.text.positions import BASIC, BASIC_LINES, KEY, LITERAL, LITERAL_LINES, PLAIN, SPACE

WIDTH = 120
"""Characters of a line; a list on a longer one is broken into one item a line."""
INDENT = "    "


class Row:
    """A line that is being written. `comment` stood in `column` of its line, `gap` characters behind the code.

    kind: blank, comment, header, pair, or inner (a line of a list that was begun above).
    """

    def __init__(self, kind: str, code: str = "", comment: str = "", gap: int = 0, column: int = -1) -> None:
        self.kind, self.code, self.comment, self.gap, self.column = kind, code, comment, gap, column

    @property
    def width(self) -> int:
        """Characters of the code's last line (a text may have several)."""
        return len(self.code) - self.code.rfind("\n") - 1


class Part(NamedTuple):
    """Of a list or table in line: an item, a comment or the end of a line.

    `key` is empty in a list; `value` is a text as written, or the brackets of what is in `inner`."""

    kind: str
    key: str = ""
    value: str = ""
    inner: tuple[Part, ...] = ()
    gap: int = 0
    column: int = -1


def formatted(text: str) -> str:
    """The text in its one form; the form of that is the same text.

    `text` is what tomllib has accepted, with \\n for line ends and not nested deeper than a document may be.
    """
    rows: list[Row] = []
    pos = 0
    while pos < len(text):
        pos = _statement(text, pos, rows)
    rows = _spaced(rows)
    _aligned(rows)
    lines = [f"{row.code}{' ' * row.gap}{row.comment}".rstrip(" \t") if row.comment else row.code for row in rows]
    return "\n".join([*lines, ""]) if lines else ""


def _statement(text: str, pos: int, rows: list[Row]) -> int:
    """Read what begins on the line at `pos` into rows; the start of the line after it."""
    at = _space(text, pos)
    char = text[at : at + 1]
    if char in ("", "\n"):
        rows.append(Row("blank"))
        return at + 1
    if char == "#":
        rows.append(Row("comment", "", _comment(text, at), 0, at - pos))
        return at + len(rows[-1].comment) + 1
    if char == "[":
        close = "]]" if text.startswith("[[", at) else "]"
        name, end = _key(text, _space(text, at + len(close)))
        end += len(close)
        rows.append(Row("header", f"{'[' * len(close)}{name}{close}"))
    else:
        name, end = _key(text, at)
        part, end = _value(text, _space(text, end + 1), name)
        first = len(rows)
        rows.append(Row("pair"))
        _write(part, rows, 0)
        if len(rows) == first + 1 and part.value == "[]" and len(part.inner) > 1 and _long(rows[first].code):
            del rows[first:]
            rows.append(Row("pair"))
            broken = tuple(each for item in part.inner for each in (Part("line"), item))
            _write(part._replace(inner=broken), rows, 0)
    return _rest(text, end, rows[-1])


def _rest(text: str, pos: int, row: Row) -> int:
    """The comment behind a statement; the start of the next line."""
    at = _space(text, pos)
    if text.startswith("#", at):
        row.comment, row.gap = _comment(text, at), max(1, at - pos)
        row.column = at - text.rfind("\n", 0, at) - 1
        at += len(row.comment)
    return text.find("\n", at) + 1 or len(text)


def _long(code: str) -> bool:
    return any(len(line) > WIDTH for line in code.split("\n"))


def _space(text: str, pos: int) -> int:
    return SPACE.match(text, pos).end()  # type: ignore[union-attr]  # matches the empty text as well


def _comment(text: str, pos: int) -> str:
    end = text.find("\n", pos)
    return text[pos : end if end >= 0 else len(text)]


def _key(text: str, pos: int) -> tuple[str, int]:
    """A dotted key, and where what follows it begins."""
    names = []
    while True:
        match = KEY.match(text, pos)
        assert match is not None
        names.append(match.group())
        pos = _space(text, match.end())
        if not text.startswith(".", pos):
            return ".".join(names), pos
        pos = _space(text, pos + 1)


def _value(text: str, pos: int, key: str = "") -> tuple[Part, int]:
    """The value at `pos`, and where it ends."""
    bracket = text[pos]
    if bracket not in "[{":
        end = _scalar(text, pos)
        return Part("item", key, text[pos:end]), end
    inner: list[Part] = []
    pos += 1
    while True:
        after, pos = pos, _space(text, pos)
        char = text[pos]
        if char == "\n":
            inner.append(Part("line"))
            pos += 1
        elif char == "#":
            note = _comment(text, pos)
            inner.append(Part("comment", "", note, (), max(1, pos - after), pos - text.rfind("\n", 0, pos) - 1))
            pos += len(note)
        elif char == ",":
            pos += 1
        elif char in "]}":
            return Part("item", key, bracket + char, tuple(inner)), pos + 1
        elif bracket == "[":
            part, pos = _value(text, pos)
            inner.append(part)
        else:
            name, pos = _key(text, pos)
            part, pos = _value(text, _space(text, pos + 1), name)
            inner.append(part)


def _scalar(text: str, pos: int) -> int:
    pattern = PLAIN
    for quote, lines, line in (('"', BASIC_LINES, BASIC), ("'", LITERAL_LINES, LITERAL)):
        if text.startswith(quote, pos):
            pattern = lines if text.startswith(quote * 3, pos) else line
    match = pattern.match(text, pos)
    assert match is not None
    return match.end()


def _write(part: Part, rows: list[Row], depth: int) -> None:
    """Add an item to the last row, and to further ones where its author broke it; `depth` counts what is open so."""
    rows[-1].code += f"{part.key} = " if part.key else ""
    if part.value not in ("[]", "{}"):
        rows[-1].code += part.value
        return
    opened, closed = part.value[0], part.value[1]
    if all(inner.kind == "item" for inner in part.inner):
        pad = " " * (opened == "{" and bool(part.inner))
        rows[-1].code += opened + pad
        for number, inner in enumerate(part.inner):
            rows[-1].code += ", " if number else ""
            _write(inner, rows, depth)
        rows[-1].code += pad + closed
        return
    rows[-1].code += opened
    breaks, began = 0, False
    for inner in part.inner:
        if inner.kind == "line":
            breaks += 1
            continue
        if breaks > 1 and began:
            rows.append(Row("inner"))
        if inner.kind == "comment" and not breaks:
            rows[-1].comment, rows[-1].gap, rows[-1].column = inner.value, inner.gap, inner.column
        elif inner.kind == "comment":
            rows.append(Row("comment", INDENT * (depth + 1), inner.value, 0, inner.column))
        else:
            if breaks or not began:
                rows.append(Row("inner", INDENT * (depth + 1)))
            else:
                rows[-1].code += " "
            _write(inner, rows, depth + 1)
            rows[-1].code += ","
        breaks, began = 0, True
    rows.append(Row("inner", INDENT * depth + closed))


def _spaced(rows: list[Row]) -> list[Row]:
    """One blank line before a header and the comments that stand right above it, nowhere two, none at either end."""
    out: list[Row] = []
    for row in rows:
        if row.kind == "header":
            first = len(out)
            while first and out[first - 1].kind == "comment":
                first -= 1
            if first and out[first - 1].kind != "blank":
                out.insert(first, Row("blank"))
        if row.kind != "blank" or (out and out[-1].kind != "blank"):
            out.append(row)
    while out and out[-1].kind == "blank":
        out.pop()
    return out


def _aligned(rows: list[Row]) -> None:
    """Comments that stood in one column, on lines one below the other, stay in one column."""
    start = 0
    while start < len(rows):
        end = start + 1
        if rows[start].comment and rows[start].kind != "comment":
            while end < len(rows) and rows[end].comment and rows[end].column == rows[start].column:
                end += 1
        if end > start + 1:
            group = rows[start:end]
            column = max(row.width for row in group) + min(row.gap for row in group if row.gap)
            for row in group:
                row.gap = column - row.width
        start = end

"""Where every key and value of a TOML text stands, as offsets.

For texts that tomllib has accepted the result is complete. In any other text it goes as far as it gets and says where
it stopped, which is what the explanation of a syntax error starts from. One pass, no recursion, no copy of the text.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from typing import NamedTuple

Path = tuple[str | int, ...]

KEY = re.compile(r"""[A-Za-z0-9_-]++|"(?:[^"\\\n]++|\\.)*+"|'[^'\n]*+'""")
SPACE = re.compile(r"[ \t]*+")
GAP = re.compile(r"(?:[ \t\n]++|#[^\n]*+)*+")  # between the items of a list
REST = re.compile(r"[ \t]*+(?:#[^\n]*+)?+(?:\n|\Z)")  # of the line of a statement
BLANK = re.compile(r"(?:[ \t\n]++|#[^\n]*+(?:\n|\Z))*+")  # between two statements
BASIC = re.compile(r'"(?:[^"\\\n]++|\\.)*+"')
# No possessive repetition around a lookahead: Python before 3.11.5 loses its place there.
BASIC_LINES = re.compile(r'"""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*""""?"?', re.DOTALL)
LITERAL = re.compile(r"'[^'\n]*+'")
LITERAL_LINES = re.compile(r"'''[^']*(?:'(?!'')[^']*)*''''?'?")
PLAIN = re.compile(r"\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]++|[^\s,\]}#\[{=\"']++")
ESCAPE = re.compile(r"\\(?:u.{4}|U.{8}|x..|[ \t]*\n\s*|.)", re.DOTALL)


class Span(NamedTuple):
    """Offsets of a key and of its value. A table that is no inline table has the name in its header for a value.

    `kind`: how it was written: value, list, inline, header, headers (a list of tables), dotted, or implied (by the
    header of a table inside it).
    """

    key: int
    key_end: int
    value: int
    value_end: int
    kind: str


class Clash(NamedTuple):
    """A name that was taken: what stood there, and where it was used again, as `kind`."""

    path: Path
    before: Span
    key: int
    key_end: int
    kind: str


class Open(NamedTuple):
    """A list or inline table that is being read."""

    bracket: str
    start: int
    path: Path
    key: tuple[int, int]


class Scan:
    """The result: spans, headers (the offsets of `[a.b]` as a whole) and how far it got.

    `statement`: start of the last statement; `names`: its key parts as (name, start, end); `value`: where its value
    starts; `open`: lists and inline tables that were open at `at`, where reading stopped. `deep`: where the depth
    passed the limit.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.spans: dict[Path, Span] = {}
        self.headers: dict[Path, tuple[int, int]] = {}
        self.clash: Clash | None = None
        self.stuck = False
        self.deep: int | None = None
        self.at = 0
        self.statement = 0
        self.table: Path = ()
        self.names: list[tuple[str, int, int]] = []
        self.value: int | None = None
        self.open: list[Open] = []
        self._count: dict[Path, int] = {}
        self._lines: list[int] | None = None

    def line(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, from 1."""
        if self._lines is None:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self.text))]
        line = bisect_right(self._lines, offset)
        return line, offset - self._lines[line - 1] + 1


class _Stop(Exception):
    """The text does not go on as TOML, or is too deep."""


def scan(text: str, limit: int | None = None) -> Scan:
    """Read `text`, whose line ends are \\n. `limit`: stop where something is nested deeper than that."""
    found = Scan(text)
    pos = 0
    try:
        while True:
            pos = BLANK.match(text, pos).end()  # type: ignore[union-attr]  # matches the empty text as well
            if pos >= len(text):
                break
            found.statement, found.at, found.names, found.value = pos, pos, [], None
            pos = _header(found, pos, limit) if text[pos] == "[" else _pair(found, pos, limit)
            rest = REST.match(text, pos)
            found.at = pos
            if rest is None:
                raise _Stop
            pos = rest.end()
    except _Stop:
        found.stuck = True
    return found


def _keys(found: Scan, pos: int, limit: int | None) -> tuple[list[tuple[str, int, int]], int]:
    """The parts of a dotted key that starts at `pos`, and where it ends."""
    text = found.text
    parts: list[tuple[str, int, int]] = []
    while True:
        found.at = pos
        match = KEY.match(text, pos)
        if match is None:
            raise _Stop
        word = match.group()
        parts.append((_name(word), pos, match.end()))
        if limit is not None and len(parts) > limit:
            found.deep = pos
            raise _Stop
        pos = SPACE.match(text, match.end()).end()  # type: ignore[union-attr]
        if not text.startswith(".", pos):
            found.at = pos
            return parts, pos
        pos = SPACE.match(text, pos + 1).end()  # type: ignore[union-attr]


def _name(word: str) -> str:
    if word[0] == "'":
        return word[1:-1]
    if word[0] != '"':
        return word
    if "\\" not in word:
        return word[1:-1]
    try:
        name: str = tomllib.loads(f"k = {word}")["k"]
    except tomllib.TOMLDecodeError:
        return word[1:-1]
    return name


def _header(found: Scan, pos: int, limit: int | None) -> int:
    """`[a.b]` or `[[a.b]]`: where it ends."""
    text = found.text
    close = "]]" if text.startswith("[[", pos) else "]"
    parts, after = _keys(found, SPACE.match(text, pos + len(close)).end(), limit)  # type: ignore[union-attr]
    found.names = parts
    path: Path = ()
    for name, start, end in parts[:-1]:
        path = (*path, name)
        before = found.spans.get(path)
        if before is None:
            found.spans[path] = Span(start, end, start, end, "implied")
        elif before.kind in ("value", "list", "inline"):
            _clash(found, path, before, start, end, "header")
        if path in found._count:
            path = (*path, found._count[path] - 1)
    name, start, end = parts[-1]
    path = (*path, name)
    kind = "headers" if close == "]]" else "header"
    before = found.spans.get(path)
    if before is not None and before.kind != ("implied" if kind == "header" else "headers"):
        _clash(found, path, before, start, end, kind)
    else:
        whole = (pos, after + len(close))
        span = Span(start, end, start, end, kind)
        if before is None or kind == "header":
            found.spans[path] = span
            found.headers[path] = whole
        if kind == "headers":
            found._count[path] = count = found._count.get(path, 0) + 1
            path = (*path, count - 1)
            found.spans[path] = span
            found.headers[path] = whole
    found.table = path
    _not_deeper(found, path, parts[-1][1], limit)
    if not text.startswith(close, after):
        raise _Stop
    return after + len(close)


def _not_deeper(found: Scan, path: Path, pos: int, limit: int | None) -> None:
    """Stop when the list or table `path` is deeper than the limit."""
    if limit is not None and len(path) > limit:
        found.deep = pos
        raise _Stop


def _clash(found: Scan, path: Path, before: Span, start: int, end: int, kind: str) -> None:
    if found.clash is None:
        found.clash = Clash(path, before, start, end, kind)


def _down(found: Scan, base: Path, parts: list[tuple[str, int, int]]) -> Path:
    """The path of a key below `base`; the tables that its dots make are noted."""
    path = base
    for name, start, end in parts[:-1]:
        path = (*path, name)
        before = found.spans.get(path)
        if before is None or before.kind == "implied":
            found.spans[path] = Span(start, end, start, end, "dotted")
        elif before.kind != "dotted":
            _clash(found, path, before, start, end, "dotted")
    return (*path, parts[-1][0])


def _put(found: Scan, path: Path, span: Span) -> None:
    before = found.spans.get(path)
    if before is None:
        found.spans[path] = span
    else:
        _clash(found, path, before, span.key, span.key_end, span.kind)


def _key(found: Scan, pos: int, base: Path, limit: int | None) -> tuple[Path, tuple[int, int], int]:
    """A key and its `=`: path, place of its last part, start of the value."""
    parts, pos = _keys(found, pos, limit)
    if not found.open:
        found.names = parts
    if not found.text.startswith("=", pos):
        raise _Stop
    path = _down(found, base, parts)
    _not_deeper(found, path[:-1], parts[0][1], limit)
    found.at = pos = SPACE.match(found.text, pos + 1).end()  # type: ignore[union-attr]
    return path, parts[-1][1:], pos


def _pair(found: Scan, pos: int, limit: int | None) -> int:
    """`key = value`: where it ends. Lists and inline tables are kept on a stack."""
    text, stack = found.text, found.open
    path, key, pos = _key(found, pos, found.table, limit)
    found.value = pos
    while True:
        bracket = text[pos : pos + 1]
        if bracket == "[" or bracket == "{":
            stack.append(Open(bracket, pos, path, key))
            _not_deeper(found, path, pos, limit)
            pos = _inside(found, pos + 1)
            if text.startswith("]" if bracket == "[" else "}", pos):
                pos = _close(found, pos)
            elif bracket == "{":
                path, key, pos = _key(found, pos, path, limit)
                continue
            else:
                path, key = (*path, 0), (pos, pos)
                continue
        else:
            end = _scalar(found, pos)
            start, stop = key if key[1] > key[0] else (pos, end)
            _put(found, path, Span(start, stop, pos, end, "value"))
            pos = end
        # a value has ended: what comes next in the list or table around it?
        while stack:
            bracket, _, base, _ = stack[-1]
            pos = _inside(found, pos)
            if text.startswith(",", pos):
                pos = _inside(found, pos + 1)
                if bracket == "{" and not text.startswith("}", pos):
                    path, key, pos = _key(found, pos, base, limit)
                    break
                if bracket == "[" and not text.startswith("]", pos):
                    last = path[len(base)]
                    path, key = (*base, last + 1 if isinstance(last, int) else 0), (pos, pos)
                    break
            if not text.startswith("]" if bracket == "[" else "}", pos):
                raise _Stop
            path = base
            pos = _close(found, pos)
        else:
            return pos


def _inside(found: Scan, pos: int) -> int:
    """Skip what may stand between the parts of a list or inline table (lines too: TOML 1.1 has them in both)."""
    found.at = pos = GAP.match(found.text, pos).end()  # type: ignore[union-attr]
    return pos


def _close(found: Scan, pos: int) -> int:
    bracket, start, path, key = found.open.pop()
    if key[1] == key[0]:
        key = (start, pos + 1)
    _put(found, path, Span(*key, start, pos + 1, "list" if bracket == "[" else "inline"))
    return pos + 1


def _scalar(found: Scan, pos: int) -> int:
    found.at = pos
    text = found.text
    if text.startswith('"', pos):
        pattern = BASIC_LINES if text.startswith('"""', pos) else BASIC
    elif text.startswith("'", pos):
        pattern = LITERAL_LINES if text.startswith("'''", pos) else LITERAL
    else:
        pattern = PLAIN
    match = pattern.match(text, pos)
    if match is None:
        raise _Stop
    return match.end()


def columns(text: str, found: Scan, start: int, end: int) -> tuple[int, int, int]:
    """Line, column and end column of an extent, cut at the end of its first line, at least one character wide."""
    line, col = found.line(start)
    stop = text.find("\n", start, end)
    return line, col, col + max(1, (end if stop < 0 else stop) - start)


def inner(raw: str, start: int, end: int) -> tuple[int, int] | None:
    """Where the characters `start` to `end` of a text stand in `raw`, the text as written with its quotes.

    None: `raw` is not a text, or not so long.
    """
    quote = raw[:3] if raw[:3] in ('"""', "'''") else raw[:1]
    if quote[:1] not in ("'", '"') or not quote:
        return None
    first = len(quote) + (len(quote) == 3 and raw.startswith("\n", 3))
    last = len(raw) - len(quote)
    if quote[0] == "'":
        return (first + start, first + end) if first + end <= last else None
    here = _spot(raw, first, last, start)
    there = _spot(raw, first, last, max(start, end - 1))
    if here is None or there is None:
        return None
    return here[0], there[1] if end > start else here[0]


def _spot(raw: str, first: int, last: int, target: int) -> tuple[int, int] | None:
    """Where the character `target` of a text with escapes, written in raw[first:last], starts and ends."""
    at, seen = first, 0  # an offset in raw, and how many characters stand before it
    for escape in ESCAPE.finditer(raw, first, last):
        plain = escape.start() - at
        if target < seen + plain:
            break
        at, seen = escape.start(), seen + plain
        if escape.group()[1] in " \t\n":  # a line that goes on: no character
            at = escape.end()
        elif target == seen:
            return escape.span()
        else:
            at, seen = escape.end(), seen + 1
    here = at + target - seen
    return (here, here + 1) if here <= last else None

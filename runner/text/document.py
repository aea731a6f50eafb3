"""One file: its text, its data, and places in it on demand."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from runner.text.diagnostics import Diagnostic, Place, Refused, diagnose
from runner.text.sources import Sources

if TYPE_CHECKING:
    from runner.text.positions import Scan

LIMIT = 10 * 1024 * 1024
"""Bytes of the largest file that is read."""
DEPTH = 100
"""How deep tables and lists may be nested: whoever reads the data may use recursion."""

At = Literal["key", "value", "header"]


class Document:
    """A file that could be read: `path` as shown to the user, `text` (its line ends are \\n), `data`."""

    __slots__ = ("_scan", "data", "path", "text")

    def __init__(self, path: str, text: str, data: dict[str, Any]) -> None:
        self.path, self.text, self.data = path, text, data
        self._scan: Scan | None = None

    def place(self, keys: Sequence[str | int], at: At = "value", part: tuple[int, int] | None = None) -> Place:
        """Where `keys` stand: the last key, its value, or the header `[a.b]` that they are in.

        A table's value is its name in its header. `part` is start and end inside the text that the value is. Keys that
        stand nowhere (they are missing, or came from elsewhere) give the nearest table around them that does.
        """
        if self._scan is None:
            from runner.text.positions import scan

            self._scan = scan(self.text)
        found, path = self._scan, tuple(keys)
        if at == "header":
            while path and path not in found.headers:
                path = path[:-1]
            if path:
                return self._place(*found.headers[path])
            path = tuple(keys)
        span = found.spans.get(path)
        while span is None and path:
            at, part, path = "value", None, path[:-1]
            span = found.spans.get(path)
        if span is None:  # the file as a whole: its first line that says something
            span = next(iter(found.spans.values()), None)
            return self._place(span.key, span.key_end) if span is not None else self._place(0, 0)
        if at != "value":
            return self._place(span.key, span.key_end)
        if part is not None:
            from runner.text.positions import inner

            inside = inner(self.text[span.value : span.value_end], *part)
            if inside is not None:
                return self._place(span.value + inside[0], span.value + inside[1])
        return self._place(span.value, span.value_end)

    def part(self, keys: Sequence[str | int]) -> Document:
        """The file that has these keys: this one, unless it is made of several."""
        return self

    def _place(self, start: int, end: int) -> Place:
        if self._scan is None:  # only place() comes here
            return Place(self.path, 1, 1, 2)
        from runner.text.positions import columns

        return Place(self.path, *columns(self.text, self._scan, start, end))


def load(path: Path | str, sources: Sources, kind: str = "file") -> Document:
    """Read a file. `kind` "pipeline": it must not be empty. Refused: it is missing, no text, no TOML (E1xx)."""
    if os.fspath(path).endswith(".cue"):
        from runner.text import cue

        doc = cue.load(path, sources)
        if not doc.data and kind == "pipeline":
            raise Refused([diagnose("E104", None, path=doc.path)])
        return doc
    return parsed(read(path, sources), show(path), kind)


def parsed(raw: bytes, shown: str, kind: str = "file") -> Document:
    """The bytes of a file that is called `shown`, read as `load` does. Raises Refused."""
    text = decoded(raw, shown)
    _shallow_keys(text, shown)
    try:
        data = tomllib.loads(text)
    except RecursionError:
        raise Refused([_too_deep(text, shown)]) from None
    except ValueError as error:  # TOMLDecodeError, and numbers with too many digits
        from runner.text.syntax import problems

        raise Refused(problems(text, shown, error)) from None
    if too_deep(data):
        raise Refused([_too_deep(text, shown)])
    if not data and kind == "pipeline":
        raise Refused([diagnose("E104", None, path=shown)])
    return Document(shown, text, data)


def decoded(raw: bytes, shown: str) -> str:
    """The text of a file, its line ends as \\n. Raises Refused (E105, E106)."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused([_not_utf8(raw, error.start, shown)]) from None
    if text.startswith("\ufeff"):
        raise Refused([diagnose("E106", Place(shown, 1, 1, 2))])
    return text.replace("\r\n", "\n")


def read(path: Path | str, sources: Sources) -> bytes:
    """The bytes of a file. Raises Refused: there is none, or none of a size to be read (E101 to E103, E107)."""
    shown = show(path)
    try:
        raw = sources.read(path, LIMIT)
    except (FileNotFoundError, NotADirectoryError):
        raise Refused([_missing(path, shown, sources)]) from None
    except IsADirectoryError:
        inside = [name for name in sources.listdir(path) if name.endswith(".toml")]
        name = "pipeline.toml" if "pipeline.toml" in inside else inside[0] if inside else None
        like = os.path.join(shown, name) if name else None
        raise Refused([diagnose("E102", None, path=shown, near=like)]) from None
    except OSError as error:
        raise Refused([diagnose("E103", None, path=shown, why=(error.strerror or str(error)).lower())]) from None
    except ValueError:  # a NUL in the name
        raise Refused([diagnose("E101", None, path=shown)]) from None
    if len(raw) > LIMIT:
        raise Refused([diagnose("E107", None, path=shown, limit=f"{LIMIT // 1024 // 1024} MiB")])
    return raw


def show(path: Path | str) -> str:
    """The shortest way to write `path` from the current folder, without `..`."""
    text = os.fspath(path)
    if not os.path.isabs(text):
        return text
    here = os.path.join(os.getcwd(), "")
    return text[len(here) :] if text.startswith(here) and len(text) > len(here) else text


def _missing(path: Path | str, shown: str, sources: Sources) -> Diagnostic:
    from runner.text.near import near

    folder, name = os.path.split(os.fspath(path))
    names = sources.listdir(folder or ".")
    like = name + ".toml" if name + ".toml" in names else near(name, (known for known in names if "." in known))
    near_by = os.path.join(os.path.dirname(shown), like) if like else None
    if f"{name}.toml" in sources.listdir(os.path.join(folder, "profiles")):
        return diagnose("E101", None, path=shown, hint=f"if that is the profile: `--profile {name}`")
    if near_by is None and "pipeline.toml" in names:
        return diagnose(
            "E101", None, path=shown, hint=f"there is `{os.path.join(os.path.dirname(shown), 'pipeline.toml')}`"
        )
    if name == "pipeline.toml" and near_by is None:
        above = [os.path.join(*[".."] * n, name) for n in range(1, 6)] if shown == name else []
        there = next((path for path in above if sources.exists(os.path.abspath(path))), None)
        if there:
            return diagnose("E101", None, path=shown, hint=f"there is `{there}`")
        return diagnose("E101", None, path=shown, hint="name another file, or let `runner init` write one")
    return diagnose("E101", None, path=shown, near=near_by)


def _not_utf8(raw: bytes, bad: int, shown: str) -> Diagnostic:
    before = raw[:bad].decode("utf-8")
    start = before.rfind("\n") + 1
    col = len(before) - start + 1
    place = Place(shown, before.count("\n") + 1, col, col + 1)
    hint = "this is UTF-16: save the file as UTF-8" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else None
    return diagnose("E105", place, byte=f"{raw[bad]:02X}", hint=hint)


def _shallow_keys(text: str, shown: str) -> None:
    """Refuse keys with very many dots before tomllib sees them: its time and memory grow with their square."""
    if text.count(".") > DEPTH and any(line.count(".") >= DEPTH for line in text.split("\n")):
        from runner.text.positions import scan

        if scan(text, DEPTH).deep is not None:
            raise Refused([_too_deep(text, shown)])


def too_deep(data: dict[str, Any]) -> bool:
    level: list[Any] = [data]
    for _ in range(DEPTH + 1):
        level = [
            value
            for table in level
            for value in (table.values() if isinstance(table, dict) else table)
            if isinstance(value, (dict, list))
        ]
        if not level:
            return False
    return True


def _too_deep(text: str, shown: str) -> Diagnostic:
    from runner.text.positions import columns, scan

    found = scan(text, DEPTH)
    if found.deep is None:
        return diagnose("E108", None, limit=DEPTH)
    return diagnose("E108", Place(shown, *columns(text, found, found.deep, found.deep + 1)), limit=DEPTH)

"""Changes one value or table of a TOML text; all around it stays as it was written."""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Sequence
from typing import Any

from runner.text.diagnostics import Refused, diagnose
from runner.text.document import Document
from runner.text.fault import dotted
from runner.text.positions import KEY, Scan, Span, scan

Keys = tuple[str, ...]

OF_TABLES = ("steps", "handlers", "finally", "templates", "tags", "volumes")
"""Tables whose values have headers of their own: `[steps.a]`."""


def keys_of(word: str) -> Keys:
    """The names of a dotted key, as TOML has them. Raises Refused (E992)."""
    found = scan(f"{word} = 0")
    if found.stuck or "\n" in word or not found.names or list(found.spans.values())[-1].kind != "value":
        raise Refused([diagnose("E992", None, key=word)])
    return tuple(name for name, _, _ in found.names)


def assigned(doc: Document, keys: Keys, value: str, order: Sequence[str] = ()) -> str:
    """The text with `value`, which is TOML, at `keys`: in the place of the old one, else where its table is.

    order: names of tables; a new one stands before those that come after it there. Raises Refused (E991, E994).
    """
    found = scan(doc.text)
    span = found.spans.get(keys)
    if span is not None and span.kind not in ("value", "list", "inline"):
        raise Refused([diagnose("E991", doc.place(keys, "key"), key=dotted(list(keys)))])
    if span is not None:
        text = doc.text[: span.value] + value + doc.text[span.value_end :]
    else:
        text = _added(found, keys, value, order)
    return _sound(doc, text, _with(doc.data, keys, tomllib.loads(f"x = {value}")["x"]), keys)


def removed(doc: Document, keys: Keys) -> str:
    """The text without the value at `keys`. Raises Refused (E923, E991, E994)."""
    found, text = scan(doc.text), doc.text
    span = found.spans.get(keys)
    if span is None:
        raise Refused([diagnose("E923", None, key=dotted(list(keys)))])
    if span.kind not in ("value", "list", "inline"):
        raise Refused([diagnose("E991", doc.place(keys, "key"), key=dotted(list(keys)))])
    base = keys[:-1]
    while base and found.spans[base].kind == "dotted":
        base = base[:-1]
    around = found.spans.get(base)
    start, end = span.key, span.value_end
    if around is not None and around.kind == "inline":
        dots = re.search(rf"(?:(?:{KEY.pattern})[ \t]*\.[ \t]*){{{len(keys) - len(base) - 1}}}\Z", text[:start])
        start = dots.start() if dots else start
        after = re.compile(r"\s*,\s*").match(text, end)
        before = re.search(r"\s*,\s*\Z", text[:start])
        if after:
            end = after.end()
        elif before:
            start = before.start()
        else:  # it was the only one
            start, end = around.value + 1, around.value_end - 1
    else:
        start, end = text.rfind("\n", 0, start) + 1, _line_end(text, end)
    expected = copy.deepcopy(doc.data)
    while keys:
        table: Any = expected
        for name in keys[:-1]:
            table = table[name]
        del table[keys[-1]]
        keys = keys[:-1]
        if (
            table or not keys or found.spans[keys].kind != "dotted"
        ):  # a table that dots have made ends with its last key
            break
    return _sound(doc, text[:start] + text[end:], expected, keys)


def with_table(doc: Document, keys: Keys, lines: Sequence[str], order: Sequence[str] = ()) -> str:
    """The text with a new table `[keys]` of these lines, behind the others of its kind. Raises Refused (E994)."""
    text = _table(scan(doc.text), keys, lines, order)
    return _sound(doc, text, _with(doc.data, keys, tomllib.loads("\n".join(lines))), keys)


def _with(data: dict[str, Any], keys: Keys, value: Any) -> Any:
    """The data as it should be then; None where a name on the way is no table."""
    out = table = copy.deepcopy(data)
    for name in keys[:-1]:
        table = table.setdefault(name, {})
        if not isinstance(table, dict):
            return None
    table[keys[-1]] = value
    return out


def _sound(doc: Document, text: str, expected: Any, keys: Keys) -> str:
    """The text, if it says what it should."""
    if _loads(text) != expected:
        raise Refused([diagnose("E994", doc.place(keys, "key"), key=dotted(list(keys)))])
    return text


def _loads(text: str) -> Any:
    try:
        return tomllib.loads(text)
    except ValueError:
        return None


def _added(found: Scan, keys: Keys, value: str, order: Sequence[str]) -> str:
    """A key that is not there: into the innermost table around it that is."""
    base = keys[:-1]
    while base and base not in found.spans:
        base = base[:-1]
    span = found.spans.get(base)
    kind = span.kind if span else "root"
    rest = keys[len(base) :]
    if span is not None and kind == "inline":
        return _inlined(found.text, span, f"{dotted(list(rest))} = {value}")
    if span is not None and kind == "dotted":
        table = base
        while table and table not in found.headers:
            table = table[:-1]
        last = max((each for path, each in found.spans.items() if path[: len(base)] == base), key=_end)
        return _line(found.text, last, f"{dotted(list(keys[len(table) :]))} = {value}")
    top = max(len(base), 1 + (keys[0] in OF_TABLES))
    if len(keys) > 1 and (kind == "implied" or top > len(base)):
        head = keys[: min(top, len(keys) - 1)]
        return _table(found, head, [_nested(keys[len(head) :], value)], order)
    return _in_section(found, base, _nested(rest, value))


def _nested(keys: Keys, value: str) -> str:
    for name in reversed(keys[1:]):
        value = f"{{ {dotted([name])} = {value} }}"
    return f"{dotted([keys[0]])} = {value}"


def _inlined(text: str, span: Span, pair: str) -> str:
    inside = text[span.value + 1 : span.value_end - 1]
    if not inside.strip():
        return f"{text[: span.value]}{{ {pair} }}{text[span.value_end :]}"
    end = span.value + 1 + len(inside.rstrip())
    return f"{text[:end]}{',' if text[end - 1] != ',' else ''} {pair}{text[end:]}"


def _in_section(found: Scan, table: Keys, line: str) -> str:
    """A line below the last one of a table with a header, or of the file's own keys."""
    text = found.text
    start, inside = found.headers.get(table, (0, 0))
    end = min((head for head, _ in found.headers.values() if head > start or not table), default=len(text))
    last = max((each for each in found.spans.values() if inside <= each.key < end), key=_end, default=None)
    if last is None and table:
        last = Span(start, start, inside, inside, "header")
    if last is not None:
        return _line(text, last, line)
    first = _line_end(text, 0) if text.startswith("#:") else 0
    rest = text[first:]
    return f"{text[:first]}{line}\n{'' if not rest or rest.startswith(chr(10)) else chr(10)}{rest}"


def _end(span: Span) -> int:
    return span.value_end


def _line(text: str, last: Span, line: str) -> str:
    """A line below that of a statement, indented like it."""
    end = _line_end(text, last.value_end)
    begun = text[text.rfind("\n", 0, last.key) + 1 : last.key]
    indent = begun[: len(begun) - len(begun.lstrip(" \t"))]
    gap = "" if text.endswith("\n", 0, end) else "\n"
    return f"{text[:end]}{gap}{indent}{line}\n{text[end:]}"


def _line_end(text: str, offset: int) -> int:
    """Where the next line begins."""
    return text.find("\n", offset) + 1 or len(text)


def _table(found: Scan, keys: Keys, lines: Sequence[str], order: Sequence[str]) -> str:
    """A new table: before those inside it, else behind the last one of the same name, else where `order` has it."""
    body = "\n".join([f"[{dotted(list(keys))}]", *lines, ""])
    text = found.text
    heads = sorted((start, path) for path, (start, _) in found.headers.items())
    inner = [start for start, path in heads if path[: len(keys)] == keys]
    same = [start for start, path in heads if path[0] == keys[0]]
    if inner:
        return _before(text, inner[0], body)
    if same:
        behind = [start for start, _ in heads if start > same[-1]]
    else:
        later = order[order.index(keys[0]) + 1 :] if keys[0] in order else ()
        behind = [start for start, path in heads if path[0] in later]
    if behind:
        return _before(text, behind[0], body)
    kept = text.rstrip("\n")
    return f"{kept}\n\n{body}" if kept else body


def _before(text: str, head: int, body: str) -> str:
    """A table in front of a header and the comments that stand right above it."""
    start = text.rfind("\n", 0, head) + 1
    while start and text[text.rfind("\n", 0, start - 1) + 1 : start].lstrip(" \t").startswith("#"):
        above = text.rfind("\n", 0, start - 1) + 1
        if text.startswith("#:", above):  # it is the file's
            break
        start = above
    gap = "" if not start or text.endswith("\n\n", 0, start) else "\n"
    return f"{text[:start]}{gap}{body}\n{text[start:]}"

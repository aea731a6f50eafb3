"""Values: their kinds, how they are read from text and written as text, and what a return may be (N9, N14 to N16)."""

from __future__ import annotations

import json
import math
import re
from typing import Any

KINDS = ("text", "integer", "number", "boolean", "list", "table", "date", "time", "datetime", "path")
OBJECT = "$object"
_INTEGER = re.compile(r"[+-]?(0|[1-9][0-9]*)\Z")
_NUMBER = re.compile(r"[+-]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")
_ISO = {
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"),
    "time": re.compile(r"[0-9]{2}:[0-9]{2}"),
    "datetime": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}"),
}
_JSON_START = frozenset('-0123456789"[{tfn')


class BadReturn(ValueError):
    """A return that is no JSON value; the sentence names the return, its type and what to write."""


def kind_of(value: Any) -> str:
    """One of KINDS, `none`, or `object` for the table that stands for a stored object."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    if value is None:
        return "none"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "number"
    if isinstance(value, dict):
        return "object" if len(value) == 1 and OBJECT in value else "table"
    if isinstance(value, (list, tuple)):
        return "list"
    return "text"


def shown(value: Any) -> str:
    """A value with its kind, short, for messages: text 'True', 3, a list of 3."""
    kind = kind_of(value)
    if kind == "text":
        text = repr(value)
        return f"text {text}" if len(text) <= 60 else f"text {text[:57]}...'"
    if kind in ("none", "boolean", "integer", "number"):
        return to_text(value) or kind
    if kind == "object":
        return "an object"
    return f"a {kind} of {len(value)}"


def to_text(value: Any) -> str:
    """A value inside text, in an environment variable, on a command line (N9, N16).

    Numbers are decimal, without exponent, the shortest that read back the same; lists and tables are compact JSON.
    `none` is an empty text: whoever must not have it asks before.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _digits(value)
    if isinstance(value, float):
        return _decimal(value)
    if value is None:
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return compact(value)


def compact(value: Any) -> str:
    """Compact JSON whose numbers have no exponent."""
    out: list[str] = []
    pending: list[Any] = [value]
    while pending:  # by hand: json.dumps writes 2e-05, and would run out of stack
        item = pending.pop()
        if isinstance(item, _Raw):
            out.append(item)
        elif isinstance(item, str):
            out.append(json.dumps(item, ensure_ascii=False))
        elif item is None:
            out.append("null")
        elif isinstance(item, dict):
            pending.append(_Raw("}"))
            for count, (key, inner) in enumerate(reversed(list(item.items()))):
                head = json.dumps(str(key), ensure_ascii=False) + ":"
                pending += [inner, _Raw(head if count == len(item) - 1 else "," + head)]
            pending.append(_Raw("{"))
        elif isinstance(item, (list, tuple)):
            pending.append(_Raw("]"))
            for count, inner in enumerate(reversed(item)):
                pending += [inner] if count == len(item) - 1 else [inner, _Raw(",")]
            pending.append(_Raw("["))
        else:
            out.append(to_text(item))
    return "".join(out)


class _Raw(str):
    """JSON that is written already."""


def _digits(value: int) -> str:
    try:
        return int.__repr__(value)
    except ValueError:  # newer Pythons refuse to write more than 4300 digits
        from decimal import Decimal

        return f"{Decimal(value):f}"


def _decimal(value: float) -> str:
    text = float.__repr__(value)
    if "e" not in text:
        return text
    digits, _, exponent = text.partition("e")
    sign = "-" if digits.startswith("-") else ""
    whole, _, fraction = digits.lstrip("-").partition(".")
    point = len(whole) + int(exponent)
    digits = whole + fraction
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    return f"{sign}{digits.ljust(point, '0')[:point]}.{digits[point:] or '0'}"


def from_text(text: str, kind: str | None, like: Any = None) -> Any:
    """A text from outside as a value (N15): of `kind`, else of the kind of `like`; else what dumps to the same text.

    Raises ValueError, with what was expected, where the text is not of that kind.
    """
    if kind is None:
        if like is None:
            return _guessed(text)
        kind = kind_of(like)
    if kind in ("text", "path", "none", "object"):
        return text
    if kind == "boolean":
        if text not in ("true", "false"):
            raise ValueError(f"{text!r} is neither `true` nor `false`")
        return text == "true"
    if kind == "integer":
        found = _integer(text)
        if found is None:
            raise ValueError(f"{_cut(text)} is not a whole number")
        return found
    if kind == "number":
        number = _number(text)
        if number is None:
            raise ValueError(f"{_cut(text)} is not a number")
        return number
    if kind in ("date", "time", "datetime"):
        return _moment(text, kind)
    if kind in ("list", "table"):
        try:
            value = _json(text)
        except ValueError:
            value = None
        if kind_of(value) != kind:
            like = '["a", "b"]' if kind == "list" else '{"a": 1}'
            raise ValueError(f"{_cut(text)} is not a {kind} in JSON, such as {like}")
        return value
    raise ValueError(f"there is no kind `{kind}`")


def _cut(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _integer(text: str) -> int | None:
    if _INTEGER.match(text) is None:
        return None
    try:
        return int(text)
    except ValueError:  # too many digits
        return None


def _number(text: str) -> int | float | None:
    """A finite number in decimal; one without point and exponent stays whole."""
    if _NUMBER.match(text) is None:
        return None
    whole = _integer(text)
    if whole is not None:
        return whole
    found = float(text)
    return found if math.isfinite(found) else None


def _moment(text: str, kind: str) -> str:
    """A date, time or datetime as it travels: ISO 8601, as it was given."""
    import datetime

    made: Any = getattr(datetime, kind)
    plain = text[:-1] + "+00:00" if text.endswith(("Z", "z")) and kind != "date" else text
    try:
        if _ISO[kind].match(plain) is None:  # newer Pythons read other forms too, as 20260131
            raise ValueError
        made.fromisoformat(plain)
    except ValueError:
        example = {"date": "2026-01-31", "time": "06:30:00", "datetime": "2026-01-31T06:30:00Z"}[kind]
        raise ValueError(f"{_cut(text)} is not a {kind}, such as {example}") from None
    return text


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _json(text: str) -> Any:
    """The JSON value of a text. Raises ValueError; NaN and Infinity are not JSON."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _guessed(text: str) -> Any:
    """The JSON value that dumps to the same text again; else the text (as `08`, `1.10`, `NaN`, `1e5`, `True`)."""
    if not text or text[0] not in _JSON_START:
        return text
    try:
        value = _json(text)
        written = (
            "null"
            if value is None
            else json.dumps(value, ensure_ascii=False)
            if isinstance(value, str)
            else to_text(value)
        )
    except ValueError:
        return text
    return value if written == text else text


def check_type(value: Any, spec: dict[str, Any]) -> str | None:
    """Why a value is not what `[types]` says (type enum minimum maximum pattern items); None when it is."""
    wanted = spec.get("type")
    if wanted is not None and not _of_kind(value, wanted):
        return f"{shown(value)} is not {_article(wanted)}"
    if "enum" in spec and not any(_equal(value, one) for one in spec["enum"]):
        choices = ", ".join(shown(one) if not isinstance(one, str) else repr(one) for one in spec["enum"])
        return f"{shown(value)} is not one of {choices}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if "minimum" in spec and value < spec["minimum"]:
            return f"{to_text(value)} is less than {to_text(spec['minimum'])}"
        if "maximum" in spec and value > spec["maximum"]:
            return f"{to_text(value)} is more than {to_text(spec['maximum'])}"
    if isinstance(value, str):
        for word in ("minimum", "maximum"):  # dates
            if isinstance(spec.get(word), str) and (
                (value < spec[word]) if word == "minimum" else (value > spec[word])
            ):
                return f"{value!r} is {'before' if word == 'minimum' else 'after'} {spec[word]}"
        if "pattern" in spec and not _matches(spec["pattern"], value):
            return f"{shown(value)} does not match {spec['pattern']}"
    if isinstance(value, (list, tuple)) and "items" in spec:
        items = spec["items"] if isinstance(spec["items"], dict) else {"type": spec["items"]}
        for index, inner in enumerate(value):
            problem = check_type(inner, items)
            if problem:
                return f"[{index}]: {problem}"
    return None


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.search(pattern, text) is not None
    except re.error:  # `check` has said it
        return True


def _article(kind: str) -> str:
    return "an integer" if kind == "integer" else "text" if kind == "text" else f"a {kind}"


def _of_kind(value: Any, kind: str) -> bool:
    found = kind_of(value)
    if kind == "number":
        return found in ("integer", "number")
    if kind in ("date", "time", "datetime"):
        if found != "text":
            return False
        try:
            _moment(value, kind)
        except ValueError:
            return False
        return True
    return found == ("text" if kind == "path" else kind)


def _equal(left: Any, right: Any) -> bool:
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def json_value(value: Any, kind: str = "json", name: str = "", warnings: list[str] | None = None) -> Any:
    """What a function returned, as JSON (N14, N15).

    kind "metric": a number; nan and inf become None, with a line in `warnings`. Raises BadReturn.
    """
    found = _converted(value, name, kind)
    if kind != "metric":
        return found
    if isinstance(found, float) and not math.isfinite(found):
        if warnings is not None:
            warnings.append(f"the metric `{name}` is {found} and reads as none")
        return None
    if found is not None and (isinstance(found, bool) or not isinstance(found, (int, float))):
        raise BadReturn(f"the return `{name}` is of type {_type_of(value)}, and a metric is a number")
    return found


def _converted(value: Any, name: str, kind: str) -> Any:
    root: list[Any] = [value]
    pending: list[tuple[Any, Any, int]] = [(root, 0, 0)]
    while pending:
        holder, spot, depth = pending.pop()
        if depth > 100:
            raise BadReturn(f'the return `{name}` is nested deeper than 100 levels; write `kind = "object"` for it')
        item = _plain(holder[spot], name, kind)
        holder[spot] = item
        if type(item) is list:
            pending += [(item, index, depth + 1) for index in range(len(item)) if type(item[index]) is not str]
        elif type(item) is dict:
            pending += [(item, key, depth + 1) for key in item if type(item[key]) is not str]
    return root[0]


def _plain(value: Any, name: str, kind: str) -> Any:
    """One level of a value: lists and tables are fresh, what is in them is still as it was."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if kind != "metric" and not math.isfinite(value):
            raise BadReturn(
                f'the return `{name}` holds {float(value)}, which JSON lacks; return None, or say `kind = "object"`'
            )
        return float(value)
    if hasattr(type(value), "__dataclass_fields__"):
        from dataclasses import fields

        return {field.name: getattr(value, field.name) for field in fields(value)}
    named = getattr(type(value), "_fields", None)
    if isinstance(value, tuple) and named is not None:
        return {field: getattr(value, field) for field in named}
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, dict):
        odd = next((key for key in value if not isinstance(key, str)), None)
        if odd is not None or None in value:
            problem = f"the return `{name}` has a table with the key {odd!r}, and keys are text"
            raise BadReturn(f'{problem}: make it text, or write `kind = "object"`')
        return dict(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if hasattr(value, "__fspath__"):
        path = value.__fspath__()
        if isinstance(path, str):
            return path
    item = getattr(value, "item", None)
    if callable(item):
        try:
            inner = item()
        except Exception:
            inner = value
        if inner is None or isinstance(inner, (bool, int, float, str)):
            return _plain(inner, name, kind)
    raise BadReturn(
        f'the return `{name}` is of type {_type_of(value)}, which JSON lacks; write `kind = "object"` for it'
    )


def _type_of(value: Any) -> str:
    made = type(value)
    return made.__qualname__ if made.__module__ == "builtins" else f"{made.__module__}.{made.__qualname__}"

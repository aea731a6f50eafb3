"""Values and expectations in people's words, and values as they are written in TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

BARE = re.compile("[A-Za-z0-9_-]+", re.ASCII)
TYPE_WORDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a table",
}
FORM_WORDS = {
    "duration": 'a duration such as "30s" or "1h30m"',
    "size": 'a size such as "512Mi" or "2Gi"',
    "reference": 'one reference such as "${islands}"',
}


def found(value: Any) -> str:
    """What a value is: `text`, `a list`."""
    if isinstance(value, bool):
        return f"`{toml(value)}`"
    if isinstance(value, float) and not float("-inf") < value < float("inf"):
        return f"`{value}`"
    words = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a table"}
    dates = {datetime: "a date with time", date: "a date", time: "a time"}
    if isinstance(value, int) or type(value) not in words | dates:
        return "a number" if isinstance(value, int) else "a value of that kind"
    return (words | dates)[type(value)]


def expected(schema: dict[str, Any]) -> str:
    """What a schema asks for: `a list`, `a duration such as "30s"`, `text or a table`."""
    if "anyOf" in schema:
        if all("const" in branch or "enum" in branch for branch in schema["anyOf"]):
            words = [word for branch in schema["anyOf"] for word in branch.get("enum", [branch.get("const")])]
            return expected({"enum": words})
        return either(dict.fromkeys(expected(branch) for branch in schema["anyOf"]))
    if schema.get("title") in FORM_WORDS:
        return FORM_WORDS[schema["title"]]
    if "$ref" in schema:
        return "a table"
    if "const" in schema or "enum" in schema:
        words = [schema["const"]] if "const" in schema else schema["enum"]
        return either(toml(word) if isinstance(word, str) else f"`{toml(word)}`" for word in words)
    types = schema.get("type", "object")
    if isinstance(types, list) and "pattern" not in schema:
        return either(TYPE_WORDS[kind] for kind in types if kind != "integer" or "number" not in types)
    return TYPE_WORDS[types if isinstance(types, str) else types[0]]  # a number; a reference may stand in its place


def either(words: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    *most, end = list(words)
    return f"{', '.join(most)} {last} {end}" if most else end


def listing(words: Sequence[str], limit: int = 14) -> str:
    """Words in backticks, the first few of many."""
    shown = ", ".join(f"`{word}`" for word in words[:limit])
    return shown + ("" if len(words) <= limit else f" and {len(words) - limit} more")


def toml(value: Any, depth: int = 3) -> str:
    """A value on one line of TOML, cut where it is long or deep."""
    if isinstance(value, (dict, list)) and value and not depth:
        text = "{ ... }" if isinstance(value, dict) else "[...]"
    elif isinstance(value, dict):
        inner = ", ".join(f"{bare(key)} = {toml(item, depth - 1)}" for key, item in list(value.items())[:20])
        text = f"{{ {inner} }}" if inner else "{}"
    elif isinstance(value, list):
        text = "[" + ", ".join(toml(item, depth - 1) for item in value[:20]) + "]"
    elif isinstance(value, str):
        plain = "\\" in value and not set(value) & set("'\n\r")
        text = f"'{value}'" if plain else json.dumps(value, ensure_ascii=False)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, (date, time)):
        text = value.isoformat()
    else:
        text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def bare(key: str) -> str:
    """A key as it is written: quoted where it must be."""
    return key if BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def header(keys: Sequence[str | int]) -> str:
    """Where a table stands: `[steps.a.retry]`, `[steps.a] returns[0]`; `this file` for the root."""
    if not keys:
        return "this file"
    cut = next((n for n, key in enumerate(keys) if isinstance(key, int)), None)
    if cut is None:
        return "`[" + ".".join(bare(str(key)) for key in keys) + "]`"
    tail = bare(str(keys[cut - 1])) + "".join(
        f"[{key}]" if isinstance(key, int) else f".{bare(key)}" for key in keys[cut:]
    )
    inner = ".".join(bare(str(key)) for key in keys[: cut - 1])
    return f"`{tail}` of `[{inner}]`" if inner else f"`{tail}`"


def name_of(keys: Sequence[str | int]) -> str:
    """The key of a value, list items with their number: `needs`, `needs[1]`."""
    items = ""
    rest = list(keys)
    while rest and isinstance(rest[-1], int):
        items = f"[{rest.pop()}]" + items
    return (bare(str(rest[-1])) if rest else "the file") + items

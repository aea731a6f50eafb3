"""YAML of plain data, the part of it that every reader of YAML agrees about: lines as they are, else JSON's texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

WIDTH = 140  # what fits into a line of this width is written as one
PLAIN = re.compile(r"[A-Za-z_/](?:[A-Za-z0-9_./()-]| (?:[A-Za-z0-9_./()-]|&&|\|\|))*")
WORDS = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))
UNSEEN = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


def documents(tables: Iterable[Mapping[str, Any]], head: str = "") -> str:
    """One text of several documents. head: a comment for people, a line each."""
    comment = "".join(f"# {line}\n" for line in head.splitlines())
    return comment + "---\n".join("".join(f"{line}\n" for line in _block(table, 0)) for table in tables)


def scalar(value: Any) -> str:
    """A text, number, truth value or nothing."""
    return _text(value) if isinstance(value, str) else json.dumps(value, allow_nan=False)


@lru_cache(4096)  # of keys and names, which come again and again
def _text(value: str) -> str:
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", json.dumps(value, ensure_ascii=False))


def _flow(value: Any) -> str:
    """In one line."""
    if isinstance(value, dict):
        return "{" + ", ".join([f"{scalar(key)}: {_flow(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value)


def _block(value: Any, depth: int) -> list[str]:
    """The lines of a table or list, indented."""
    pad = "  " * depth
    if not value or not isinstance(value, (dict, list)):
        return [pad + _flow(value)]
    lines: list[str] = []
    if isinstance(value, dict):
        for key, item in value.items():
            lines += _entry(f"{pad}{scalar(key)}:", item, depth + (not isinstance(item, list)))
        return lines
    for item in value:
        flow = _flow(item)
        if len(pad) + len(flow) + 2 <= WIDTH or not isinstance(item, (dict, list)):
            lines.append(f"{pad}- {flow}")
            continue
        first, *rest = _block(item, depth + 1)
        lines += [f"{pad}- {first.lstrip(' ')}", *rest]
    return lines


def _entry(head: str, item: Any, depth: int) -> list[str]:
    if not item or not isinstance(item, (dict, list)):
        return [f"{head} {_flow(item)}"]
    if all(not isinstance(one, (dict, list)) for one in (item.values() if isinstance(item, dict) else item)):
        flow = _flow(item)
        if len(head) + len(flow) + 1 <= WIDTH - 40:
            return [f"{head} {flow}"]
    return [head, *_block(item, depth)]

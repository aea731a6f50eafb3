"""Conditions of a plan written out again, the way a pipeline file says them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

BINARY = {"and": 2, "or": 1, "==": 4, "!=": 4, "<": 4, "<=": 4, ">": 4, ">=": 4, "in": 4, "not in": 4}
DEEPEST = 30


def written(expr: Any, nodes: Mapping[str, Mapping[str, Any]], depth: int = 0) -> str:
    """An Expr as text; what lies deeper than anybody reads becomes `...`."""
    if depth > DEEPEST:
        return "..."
    if not isinstance(expr, list):
        return _literal(expr)
    if not expr:
        return "[]"
    tag, rest = expr[0], expr[1:]
    deeper = depth + 1
    if tag in BINARY:
        left, right = (_inner(part, BINARY[tag], nodes, deeper) for part in rest)
        return f"{left} {tag} {right}"
    if tag == "not":
        return "not " + _inner(rest[0], 3, nodes, deeper)
    if tag == "len":
        return f"len({written(rest[0], nodes, deeper)})"
    if tag == "lit":
        return _literal(rest[0])
    if tag == "list":
        return "[" + ", ".join(written(part, nodes, deeper) for part in rest[0]) + "]"
    if tag == "table":
        return "{" + ", ".join(f"{key} = {written(part, nodes, deeper)}" for key, part in rest[0].items()) + "}"
    if tag == "text":
        return "".join(part if isinstance(part, str) else f"${{{written(part, nodes, deeper)}}}" for part in rest[0])
    if tag == "get":
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in rest[1])
        return written(rest[0], nodes, deeper) + steps
    if tag == "else":
        return f"{written(rest[0], nodes, deeper)}:-{written(rest[1], nodes, deeper)}"
    return _name(tag, rest, nodes)


def _inner(expr: Any, strength: int, nodes: Mapping[str, Mapping[str, Any]], depth: int) -> str:
    text = written(expr, nodes, depth)
    tag = expr[0] if isinstance(expr, list) and expr else None
    return f"({text})" if BINARY.get(str(tag), 9) < strength or (strength == 4 and tag in BINARY) else text


def _literal(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, str):
        return f"'{value}'" if "'" not in value else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, default=str)


def _name(tag: str, rest: list[Any], nodes: Mapping[str, Mapping[str, Any]]) -> str:
    if tag in ("param", "own") and rest:
        return str(rest[0])
    if tag == "run" and rest:
        return f"run.{rest[0]}"
    if tag in ("item", "round") and len(rest) == 3:
        return str(rest[2])
    if tag in ("return", "path", "items", "status") and rest:
        path = str(nodes.get(rest[0], {}).get("path", rest[0]))
        return f"steps.{path}.{'status' if tag == 'status' else rest[2] if len(rest) > 2 else '?'}"
    return str(tag)

"""Reads a `$RUNNER_RETURNS` file (N16): `name=value` lines and `name<<END` blocks."""

from __future__ import annotations

import math
import re
from typing import Any

from runner.rules.values import from_text

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")


class ReturnsError(Exception):
    """A file that is of neither form; the text shows the line."""


def parse_returns(data: bytes, declared: list[dict[str, Any]]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Returns by name, as a record holds them, and warnings. declared: `returns` of the step.

    The first of `=` and `<<` decides; a BOM and a CR before LF are dropped; the last line needs no LF; the last line of
    a name wins. Raises ReturnsError.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ReturnsError(f"$RUNNER_RETURNS, line {line}: byte 0x{data[error.start]:02x} is not UTF-8") from None
    entries = {entry["name"]: entry for entry in declared}
    found: dict[str, dict[str, Any]] = {}
    warnings: list[str] = []
    for name, value, number in _pairs(text):
        entry = entries.get(name)
        if entry is None:
            message = f"$RUNNER_RETURNS gives `{name}`, which `returns` lacks: it is left out"
            if message not in warnings:
                warnings.append(message)
            continue
        found[name] = _value(entry, value, number, warnings)
    return found, warnings


def _pairs(text: str) -> list[tuple[str, str, int]]:
    lines = text.split("\n")
    if lines and lines[-1] == "":
        lines.pop()
    lines = [line[:-1] if line.endswith("\r") else line for line in lines]
    pairs: list[tuple[str, str, int]] = []
    at = 0
    while at < len(lines):
        line, number = lines[at], at + 1
        at += 1
        equals, block = line.find("="), line.find("<<")
        if block >= 0 and (equals < 0 or block < equals):
            name, mark = line[:block], line[block + 2 :].strip()
            end = at
            while end < len(lines) and lines[end] != mark:
                end += 1
            if not mark or end == len(lines):
                shown = mark or "a mark"
                raise ReturnsError(f"$RUNNER_RETURNS, line {number}: `{name}<<{mark}` is never closed by a line `{shown}`")
            value = "\n".join(lines[at:end])
            at = end + 1
        elif equals >= 0:
            name, value = line[:equals], line[equals + 1 :]
        else:
            raise ReturnsError(f"$RUNNER_RETURNS, line {number}: {line[:80]!r} is neither `name=value` nor `name<<END`")
        if not _NAME.match(name):
            raise ReturnsError(f"$RUNNER_RETURNS, line {number}: {name[:80]!r} is not a name")
        pairs.append((name, value, number))
    return pairs


def _value(entry: dict[str, Any], text: str, number: int, warnings: list[str]) -> dict[str, Any]:
    name, kind = entry["name"], entry.get("kind", "json")
    if kind == "object":
        raise ReturnsError(f"$RUNNER_RETURNS, line {number}: `{name}` is an object, which only Python steps can return")
    if kind == "metric":
        try:
            value: Any = from_text(text, "number") if entry.get("type") != "integer" else from_text(text, "integer")
        except ValueError as error:
            if not _odd(text):
                raise ReturnsError(f"$RUNNER_RETURNS, line {number}: the metric `{name}` {error}") from None
            warnings.append(f"the metric `{name}` is {text.strip()}: it is read as none")
            value = None
        return {"kind": kind, "json": value}
    try:
        return {"kind": kind, "json": from_text(text, entry.get("type"))}
    except ValueError as error:
        raise ReturnsError(f"$RUNNER_RETURNS, line {number}: `{name}` {error}") from None


def _odd(text: str) -> bool:
    try:
        return not math.isfinite(float(text))
    except ValueError:
        return False

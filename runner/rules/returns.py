"""What a command writes into $RUNNER_RETURNS and $RUNNER_METRICS, read back (N15, N16)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from runner.rules.values import from_text, json_value

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
Table = dict[str, Any]


class ReturnsError(ValueError):
    """A file that can't be read as returns; the sentence names the line and shows it."""

    def __init__(self, line: int, problem: str) -> None:
        self.line = line
        super().__init__(f"line {line} of $RUNNER_RETURNS: {problem}")


class Said(NamedTuple):
    """One name of the file: its text, and the line where it stands, from 1."""

    text: str
    line: int


def read_returns(data: bytes) -> dict[str, Said]:
    """Names and texts: `name=value` a line, or `name<<END`, lines, `END`. The last line of a name wins.

    A BOM and a CR before LF are dropped, the last line needs no LF, empty lines count for nothing. Raises ReturnsError.
    """
    found: dict[str, Said] = {}
    lines = data[3:].split(b"\n") if data.startswith(b"\xef\xbb\xbf") else data.split(b"\n")
    number = 0
    while number < len(lines):
        line = _line(lines, number)
        number += 1
        if not line:
            continue
        start = number
        equals, block = line.find("="), line.find("<<")
        if equals < 0 and block < 0:
            raise ReturnsError(start, f"{_cut(line)} is neither `name=value` nor `name<<END`")
        is_block = block >= 0 and (equals < 0 or block < equals)
        name = line[: block if is_block else equals]
        if _NAME.match(name) is None:
            better = name.strip()
            hint = f", write `{better}`" if _NAME.match(better) else ""
            raise ReturnsError(start, f"{_cut(name)} is not a name{hint}: {_cut(line)}")
        if not is_block:
            found[name] = Said(line[equals + 1 :], start)
            continue
        end = line[block + 2 :]
        if not end.strip():
            raise ReturnsError(start, f"`{name}<<` lacks the word that ends its text: {_cut(line)}")
        texts: list[str] = []
        while number < len(lines):
            text = _line(lines, number)
            number += 1
            if text == end:
                break
            texts.append(text)
        else:
            raise ReturnsError(start, f"the text of `{name}` has no line `{end}` at its end: {_cut(line)}")
        found[name] = Said("\n".join(texts), start)
    return found


def parse_returns(data: bytes, declared: Sequence[Table]) -> tuple[dict[str, Table], list[str]]:
    """What the file gives for each declared return, as it stands in a record, and warnings.

    An object is named by the path of its file: {"kind": "object", "path", "said": True}. A name that is not declared
    is a warning and kept out. Raises ReturnsError.
    """
    entries = {entry["name"]: entry for entry in declared}
    found: dict[str, Table] = {}
    warnings: list[str] = []
    for name, said in read_returns(data).items():
        entry = entries.get(name)
        if entry is None:
            warnings.append(f"`{name}` in $RUNNER_RETURNS (line {said.line}) is not in `returns`: it is left out")
            continue
        kind = entry.get("kind", "json")
        if kind == "object":
            found[name] = {"kind": kind, "path": said.text, "said": True, **_serialiser(entry)}
            continue
        try:
            value = metric(said.text) if kind == "metric" else from_text(said.text, entry.get("type"))
            found[name] = {"kind": kind, "json": json_value(value, kind, name, warnings)}
        except ValueError as error:
            raise ReturnsError(said.line, f"`{name}`: {error}") from None
    return found, warnings


def metric(text: str) -> int | float:
    """A metric as a number; nan and inf are numbers here (N15). Raises ValueError."""
    word = text.strip()
    number: int | float
    try:
        number = from_text(word, "number")
    except ValueError:
        try:
            number = float(word)  # also .5, 1e999 and nan
        except ValueError:
            raise ValueError(f"{_cut(text)} is not a number") from None
    return number


class Logged(NamedTuple):
    """One line of $RUNNER_METRICS. value: None for nan and inf."""

    name: str
    value: int | float | None
    at: Any = None


def read_metrics(data: bytes) -> tuple[list[Logged], list[str]]:
    """The lines `name=value` and `{"name", "value", "at"}` in order, and warnings, at most ten of them."""
    found: list[Logged] = []
    warnings: list[str] = []
    lines = data[3:].split(b"\n") if data.startswith(b"\xef\xbb\xbf") else data.split(b"\n")
    for number in range(len(lines)):
        line = lines[number].decode("utf-8", "replace").strip()
        if not line:
            continue
        try:
            name, value, at = _logged(line)
        except (ValueError, RecursionError):
            warnings.append(f"line {number + 1} of $RUNNER_METRICS: {_cut(line)} is not `name=value`")
            continue
        if not math.isfinite(value):
            warnings.append(f"the metric `{name}` is {value} and reads as none")
        found.append(Logged(name, value if math.isfinite(value) else None, at))
    return found, warnings if len(warnings) <= 10 else [*warnings[:10], f"and {len(warnings) - 10} more of these"]


def _logged(line: str) -> tuple[str, int | float, Any]:
    if not line.startswith("{"):
        name, equals, text = line.partition("=")
        if not equals or not name.strip():
            raise ValueError(line)
        return name.strip(), metric(text), None
    entry = json.loads(line)
    name, value = entry.get("name"), entry.get("value")
    if not isinstance(name, str) or isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(line)
    return name, value, entry.get("at")


def _line(lines: list[bytes], number: int) -> str:
    """One line without its end. Raises ReturnsError."""
    try:
        text = lines[number].decode("utf-8")
    except UnicodeDecodeError as error:
        raise ReturnsError(number + 1, f"byte 0x{lines[number][error.start]:02X} is not UTF-8") from None
    return text.removesuffix("\r")


def _serialiser(entry: Table) -> Table:
    return {"serialiser": entry["serialiser"]} if entry.get("serialiser") else {}


def _cut(text: str) -> str:
    return repr(text if len(text) <= 80 else text[:77] + "...")

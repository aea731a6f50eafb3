"""Tables as text: CSV, TSV, JSON of rows, JSON lines."""

from __future__ import annotations

import csv
import io
import json
from itertools import islice
from pathlib import PurePosixPath
from typing import Any, NamedTuple

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson")


class Tabular(NamedTuple):
    """The first rows of a table. whole: whether these are all."""

    head: list[str]
    rows: list[list[Any]]
    whole: bool


def tabular(path: str, text: str, most: int, whole: bool = True) -> Tabular | None:
    """The table that a file holds, its first `most` rows; None where it holds none. whole: whether `text` is all of
    it; a last line that was cut off is left out."""
    suffix = PurePosixPath(path).suffix.lower()
    if suffix in (".csv", ".tsv"):
        return _separated(text if whole else text.rpartition("\n")[0], suffix, most, whole)
    try:
        if suffix in (".jsonl", ".ndjson"):
            lines = [line for line in (text if whole else text.rpartition("\n")[0]).splitlines() if line.strip()]
            return _objects([json.loads(line) for line in lines[:most]], most, whole and len(lines) <= most)
        return _objects(json.loads(text), most, whole) if suffix == ".json" and whole else None
    except (ValueError, RecursionError):
        return None


def _separated(text: str, suffix: str, most: int, whole: bool) -> Tabular | None:
    first = text.partition("\n")[0]
    separator = "\t" if suffix == ".tsv" or first.count("\t") > first.count(",") else ","
    if separator == "," and first.count(";") > first.count(","):
        separator = ";"
    try:
        lines = list(islice(csv.reader(io.StringIO(text), delimiter=separator), most + 2))
    except csv.Error:
        return None
    if not lines or not any(lines[0]):
        return None
    head, rows = lines[0], [line for line in lines[1:] if line]
    return Tabular(head, [list(row) for row in rows[:most]], whole and len(rows) <= most)


def _objects(data: Any, most: int, whole: bool) -> Tabular | None:
    """Rows that are objects; or an object of columns."""
    if isinstance(data, dict) and data and all(isinstance(one, list) for one in data.values()):
        longest = max(len(one) for one in data.values())
        data = [{k: v[n] if n < len(v) else None for k, v in data.items()} for n in range(min(longest, most + 1))]
    if not isinstance(data, list) or not data or not all(isinstance(one, dict) for one in data):
        return None
    head = list(dict.fromkeys(str(key) for one in data[:most] for key in one))
    rows = [[one.get(key) for key in head] for one in data[:most]]
    return Tabular(head, rows, whole and len(data) <= most)

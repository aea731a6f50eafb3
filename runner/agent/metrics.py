"""The metrics file of a step: lines of `name=value`, or JSON objects {name, value, at}."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple


class Metrics(NamedTuple):
    """The last value of each name, how many lines there were, and what was wrong with them."""

    last: dict[str, float | None]
    lines: int
    warnings: list[str]


def read(path: str) -> Metrics:
    """What a step logged; a missing file is no metrics. A value that is nan or inf reads as None (N15)."""
    last: dict[str, float | None] = {}
    warnings: list[str] = []
    count = 0
    try:
        with open(path, "rb") as file:
            for number, line in enumerate(file, 1):
                text = line.decode("utf-8", "replace").lstrip("\ufeff").strip()
                if not text:
                    continue
                count += 1
                try:
                    name, value = _parsed(text)
                except ValueError:
                    if len(warnings) < 10:
                        warnings.append(f"metrics, line {number}: `{text[:80]}` is not `name=value`")
                    continue
                if not math.isfinite(value):
                    if last.get(name, 0.0) is not None and len(warnings) < 10:
                        warnings.append(f"the metric `{name}` is {value}")
                    last[name] = None
                else:
                    last[name] = value
    except FileNotFoundError:
        pass
    return Metrics(last, count, warnings)


def _parsed(text: str) -> tuple[str, float]:
    if text.startswith("{"):
        entry: Any = json.loads(text)
        try:
            return str(entry["name"]), _number(entry["value"])
        except (KeyError, TypeError):
            raise ValueError(text) from None
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(text)
    return name.strip(), _number(value.strip())


def _number(value: Any) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    try:
        return int(value)
    except ValueError:
        return float(value)

"""Numbers that a page draws: series that steps logged, and outputs that are to be drawn over an axis."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from runner.rules.returns import read_metrics
from runner.views.report.tabular import tabular

Table = dict[str, Any]
POINTS = 400  # of one curve
ROWS = 100_000


def series(data: bytes) -> list[Table]:
    """The curves of a file of metrics: `name`, `points` [x, y], x where the step said `at`, else the number of the
    value. A metric that was logged once is no curve."""
    found: dict[str, list[tuple[Any, float]]] = {}
    for line in read_metrics(data)[0]:
        if line.value is not None:
            found.setdefault(line.name, []).append((line.at, line.value))
    curves = []
    for name, pairs in found.items():
        numbers = all(_number(at) is not None for at, _ in pairs)
        points = [[_number(at) if numbers else count, value] for count, (at, value) in enumerate(pairs, 1)]
        if len(points) > 1:
            curves.append({"name": name, "points": thinned(points)})
    return curves


def metrics(entry: Mapping[str, Any]) -> dict[str, float]:
    """The metrics that a step returned or logged, by name."""
    attempts = entry.get("attempts") or [{}]
    found = {name: value for name, value in (attempts[-1].get("metrics") or {}).items() if value is not None}
    for name, value in (entry.get("returns") or {}).items():
        if isinstance(value, Mapping) and value.get("kind") == "metric" and isinstance(value.get("json"), (int, float)):
            found[name] = value["json"]
    return found


def plot(file: Table, text: str, whole: bool) -> Table | None:
    """The curve of an output with `x` and `y`: points, or `labels` beside the values where x is no number."""
    table = tabular(str(file.get("path")), text, ROWS, whole)
    if table is None or file.get("x") not in table.head or file.get("y") not in table.head:
        return None
    x, y = table.head.index(str(file["x"])), table.head.index(str(file["y"]))
    pairs = [(row[x], _number(row[y])) for row in table.rows if len(row) > max(x, y)]
    known = [(at, value) for at, value in pairs if value is not None]
    if not known:
        return None
    found: Table = {"name": str(file["y"]), "x": str(file["x"]), "of": str(file.get("path"))}
    if all(_number(at) is not None for at, _ in known):
        return {**found, "points": thinned([[_number(at), value] for at, value in known])}
    some = known[:50]
    return {**found, "labels": [str(at) for at, _ in some], "points": [[n, value] for n, (_, value) in enumerate(some)]}


def numbers(text: str) -> dict[str, float]:
    """The numbers of a file of kind `metrics`: a JSON object, what is deeper by its path."""
    found: dict[str, float] = {}
    try:
        todo = [("", json.loads(text))]
    except (ValueError, RecursionError):
        return {}
    while todo and len(found) < POINTS:
        name, value = todo.pop()
        if isinstance(value, dict):
            todo += [(f"{name}.{key}" if name else str(key), inner) for key, inner in reversed(value.items())]
        elif isinstance(value, (int, float)) and _number(value) is not None and name:
            found[name] = value
    return found


def thinned(points: list[list[Any]]) -> list[list[Any]]:
    """At most POINTS of them, the first and the last included."""
    if len(points) <= POINTS:
        return points
    return [points[round(n * (len(points) - 1) / (POINTS - 1))] for n in range(POINTS)]


def _number(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None

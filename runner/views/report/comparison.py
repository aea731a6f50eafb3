"""What the page of a run says of the run before it: what `runner diff` finds, and how each step stood then."""

from __future__ import annotations

from typing import Any

from runner.run.compare import ABSENT, Change, Comparison, Side, compare, took
from runner.views import given
from runner.views.differences import clause, files, first, values
from runner.views.report.charts import metrics

Table = dict[str, Any]
MOST = 200  # rows of a table


def compared(before: Side, after: Side, rows: list[Table]) -> Table:
    """name, start, status, took of the earlier run; `why`, what explains the rest first; `params` [name, then, now];
    `values` [row, name, then, now, how much more]; `files` [what, path, then, now, step]; `more`, how many are
    left out; `gone`: labels. Each row that was there too is given `then`: status, took, metrics, `changed` in words."""
    found = compare(before, after)
    run, changed = before.run, _changed(found)
    told = {str(entry["label"]): entry for entry in run["nodes"].values()}
    places: dict[str, int] = {}
    for place, row in enumerate(rows):
        places[row["label"]] = place
        old = told.get(row["label"])
        if old is not None:
            row["then"] = {"status": old.get("status"), "took": took(old), "metrics": metrics(old)}
            if text := changed.get(str(old["path"])):
                row["then"]["changed"] = text
    start, end = run.get("start"), run.get("end")
    put, numbers = files(found), [(places[one.label], *row) for one in found.steps for row in values(one)]
    return {
        "name": run.get("name"),
        "start": start,
        "status": before.status,
        "took": end - start if start is not None and end is not None else None,
        "why": first(found, "→"),
        "params": [_texts(change) for change in found.params],
        "values": numbers[:MOST],
        "files": put[:MOST],
        "more": max(0, len(numbers) - MOST) + max(0, len(put) - MOST),
        "gone": found.removed,
    }


def _changed(found: Comparison) -> dict[str, str]:
    """Path of a step -> what it was given otherwise."""
    return {one.step: clause(one) for one in reversed(found.why) if one.step}


def _texts(change: Change) -> list[str | None]:
    return [change.name, *(None if one is ABSENT else given.value(one) for one in (change.before, change.after))]

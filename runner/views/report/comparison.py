"""A run beside an earlier one of the same pipeline: parameters, statuses, durations, metrics, code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.views import given

Told = Mapping[str, Any]


def metrics(entry: Told) -> dict[str, float]:
    """The metrics that a step returned or logged, by name."""
    attempts = entry.get("attempts") or [{}]
    found = {name: value for name, value in (attempts[-1].get("metrics") or {}).items() if value is not None}
    for name, value in (entry.get("returns") or {}).items():
        if isinstance(value, Mapping) and value.get("kind") == "metric" and isinstance(value.get("json"), (int, float)):
            found[name] = value["json"]
    return found


def took(entry: Told) -> float | None:
    """The seconds that the last attempt ran, of what a step is; those between first start and end of the rest. None
    where it was done by another run, or not at all."""
    attempts = entry.get("attempts") or ()
    if attempts:
        return None if "adopted" in attempts[-1] else attempts[-1].get("run_s")
    start, end = entry.get("start"), entry.get("end")
    return end - start if start is not None and end is not None else None


def compared(run: Told, before: Told) -> dict[str, Any]:
    """name, start, status, took of the earlier run; `params` [name, then, now]; `steps` by label: `status`, `took`,
    `metrics` as they were, `changed`: whether it is another step or has other code; `gone`: labels and statuses."""
    start, end = before.get("start"), before.get("end")
    told = {str(entry.get("label")): entry for entry in before["nodes"].values()}
    steps: dict[str, Any] = {}
    for entry in run["nodes"].values():
        label = str(entry.get("label"))
        old = told.pop(label, None)
        if old is not None:
            steps[label] = {"status": old.get("status"), "took": took(old), "metrics": metrics(old)}
            if _code(entry) and _code(old) and _code(entry) != _code(old):
                steps[label]["changed"] = True
    return {
        "name": before.get("name"),
        "start": start,
        "status": before.get("status"),
        "took": end - start if start is not None and end is not None else None,
        "params": list(_params(before.get("params") or {}, run.get("params") or {})),
        "steps": steps,
        "gone": [[label, entry.get("status")] for label, entry in told.items()],
    }


def _params(then: Told, now: Told) -> list[list[str | None]]:
    names = dict.fromkeys((*now, *then))
    sides = [[name, *(given.value(side[name]) if name in side else None for side in (then, now))] for name in names]
    return [side for side in sides if side[1] != side[2]]


def _code(entry: Told) -> tuple[Any, Any] | None:
    """What tells one version of a step from another."""
    attempts = entry.get("attempts") or ()
    return (attempts[-1].get("definition"), (attempts[-1].get("code") or {}).get("digest")) if attempts else None

"""What a plan asks and the engine can't do: an error of `check`, at the line that asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.run.parts import parts

MOST = 64  # processors of the largest machine
TASKS = 500  # of one flow


def gaps(plan: dict[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...], dict[str, Any]]]:
    """(code, id of the step, keys in it, arguments of the sentence) for each."""
    found = parts(plan, "", "")
    for part in found:
        if part.resources.get("gpu"):
            yield "E610", part.name, ("resources", "gpu"), {"what": "steps with a GPU", "hint": "take `gpu` out"}
        if part.resources.get("cpu", 0) > MOST:
            yield "E610", part.name, ("resources", "cpu"), {"what": f"a step of more than {MOST} processors"}
    if len(found) > TASKS:
        yield "E610", "", (), {"what": f"a flow of more than {TASKS} steps", "hint": "put steps into groups"}

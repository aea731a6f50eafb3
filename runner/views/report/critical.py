"""The critical path: the chain of steps that decided when a run ended."""

from __future__ import annotations

from runner.views.report.waiting import Waiting


def critical(waiting: Waiting) -> list[str]:
    """The addresses of the steps that ended last, each the one that the next was waiting for, first to last.

    What holds others stands for the one in it that ended last."""
    found: list[str] = []
    seen: set[str] = set()
    at = _last(waiting, "")
    while at and at not in seen:
        found.append(at)
        seen.add(at)
        cause = waiting.ready(at).cause
        at = _last(waiting, cause) if cause else ""
    return found[::-1]


def _last(waiting: Waiting, address: str) -> str:
    """The step that ended last in an address, or the address itself where nothing in it did; "" for none at all."""
    inside = waiting.nest.inside
    while True:
        ended = [(end, one) for one in inside.get(address, ()) if (end := waiting.end(one)) is not None]
        if not ended:
            return address
        address = max(ended)[1]

"""The critical path: the chain of steps that decided when a run ended."""

from __future__ import annotations

from bisect import bisect_right

from runner.views.waiting import Waiting

SOON = 0.02  # seconds that starting a step may take: it did not wait for a place
EXACT = 0.001  # seconds by which clocks of records may differ


def critical(waiting: Waiting) -> list[tuple[str, str]]:
    """The steps that ended last, first to last: the address of each, and what it waited for of the one before: `end`,
    since it needed it, or `place`, since no more ran at once.

    What holds others stands for the one in it that ended last."""
    inside, told = waiting.nest.inside, waiting.told
    ends = sorted((end, one) for one in told if one not in inside and (end := waiting.end(one)) is not None)
    found: list[tuple[str, str]] = []
    seen: set[str] = set()
    at = _last(waiting, "")
    while at and at not in seen:
        seen.add(at)
        ready, start = waiting.ready(at), told[at].get("start")
        cause, what = ready.cause, "end"
        if start is not None and start - ready.at > SOON:
            place = bisect_right(ends, (start + EXACT, "~"))
            if place and ends[place - 1][0] > ready.at and ends[place - 1][1] not in seen:
                cause, what = ends[place - 1][1], "place"
        found.append((at, what))
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

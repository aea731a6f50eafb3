"""How the nodes of a plan stand in a run: one status a node, also for one with a thousand items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.views import words
from runner.views.nest import Nest
from runner.views.times import took

WORST = ("failed", "errored", "lost", "cancelled", "blocked", "running", "waiting", "succeeded", "cached", "skipped")

GREEN, TEAL, BLUE, RED, YELLOW, GREY = (
    *(("#dafbe1", "#1a7f37"), ("#d8f4f5", "#1b7c83"), ("#ddf4ff", "#0969da")),
    *(("#ffebe9", "#cf222e"), ("#fff8c5", "#9a6700"), ("#f6f8fa", "#8c959f")),
)
COLOURS = {  # of pictures on white: status -> fill, line
    "succeeded": GREEN,
    "cached": TEAL,
    "running": BLUE,
    "failed": RED,
    "errored": RED,
    "lost": RED,
    "cancelled": YELLOW,
    "blocked": YELLOW,
    "skipped": GREY,
    "waiting": GREY,
}


class Standing(NamedTuple):
    """`status`: one word; `text`: what else there is to say, such as `3 items: 2 succeeded, 1 failed`, or ``."""

    status: str
    text: str


Standings = Mapping[str, Standing]


def standings(run: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]]) -> dict[str, Standing]:
    """By id of the plan's nodes; one that the run tells nothing of is missing. run: folded."""
    nest = Nest(run["nodes"], nodes)
    found: dict[str, list[str]] = {}
    for address in run["nodes"]:
        id, _, key = address.partition(" ")
        depth = 0 if key == "-" else key.count(".") + 1
        if id in nodes and depth == nodes[id].get("depth", 0):  # not an item of it
            found.setdefault(id, []).append(address)
    return {id: _standing(nest, nodes[id], addresses) for id, addresses in found.items()}


def _standing(nest: Nest, node: Mapping[str, Any], addresses: list[str]) -> Standing:
    told = [nest.told[address] for address in addresses]
    counts = Counter(str(one.get("status")) for one in told)
    status = min(counts, key=lambda one: WORST.index(one) if one in WORST else 0)
    if len(told) > 1:
        text = summed(counts)
    elif node.get("type") in ("map", "loop"):
        text = nest.holds(addresses[0])
    else:
        text = _took(told[0])
    return Standing(status, text)


def summed(counts: Mapping[str, int]) -> str:
    """`3 succeeded, 1 failed`, the worst first."""
    order = sorted(counts, key=lambda one: WORST.index(one) if one in WORST else 0)
    return ", ".join(f"{counts[status]:,} {status}" for status in order)


def _took(entry: Mapping[str, Any]) -> str:
    time = "" if entry.get("status") == "cached" else took(entry)
    time += words.attempts(len(entry.get("attempts") or ()))
    return ", ".join(text for text in (time, "handled" if entry.get("handled") else "") if text)

"""Finds steps of a run by what people type: a label, a path, an unambiguous prefix, with `~n` for an attempt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.rules.labels import Labels
from runner.text.diagnostics import Refused, diagnose, near
from runner.views.words import listed

ATTEMPT = re.compile(r"(.+)~([1-9][0-9]*)", re.DOTALL)


class Found(NamedTuple):
    """Addresses (`"<id> <key>"`) in the run's order, and the attempt that was asked for."""

    addresses: list[str]
    attempt: int | None


def find(run: Mapping[str, Any], nodes: Mapping[str, Mapping[str, Any]], text: str) -> Found:
    """`train`: the step and all its items; `train[island=Dream]`, `train[0]`: one item; `train~1`: its first attempt;
    `@failed`: all that failed; raises Refused (E915 unknown, E916 ambiguous)."""
    told: Mapping[str, Mapping[str, Any]] = run["nodes"]
    if text == "@failed":
        return Found([a for a, entry in told.items() if entry.get("status") in ("failed", "errored")], None)
    attempt = ATTEMPT.fullmatch(text)
    if attempt:
        return Found(_addresses(told, nodes, attempt[1]), int(attempt[2]))
    return Found(_addresses(told, nodes, text), None)


def _addresses(told: Mapping[str, Mapping[str, Any]], nodes: Mapping[str, Mapping[str, Any]], text: str) -> list[str]:
    if text in told:
        return [text]
    found = [address for address, entry in told.items() if entry.get("label") == text]
    indexes = Labels(nodes)
    found = found or [address for address in told if _by_index(indexes, address) == text]
    if found:
        return _with_items(told, found)
    same = [address for address, entry in told.items() if text in (entry.get("path"), address.split(" ")[0])]
    if same:
        return same
    labels = {str(entry.get("label")): address for address, entry in told.items()}
    starting = [name for name in labels if name.startswith(text)]
    paths = {str(told[labels[name]].get("path")) for name in starting}
    if len(starting) == 1 or len(paths) == 1:
        return [labels[name] for name in starting]
    run_hint = "`runner show RUN` lists all steps"
    if starting:
        names = listed([f"`{name}`" for name in starting])
        raise Refused([diagnose("E916", None, text=text, names=names, hint=run_hint)])
    like = near(text, labels) or near(text, {str(entry.get("path")) for entry in told.values()})
    raise Refused([diagnose("E915", None, text=text, hint=f"did you mean `{like}`?" if like else run_hint)])


def _by_index(labels: Labels, address: str) -> str:
    id, _, key = address.partition(" ")
    return labels.label(id, () if key == "-" else tuple(int(part) for part in key.split(".")))


def _with_items(told: Mapping[str, Mapping[str, Any]], found: list[str]) -> list[str]:
    """The addresses and all items of those that are maps or loops: keys that go on from theirs."""
    starts = {address.replace(" -", " ") if address.endswith(" -") else f"{address}." for address in found}
    exact = set(found)
    return [address for address in told if address in exact or any(address.startswith(start) for start in starts)]

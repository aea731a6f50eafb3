"""Conditions and items that a run could not make out: where they are written, and what a mock has to be told first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from runner.plan.mocked import task_of
from runner.text.diagnostics import Refused

if TYPE_CHECKING:
    from runner.commands.planning import Planned

Table = dict[str, Any]
LEAVES = ("return", "previous", "each")
_KEYS = {"until": ("repeat", "until")}


class Unanswered:
    """Answers for one run that has ended."""

    def __init__(self, made: Planned, folded: Table) -> None:
        self.made, self.nodes, self.told = made, made.plan["nodes"], folded["nodes"]

    def lines(self, id: str, key: str) -> Iterator[str]:
        """What there is to say of the failure of an instance; nothing where it had an answer."""
        entry = self.told[f"{id} {key}"]
        asked = "until" if entry.get("reason") == "not-converged" else (entry.get("error") or {}).get("type")
        if asked not in ("when", "until", "stop-when", "choose", "for-each"):
            return
        with suppress(Refused, OSError, KeyError, TypeError):  # the file is another by now
            yield from self._place(id, asked)
        for step, name in dict.fromkeys(self._open(_expressions(self.nodes[id], asked))):
            said = f"`--set executor.steps.{step}.returns.{name}=VALUE`"
            yield f"in a mock `{name}` is none: say it by {said}, or in `[executor.steps.{_quoted(step)}]` of a profile"

    def _place(self, id: str, asked: str) -> Iterator[str]:
        step, keys = self.made.step(id), _KEYS.get(asked, (asked,))
        place = step.place(keys) if step is not None else None
        if step is None or place is None:
            return
        said: Any = step.table
        for name in keys:
            said = said[name]
        text = f"  {keys[-1]} = {json.dumps(said, ensure_ascii=False)}" if isinstance(said, str) else ""
        yield f"--> {place.file}:{place.line}:{place.col}{text}"

    def _open(self, expressions: list[Any]) -> Iterator[tuple[str, str]]:
        """Path and return of each mocked step that gave none, and that is asked for."""
        pending = list(expressions)
        while pending:
            expr = pending.pop()
            if isinstance(expr, dict):
                pending += expr.values()
            elif isinstance(expr, list) and expr and expr[0] in LEAVES:
                pending += self._inside(expr[1], expr[3])
                yield from self._given(expr[1], expr[3])
            elif isinstance(expr, list):
                pending += expr[::-1]

    def _given(self, id: str, name: str) -> Iterator[tuple[str, str]]:
        do = task_of(self.nodes[id])
        if do is None or not do.get("mock"):
            return
        ends = [entry for address, entry in self.told.items() if address.startswith(f"{id} ") and entry["attempts"]]
        if any((end["returns"].get(name) or {}).get("json") is None for end in ends):
            yield self.nodes[id]["path"], name

    def _inside(self, id: str, name: str) -> list[Any]:
        """What a group or a choice makes this return of."""
        part = self.nodes[id]
        while "body" in part:
            part = part["body"]
        cases = [case for _, case in part.get("cases", ())] + ([part["default"]] if part.get("default") else [])
        return [
            *([part["returns"][name]] if name in part.get("returns", ()) and part["type"] == "graph" else []),
            *(["return", case, 0, name] for case in cases),
        ]


def _expressions(node: Table, asked: str) -> list[Any]:
    """All that is written under a key of a node, its map or its loop."""
    found, part = [node.get("when")] if asked == "when" else [], node
    while True:
        found += [part.get(name) for name in _PARTS[asked] if part.get(name) is not None]
        if "body" not in part:
            return found
        part = part["body"]


_PARTS = {
    "when": ("filter",),
    "until": ("until",),
    "stop-when": ("stop_when",),
    "choose": ("subject",),
    "for-each": ("each", "filter"),
}


def _quoted(path: str) -> str:
    return json.dumps(path) if "." in path or "!" in path else path

"""What a node's start depends on beside others' ends: conditions, counts, cases; and who answers (PROTOCOL R2, 3).

The plan, where nothing but parameters is asked; else the agent of the one step that gives all that is asked; else a
task of its own. An answer is a word: `true`, `false`, a count, the number of a case, or `error`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.rules.bind import Values, names_of
from runner.rules.controls import control
from runner.rules.expr import TAGS, evaluate

Table = dict[str, Any]
WORDS = {"when": "!decide", "count": "!expand", "case": "!choose", "more": "!until"}
MOST = 8  # control values of one task


def leaves(expr: Any) -> Iterator[list[Any]]:
    """The references of an expression."""
    pending = [expr]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending += item.values()
        elif isinstance(item, list) and item and isinstance(item[0], str):
            if item[0] not in TAGS and item[0] not in ("glob", "file"):
                yield item
            elif item[0] in ("glob", "file"):
                yield [item[0]]
                pending.append(item[1])
            elif item[0] == "get":
                pending.append(item[1])
            elif item[0] != "lit":
                pending += item[1] if item[0] in ("text", "list") else item[1:]
        elif isinstance(item, list):
            pending += item


def expressions(part: Table, what: str) -> list[Any]:
    """What is looked at for an answer."""
    if what == "when":
        return [part["when"]]
    if what == "case":
        return [part["subject"]]
    if what == "more":
        return [part["until"]]
    return [*(part["each"][name] for name in names_of(part)), *([part["filter"]] if "filter" in part else [])]


class Asked:
    """Answers that the plan can give, and which step can give the others."""

    def __init__(self, plan: Table) -> None:
        self.nodes: Table = plan["nodes"]
        self._known = {name for name, expr in plan["params"].items() if not any(leaves(expr))}
        params = {name: _plain(plan["params"][name]) for name in self._known}
        self._values = Values(plan, params, {}, {}, {})

    def known(self, id: str, part: Table, what: str) -> str | None:
        """The answer for a node at the top or anywhere, if it is the same for all; None where it shows in the run."""
        own = {("item", id)} if what == "count" else set()
        for leaf in (leaf for expr in expressions(part, what) for leaf in leaves(expr)):
            if not (leaf[0] == "param" and leaf[1] in self._known) and tuple(leaf[:2]) not in own:
                return None
        return control(self._values, what, id, (0,) * part["depth"])

    def giver(self, id: str, part: Table, what: str) -> str | None:
        """The one step that all which is asked comes from, if `id` needs it and it is a plain task beside it."""
        node, found = self.nodes[id], set()
        for leaf in (leaf for expr in expressions(part, what) for leaf in leaves(expr)):
            if leaf[0] == "return":
                found.add(leaf[1])
            elif leaf[0] not in ("param", "run") and (leaf[0] != "item" or what != "count" or leaf[1] != id):
                return None
        giver = found.pop() if len(found) == 1 else None
        if giver is None or giver not in node["needs"]:
            return None
        other = self.nodes[giver]
        plain = other["type"] == "task" and not (other.get("handler") or {}).get("recover")
        return giver if plain else None


def _plain(expr: Any) -> Any:
    return evaluate(expr, lambda leaf: None)

"""Control values: answers as words that an orchestrator acts on without knowing what they are about (PROTOCOL R2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.rules.answers import Answer, answer
from runner.rules.bind import Key, Values, part_of

ERROR = "error"  # no answer could be made
_ASKED = {"when": "when", "count": "expand", "case": "choose", "more": "until"}


def control(values: Values, what: str, id: str, key: Key) -> str:
    """`when`: whether it runs; `count`: of its items, or of their batches; `case`: the number of its case; `more`:
    whether another round follows. A word for each, ERROR where there is none."""
    part = part_of(values.nodes[id], key[:-1] if what == "more" else key)
    return word(answer(values, _ASKED[what], id, key), what, part)


def word(found: Answer, what: str, part: Mapping[str, Any]) -> str:
    """An answer as a control value."""
    if isinstance(found, tuple):
        return ERROR
    if what == "count":
        return str(-(-found // part.get("batch", 1)))
    if what == "more":
        return "false" if found else "true"
    return str(found).lower()

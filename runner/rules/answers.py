"""Answers to what the machine asks of values: conditions, choices, items; the same in driver, fold and pod (R2)."""

from __future__ import annotations

import json
from typing import Any, Union

from runner.rules.bind import Failure, Key, Table, Values, part_of
from runner.rules.expr import ABSENT, ExprError, evaluate

Answer = Union[bool, int, Failure]
_CONDITIONS = {"stop": "stop_when", "until": "until"}
_KEYS = {"stop": "stop-when"}


def answer(values: Values, what: str, id: str, key: Key) -> Answer:
    """What `when`, `stop`, `until` (a truth), `choose` (an index into cases, their number for the default) or `expand`
    (how many items) come to for an instance; a Failure where they come to nothing."""
    found = _answer(values, what, id, key)
    return found if not isinstance(found, Failure) or found.key else found._replace(key=_KEYS.get(what, what))


def _answer(values: Values, what: str, id: str, key: Key) -> Answer:
    node = values.nodes[id]
    if what == "when":
        return values.condition(node.get("when", True), id, key)
    if what == "choose":
        return _choose(values, part_of(node, key), id, key)
    if what == "expand":
        found = items(values, id, key)
        return found if isinstance(found, Failure) else len(found)
    # asked of a round or an item, said by the loop or map around it
    return values.condition(part_of(node, key[:-1]).get(_CONDITIONS[what]), id, key)


def items(values: Values, id: str, key: Key) -> list[Table] | Failure:
    """The items of a map instance, or why there are none to be had."""
    try:
        return values.items(id, key)
    except ExprError as error:
        return Failure("bad-param", str(error), error.key or "for-each")


def parameters(plan: Table, facts: Table) -> Table:
    """The values of the pipeline's parameters, given `run.id`, `run.name`, `run.date`, `run.scheduled`."""

    def look(ref: list[Any]) -> Any:
        return facts.get(ref[1], ABSENT) if ref[0] == "run" else ABSENT

    found = {name: evaluate(expr, look) for name, expr in plan.get("params", {}).items()}
    return {name: None if value is ABSENT else value for name, value in found.items()}


def _choose(values: Values, part: Table, id: str, key: Key) -> Answer:
    try:
        value = values.value(part["subject"], id, key)
    except ExprError as error:
        return Failure("bad-param", str(error))
    for index, (wanted, _) in enumerate(part["cases"]):
        alike = type(value) is type(wanted) and value == wanted
        if alike or (not isinstance(value, bool) and str(value) == wanted):
            return index
    if part.get("default"):
        return len(part["cases"])
    shown = "none" if value is None or value is ABSENT else json.dumps(value, ensure_ascii=False)
    return Failure("bad-param", f"no case stands for {shown}, and there is no `default`")

"""Steps that need no process: a stub, and a reducer that is built in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.agent.environ import is_object
from runner.agent.reduce import reduced

Table = dict[str, Any]


def given(call: Mapping[str, Any]) -> Table:
    """What a stub or a built-in reducer returns. Raises TypeError, ValueError."""
    declared = {r["name"]: r for r in call.get("returns") or ()}
    if call["kind"] == "reduce":
        params = call.get("params") or {}
        values = {name: reduced(how, list(params.get(name) or ())) for name, how in call["builtins"].items()}
    else:
        values = {**(call.get("stub") or {})}
        values.update({name: None for name in declared if name not in values})
    found: Table = {}
    for name, value in values.items():
        if is_object(value):
            found[name] = {"kind": "object", "blob": value["$object"]["sha256"], **value["$object"]}
        else:
            found[name] = {"kind": declared.get(name, {}).get("kind", "json"), "json": value}
    return found

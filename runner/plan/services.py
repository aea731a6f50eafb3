"""The services of a profile as the plan holds them: every setting known, no secret value (DESIGN 2)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from runner.model.settings import configure
from runner.plan.amounts import Amount, read
from runner.plan.compile import Compiler, Unknown
from runner.plan.steps import Tree
from runner.plan.walk import wrong
from runner.resolve.layers import SERVICES, Laid, Layers
from runner.resolve.parameters import plain
from runner.resolve.resolved import Resolved
from runner.rules.expr import ExprError
from runner.text.diagnostics import Place, Refused, diagnose
from runner.text.document import At

OTHERS = ("volumes", "build", "schedule")
PLACE = ("executor", "volumes", "build")  # what a step that is sent elsewhere has of that profile; stores are the run's


def profile_table(layers: Layers, compiler: Compiler, names: Iterable[str] = (*SERVICES, *OTHERS)) -> dict[str, Any]:
    """Name and services of a profile; texts with `${env.X}` and `${git.X}` filled in."""
    out: dict[str, Any] = {"name": layers.files.profile}
    for name in names:
        laid = layers.service(name)
        if laid.table:
            out[name] = _filled(laid, (name,), laid.table, compiler)
            if name in SERVICES:
                out[name] = _configured(name, out[name], layers, compiler)
    return out


def other_tables(tree: Tree, compiler: Compiler) -> dict[str, dict[str, Any]]:
    """By name, what the plan holds of each profile to which a step is sent."""
    others = tree.layers.others
    sent = dict.fromkeys(name for name in map(tree.sent, tree.steps) if name) if others else ()
    return {name: profile_table(others[name], compiler, PLACE) for name in sent}


def _configured(name: str, table: dict[str, Any], layers: Layers, compiler: Compiler) -> dict[str, Any]:
    """The settings of a service with the defaults of its type; what its type does not know is a problem."""
    laid = layers.service(name)

    def where(keys: tuple[str, ...], at: At) -> Place | None:
        return laid.place(keys, at) if any(layer.doc for layer in laid.layers) else None

    try:
        flavor, settings = configure(name, table, layers.files.plugins, where)
    except Refused as refused:
        compiler.problems += refused.problems
        return table
    return {"type": flavor.name, **settings}


def _filled(laid: Laid, keys: tuple[Any, ...], value: Any, compiler: Compiler) -> Any:
    if isinstance(value, dict):
        return {key: _filled(laid, (*keys, key), item, compiler) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(laid, (*keys, index), item, compiler) for index, item in enumerate(value)]
    if not isinstance(value, str) or "$" not in value:
        return plain(value)
    expr = compiler.outside(value, lambda part: laid.place(keys[1:], part=part))
    try:
        found = compiler.known(expr)
        if keys[0] in OTHERS and isinstance(found, (int, float)):  # all that may be filled in there is text
            return json.dumps(found)
        return found
    except Unknown:
        if wrong(expr):
            return value
        compiler.problems.append(diagnose("E470", laid.place(keys[1:]), key=".".join(map(str, keys))))
    except ExprError as error:
        compiler.problems.append(diagnose("E471", laid.place(keys[1:]), why=str(error)))
    return value


def setting(resolved: Resolved, compiler: Compiler, key: str, what: Amount) -> Any:
    """A number of the whole run (`timeout`, `max-parallel`); None where none is said, or a problem was."""
    laid = resolved.layers.setting(key)
    value = laid.table.get(key)
    if isinstance(value, str) and "$" in value:
        value = _filled(laid, (key, key), value, compiler)
    if not isinstance(value, str) or "$" in value:
        return None if isinstance(value, str) else value
    return read(value, what, key, lambda: laid.place((key,)), compiler)

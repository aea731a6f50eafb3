"""Steps that ask for more than there is where they run: warned of before anything starts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from runner.model.units import BYTES
from runner.text.diagnostics import Diagnostic, diagnose

if TYPE_CHECKING:
    from runner.plan.steps import Tree

Table = dict[str, Any]


def asked_of(node: Mapping[str, Any], profiles: Collection[str] | None = None) -> Mapping[str, Any]:
    """The resources that a node's task asks for, or its items' or rounds'. profiles: only where one of them runs it,
    "" for the run's own."""
    part = node
    while "body" in part:
        part = part["body"]
    do: Mapping[str, Any] = part.get("do", {})
    return do.get("resources") or {} if profiles is None or do.get("profile", "") in profiles else {}


def excess(
    plan: Table, tree: Tree, selected: frozenset[str] | None, profiles: Collection[str], totals: Mapping[str, float]
) -> list[Diagnostic]:
    """One warning a kind, at the step that asks for the most. totals: what steps of these profiles find, `memory` in
    bytes."""
    found: list[Diagnostic] = []
    for kind, there in totals.items():
        over = {
            id: asked
            for id, node in plan["nodes"].items()
            if (asked := asked_of(node, profiles).get(kind) or 0) > there and (selected is None or id in selected)
        }
        if not over:
            continue
        id = max(over, key=lambda one: float(over[one]))
        step = next((step for step in tree.steps if step.id == id), None)
        others = (
            f"; {len(over) - 1} other step{'s ask' if len(over) > 2 else ' asks'} for too much" if len(over) > 1 else ""
        )
        found.append(
            diagnose(
                "W706",
                step.place(("resources", kind)) if step else None,
                step=plan["nodes"][id]["path"],
                asked=said(kind, over[id]),
                there=(said_in_file(kind, there).strip('"') if there else "none") + _said_by(tree, profiles, kind),
                others=others,
                then=("takes all of it" if there else "runs without") + _as_asked(kind, over[id]),
                kind=kind,
                enough=said_in_file(kind, there),
            )
        )
    return found


def _as_asked(kind: str, asked: Any) -> str:
    return f" (`RUNNER_CPU` stays {asked:g})" if kind == "cpu" else ""


def _said_by(tree: Tree, profiles: Collection[str], kind: str) -> str:
    """Who says what there is, where that is a profile and not the machine."""
    for name in profiles:
        layers = tree.layers.others.get(name) if name else tree.layers
        origin = layers.service("executor").origin((kind,)) if layers is not None else None
        if origin is not None:
            return f" (`executor.{kind}`, {origin.label})"
    return ""


def said(kind: str, amount: float) -> str:
    """An amount for people."""
    return f"{said_in_file(kind, amount).strip(chr(34))}{' of' if kind == 'memory' else ''} {kind}"


def said_in_file(kind: str, amount: float) -> str:
    """An amount as a file would say it, sizes rounded down."""
    if kind != "memory":
        return f"{amount:g}"
    fits = (unit for unit in ("Gi", "Mi") if amount >= 10 * BYTES[unit] or (amount and amount % BYTES[unit] == 0))
    unit = next(fits, "Ki")
    return f'"{int(amount) // BYTES[unit]}{unit}"'

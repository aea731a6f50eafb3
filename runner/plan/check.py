"""Rules over the whole tree that no single step can see: kinds in conditions, recovery, profiles that match nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.plan.compile import Compiler
from runner.plan.steps import Step, Tree
from runner.resolve.layers import shared
from runner.resolve.resolved import Resolved, step_paths
from runner.rules.values import kind_of
from runner.text.diagnostics import Diagnostic, diagnose, near

ORDERED = ("<", "<=", ">", ">=")
TEXTS = ("text", "path", "date", "time", "datetime")


def rules(tree: Tree, compiler: Compiler, resolved: Resolved) -> None:
    """Append what is wrong to the tree's problems."""
    tree.problems += required(resolved)
    tree.problems += unmatched(tree, resolved)
    tree.problems += recovery(compiler)
    for step in tree.steps:
        tree.problems += conditions(step, compiler)


def required(resolved: Resolved) -> Iterator[Diagnostic]:
    """A parameter that `[types]` names and nobody gives."""
    doc = resolved.files.pipeline
    for name in resolved.parameters.required:
        yield diagnose("E454", doc.place(("types", name), "header"), name=name)


def unmatched(tree: Tree, resolved: Resolved) -> Iterator[Diagnostic]:
    """N34: what a profile says of steps and tags that are not there."""
    paths = list(step_paths(resolved.files.pipeline))
    tags = {tag for step in tree.steps for tag in step.table.get("tags", ())}
    for kind, layer, glob in resolved.layers.unmatched():
        assert layer.doc is not None
        name = layer.keys[1]
        if glob:
            yield diagnose("W503", layer.doc.place(layer.keys, "key"), name=name)
            continue
        close = near(name, paths if kind == "step" else tags)
        args = {"near": close} if close else {}
        inner = [path for path in paths if path.endswith("." + name)]
        if kind == "step" and inner:
            args["near"] = inner[0]
        yield diagnose("E503" if kind == "step" else "E504", layer.doc.place(layer.keys, "key"), name=name, **args)


def recovery(compiler: Compiler) -> Iterator[Diagnostic]:
    """N29: what somebody takes from a step that `continue` recovers is returned by the handler, or has a default."""
    for taken in compiler.taken:
        handler = taken.giver.handler
        if handler is None or taken.giver.recover != "continue" or taken.soft or taken.name not in _names(taken.giver):
            continue
        if taken.name not in _names(handler):
            place = taken.taker.place(taken.keys)
            yield diagnose("E309", place, name=taken.name, step=taken.giver.name, handler=handler.name)


def conditions(step: Step, compiler: Compiler) -> Iterator[Diagnostic]:
    """N11: kinds that can't be compared, a condition that gives no truth value; where kinds are known."""
    spots: list[tuple[Any, ...]] = [("when",), ("stop-when",), ("repeat", "until")]
    for keys in spots:
        table: Any = step.table
        for key in keys:
            table = table.get(key) if isinstance(table, dict) else None
        if isinstance(table, str):
            expr = compiler.compiled(step, keys)
            yield from _kinds(step, keys, expr, compiler)
            kind = kind_of_expr(expr, compiler)
            if kind not in (None, "boolean"):
                yield diagnose("E476", step.place(keys), kind=kind, key=keys[-1])
    if isinstance(step.table.get("choose"), str):
        yield from _kinds(step, ("choose",), compiler.compiled(step, ("choose",)), compiler)


def _kinds(step: Step, keys: tuple[Any, ...], expr: Any, compiler: Compiler) -> Iterator[Diagnostic]:
    pending = [expr]
    while pending:
        item = pending.pop()
        if not isinstance(item, list) or not item or item[0] == "lit":
            continue
        pending += [part for part in item[1:] if isinstance(part, list)]
        if item[0] in ("==", "!=", *ORDERED):
            left, right = (kind_of_expr(side, compiler) for side in item[1:3])
            if None in (left, right) or "none" in (left, right) or _alike(left, right):
                continue
            each = _map_behind(item[1], compiler) or _map_behind(item[2], compiler)
            if each and "list" in (left, right):
                yield diagnose("E477", step.place(keys), step=each, left=left, right=right)
            else:
                yield diagnose("E475", step.place(keys), left=left, right=right, op=item[0])
        elif item[0] in ("in", "not in"):
            right = kind_of_expr(item[2], compiler)
            if right not in (None, "list", "table", "text"):
                yield diagnose(
                    "E475", step.place(keys), left=kind_of_expr(item[1], compiler) or "value", right=right, op=item[0]
                )


def _alike(left: str | None, right: str | None) -> bool:
    numbers = ("integer", "number")
    return left == right or (left in numbers and right in numbers) or (left in TEXTS and right in TEXTS)


def kind_of_expr(expr: Any, compiler: Compiler) -> str | None:
    """The kind of an expression's value; None where only the run knows."""
    if expr is None:
        return "none"
    if not isinstance(expr, list):
        return kind_of(expr)
    tag = expr[0]
    if tag == "lit":
        return kind_of(expr[1])
    if tag in ("and", "or", "not", "==", "!=", "in", "not in", *ORDERED):
        return "boolean"
    if tag == "len":
        return "integer"
    if tag == "text" or tag == "status" or tag == "run":
        return "text"
    if tag in ("list", "items", "each"):
        return "list"
    if tag == "param":
        return compiler.parameters.kinds.get(expr[1])
    if tag == "return":
        giver = compiler.by_id(expr[1])
        if giver is None:
            return None
        if giver.each and expr[2] == giver.depth and not _reduced(giver, expr[3]):
            return "list"
        said = next((entry.get("type") for entry in giver.returns if entry["name"] == expr[3]), None)
        return said if isinstance(said, str) else None
    return None


def _reduced(step: Step, name: str) -> bool:
    reduce = step.table.get("reduce")
    return isinstance(reduce, str) or (isinstance(reduce, dict) and name in reduce)


def _map_behind(expr: Any, compiler: Compiler) -> str | None:
    if isinstance(expr, list) and expr[0] == "return":
        giver = compiler.by_id(expr[1])
        return giver.name if giver is not None and giver.each else None
    return None


def _names(step: Step) -> set[str]:
    return {entry["name"] for entry in step.returns} | {e["name"] for e in step.writes if "name" in e}


__all__ = ["rules", "shared"]

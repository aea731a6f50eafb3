"""Rules over the whole tree that no single step can see: kinds in conditions, recovery, profiles that match nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from runner import __version__
from runner.plan.compile import Compiler
from runner.plan.kinds import kinds
from runner.plan.steps import Step, Tree
from runner.plan.walk import WRONG
from runner.resolve.hints import KINDS
from runner.resolve.kinds import STEP
from runner.resolve.layers import Keys
from runner.resolve.resolved import Resolved
from runner.rules.last import LAST
from runner.rules.values import kind_of
from runner.text.diagnostics import Diagnostic, diagnose

ORDERED = ("<", "<=", ">", ">=")
COMPARE = ("==", "!=", *ORDERED)
TEXTS = ("text", "path", "date", "time", "datetime")


def rules(tree: Tree, compiler: Compiler, resolved: Resolved) -> None:
    """Append what is wrong to the tree's problems."""
    tree.problems += version(tree)
    tree.problems += job(tree)
    tree.problems += kinds(tree)
    tree.problems += required(resolved)
    tree.problems += unmatched(tree, resolved)
    tree.problems += recovery(compiler)
    for step in tree.steps:
        tree.problems += conditions(step, compiler)


def version(tree: Tree) -> Iterator[Diagnostic]:
    """`requires-runner`: a list of comparisons with this program's version, all of which must hold."""
    for doc in {id(home.doc): home.doc for home in tree.homes}.values():
        wanted = doc.data.get("requires-runner")
        if isinstance(wanted, str) and not all(_holds(word.strip()) for word in wanted.split(",")):
            yield diagnose("E603", doc.place(("requires-runner",)), wanted=wanted, version=__version__)


def job(tree: Tree) -> Iterator[Diagnostic]:
    """The `name` of a job is that of its step."""
    for doc in {id(home.doc): home.doc for home in tree.homes}.values():
        name = doc.data.get("name")
        if "job" in doc.data and isinstance(name, str) and not STEP.fullmatch(name):
            better = re.sub("[^A-Za-z0-9_-]+", "-", name).strip("-")
            rule = "a job's name is that of its step: a letter, then letters, digits, `-` and `_`"
            hint = f"write `{better}`" if STEP.fullmatch(better) else None
            yield diagnose("E244", doc.place(("name",)), name=name, rule=rule, hint=hint)


def _holds(word: str) -> bool:
    op = re.match(r"[<>=!~]*", word)
    sign = op.group() if op else ""
    want = [int(part) for part in re.findall(r"\d+", word)]
    have = [int(part) for part in __version__.split(".")]
    size = max(len(want), len(have))
    low, mine = want + [0] * (size - len(want)), have + [0] * (size - len(have))
    if sign == "~=":
        return mine >= low and mine[: len(want) - 1] == low[: len(want) - 1]
    return {"==": mine == low, "!=": mine != low, ">=": mine >= low, "<=": mine <= low, ">": mine > low,
            "<": mine < low}.get(sign, mine == low)  # fmt: skip


def required(resolved: Resolved) -> Iterator[Diagnostic]:
    """A parameter that `[types]` names and nobody gives."""
    doc = resolved.files.pipeline
    for name in resolved.parameters.required:
        yield diagnose("E454", doc.place(("types", name), "header"), name=name)


def unmatched(tree: Tree, resolved: Resolved) -> Iterator[Diagnostic]:
    """N34: what a profile says of steps and tags that are not there."""
    paths = [step.path for step in tree.steps if step.role in ("step", "case") and step.name != LAST]
    tags = {tag for step in tree.steps for tag in step.table.get("tags", ())}
    for kind, layer, glob in resolved.layers.unmatched():
        assert layer.doc is not None
        name = layer.keys[1]
        if glob:
            yield diagnose("W503", layer.doc.place(layer.keys, "key"), name=name)
            continue
        args = tree.guess(name, paths if kind == "step" else sorted(tags))
        inner = [path for path in paths if path.endswith("." + name)] if tree.guess.left > 0 else []
        if kind == "step" and inner:
            args = {"near": inner[0]}
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
    for keys, expr, leaves in compiler.asked.get(step.id, ()):
        yield from _Condition(step, keys, leaves, compiler).check(expr)


class _Condition:
    """One condition as it was written, with what its names mean."""

    def __init__(self, step: Step, keys: Keys, leaves: dict[tuple[int, int], Any], compiler: Compiler) -> None:
        self.step, self.keys, self.leaves, self.compiler = step, keys, leaves, compiler

    def check(self, expr: Any) -> Iterator[Diagnostic]:
        """All its problems."""
        who = str(self.keys[-1])
        pending: list[tuple[Any, str | None]] = [(expr, None if who == "choose" else who)]
        while pending:
            item, asker = pending.pop()
            tag = item[0] if isinstance(item, list) and item else None
            if tag in ("and", "or", "not"):
                pending += [(part, str(tag)) for part in item[1:]]
                continue
            kind = self.kind(item)
            if asker is not None and kind not in (None, "boolean"):
                yield diagnose(
                    "E476", self.place(item), asker=asker, name=self.named(item), kind=KINDS.get(kind or "", kind)
                )
            elif tag in COMPARE or tag in ("in", "not in"):
                yield from self.compared(item)

    def compared(self, item: Any) -> Iterator[Diagnostic]:
        """What is wrong with a comparison."""
        op, left, right = item[0], self.kind(item[1]), self.kind(item[2])
        if op in ("in", "not in"):
            if right in (None, "list") or (right in ("text", "table") and left in (None, *TEXTS)):
                return
            if right in ("text", "table"):
                what, kind = "text on its left", left
            else:
                what, kind = "a list, a table or text on its right", right
            yield diagnose("E478", self.place(item), op=op, what=what, kind=KINDS[kind or "object"])
            return
        if None in (left, right) or (op in ("==", "!=") and "none" in (left, right)):
            return
        if _alike(left, right) and (op in ("==", "!=") or left in ("integer", "number", *TEXTS)):
            return
        for side, kind in ((item[1], left), (item[2], right)):
            each = _map_behind(self.leaf(side), self.compiler)
            if kind == "list" and each:
                name = self.leaf(side)[3]
                yield diagnose("E477", self.place(side), name=name, step=each)
                return
        hint = None
        if "list" in (left, right):
            hint = "write `in` to look into a list"
        elif {left, right} & {"integer", "number", "boolean"} and {left, right} & set(TEXTS):
            hint = "text stands in quotes, numbers and truth values do not"
        yield diagnose("E475", self.place(item), left=KINDS[left or ""], right=KINDS[right or ""], op=op, hint=hint)

    def leaf(self, item: Any) -> Any:
        """What a name stands for; all else is itself."""
        if isinstance(item, list) and item and item[0] in ("name", "ref"):
            return self.leaves.get((item[2], item[3]))
        return item

    def kind(self, item: Any) -> str | None:
        """The kind of a part; None where only the run knows, or where something is wrong already."""
        if isinstance(item, list) and item and item[0] in ("name", "ref") and (item[2], item[3]) not in self.leaves:
            return None
        found = self.leaf(item)
        return None if found == WRONG else kind_of_expr(found, self.compiler)

    def place(self, item: Any) -> Any:
        """Where a part stands: a name and a comparison know, a literal is all there is."""
        part = getattr(item, "span", None)
        if part is None and isinstance(item, list) and item and item[0] in ("name", "ref"):
            part = (item[2], item[3])
        return self.step.place(self.keys, part=part)

    def named(self, item: Any) -> str:
        """A part as a sentence has it."""
        if isinstance(item, list) and item and item[0] in ("name", "ref"):
            return f"`{item[1] if item[0] == 'name' else '.'.join(map(str, item[1]))}`"
        return "this"


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
    if tag in ("text", "status", "run"):
        return "list" if expr[:2] == ["run", "failed"] else "text"
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

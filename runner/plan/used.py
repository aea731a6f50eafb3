"""What a step hands to the file that it uses, and what it takes from it: names and kinds (N12, N18, N19)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.plan.amounts import Amount, read
from runner.plan.check import kind_of_expr
from runner.plan.compile import Compiler, Unknown
from runner.plan.home import Home
from runner.plan.scope import View
from runner.plan.steps import Step, Tree
from runner.plan.walk import wrong
from runner.resolve.hints import KINDS
from runner.resolve.parameters import alike, plain
from runner.rules.expr import ExprError
from runner.rules.values import check_type
from runner.text.diagnostics import Diagnostic, diagnose

Table = dict[str, Any]
SOURCE = View(items=False, files=False)
MOST = 2000  # items that are looked at


def given(tree: Tree, compiler: Compiler) -> Iterator[Diagnostic]:
    """Read the `params` of every step that uses a file, outer ones first; what the file does not take, or lacks."""
    for home in tree.homes:
        step = home.user
        if step is None:
            continue
        for name in list(step.params or ()):
            listed = isinstance(step.table["params"], list)
            keys = ("params", step.table["params"].index(name) if listed else name)
            if name in home.names:
                yield from _fits(step, home, name, keys, compiler)
                continue
            assert step.params is not None
            del step.params[name]  # nobody takes it: nothing more is said about it
            place = step.place(keys, "value" if listed else "key")
            args = tree.guess(name, home.names)
            yield diagnose("E485", place, file=step.table["uses"], name=name, **args)
        for name in home.parameters.required:
            if not home.gives(name):
                related = ((home.doc.place(("types", name), "header"), "it has no value of its own"),)
                yield diagnose("E486", step.place(("uses",)), related=related, file=step.table["uses"], name=name)


def _fits(step: Step, home: Home, name: str, keys: tuple[Any, ...], compiler: Compiler) -> Iterator[Diagnostic]:
    """Whether a value is of the parameter's kind and type, where that is known."""
    expr = compiler.own_param(step, name)
    if wrong(expr):
        return
    old, new = home.parameters.kinds.get(name), kind_of_expr(expr, compiler)
    said: Table = {"file": step.table["uses"], "name": name}
    if old is not None and new is not None and not alike(old, new):
        yield diagnose("E487", step.place(keys), old=KINDS[old], new=KINDS[new], **said)
        return
    spec = {"type": "number" if old == "integer" else old} if old is not None else {}
    declared = {key: plain(value) for key, value in home.doc.data.get("types", {}).get(name, {}).items()}
    spec |= declared
    try:
        values = [compiler.known(expr, items) for items in _items(step, compiler)]
    except (Unknown, ExprError):
        if declared:
            home.later.append((name, spec))
        return
    why = next(filter(None, (check_type(value, spec) for value in values)), None)
    if why:
        yield diagnose("E488", step.place(keys), why=why, **said)


def _items(step: Step, compiler: Compiler) -> list[dict[tuple[str, str], Any]]:
    """The items of the step, one by one: all combinations where the plan knows them and they are few, else nothing."""
    found: list[dict[tuple[str, str], Any]] = [{}]
    for name, said in step.each.items():
        try:
            values = compiler.known(compiler.value(step, ("for-each", name), said, SOURCE))
        except (Unknown, ExprError):
            return [{}]
        if not isinstance(said, str | list) or not isinstance(values, list) or len(values) * len(found) > MOST:
            return [{}]
        found = [{**item, (step.id, name): value} for item in found for value in values]
    return found


def returned(step: Step, gives: Table, compiler: Compiler) -> Table:
    """What a step gives of what its file gives: all, or what its `returns` name, renamed by `from` (N19)."""
    if "returns" not in step.table:
        return gives
    out: Table = {}
    for index, entry in enumerate(step.table["returns"]):
        name = entry if isinstance(entry, str) else entry["name"]
        source = name if isinstance(entry, str) else entry.get("from", name)
        if source in gives:
            out[name] = gives[source]
            continue
        keys: tuple[Any, ...] = ("returns", index)
        if isinstance(entry, dict):
            keys = (*keys, "from" if "from" in entry else "name")
        args = compiler.tree.guess(source, gives)
        compiler.problems.append(diagnose("E489", step.place(keys), file=step.table["uses"], name=source, **args))
    return out


def setting(home: Home, key: str, what: Amount, compiler: Compiler) -> Any:
    """A number that a used file says of a run of it (`max-parallel`, `timeout`); None where it says none."""
    value = home.doc.data.get(key)
    if isinstance(value, str) and "$" in value:
        place = home.doc.place((key,))
        expr = compiler.outside(value, lambda part: home.doc.place((key,), part=part))
        try:
            value = compiler.known(expr)
        except (Unknown, ExprError):
            if not wrong(expr):
                compiler.problems.append(diagnose("E470", place, key=key))
            return None
        return read(value, what, key, lambda: place, compiler)
    return what.read(value) if what.read is not None and isinstance(value, str) else value

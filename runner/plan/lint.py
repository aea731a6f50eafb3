"""What is legal and was surely meant otherwise: warnings, each silenced in a file by `# runner: allow CODE`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from runner.model.units import seconds
from runner.plan.check import kind_of_expr
from runner.plan.compile import Compiler
from runner.plan.home import Home
from runner.plan.steps import Step, Tree
from runner.plan.words import words
from runner.resolve.hints import listed
from runner.resolve.layers import Keys
from runner.rules.expr import ExprError, evaluate
from runner.text.diagnostics import Diagnostic, diagnose

Table = dict[str, Any]
OF_ITEMS = ("tolerate", "stop-when", "batch", "reduce")
STATUSES = ("succeeded", "failed", "errored", "skipped", "blocked", "cancelled", "cached")
BOOLEANS = ("true", "false")
SAID = {  # what other tools call them
    **dict.fromkeys(("success", "successful", "ok", "done", "completed", "complete", "passed"), "succeeded"),
    **dict.fromkeys(("failure", "fail", "error"), "failed"),
    **dict.fromkeys(("canceled", "aborted", "killed"), "cancelled"),
    "skip": "skipped",
}
OURS = frozenset("RUNNER_" + name for name in (
    "RUN_ID", "RUN_NAME", "STEP", "ITEM", "ROUND", "ATTEMPT", "PARAMS", "RETURNS", "METRICS", "CPU", "MEMORY", "GPU",
    "FAILED_STEP", "FAILED_EXIT_CODE", "FAILED_LOG", "RUN_STATUS", "RUN_RECORD",
))  # fmt: skip
SECRET = re.compile(r"(^|_)(password|passwd|secret|token|api_?key|credentials?)$", re.IGNORECASE)
GIVEN_BACK = re.compile(r"\b([A-Za-z_]\w*)=[^\n]*>>?\s*\"?\$\{?RUNNER_RETURNS\b")


def lint(tree: Tree, compiler: Compiler) -> Iterator[Diagnostic]:
    """All of a plan that has no errors."""
    for home in {id(home.doc): home for home in tree.homes}.values():
        yield from _unused(home, tree)
        yield from _secret_parameters(home)
    yield from _unused_parameters(tree, compiler)
    limit = tree.doc.data.get("timeout")
    for step in tree.steps:
        yield from _step(step, limit)
        yield from words(step)
        yield from _cases(step, compiler)
        if step.id in compiler.asked:
            yield from _constants(step, compiler)


def _step(step: Step, limit: Any) -> Iterator[Diagnostic]:
    """Keys of one step that do nothing, or not what they say."""
    table = step.table
    for key in OF_ITEMS if not step.each else ():
        if key in table:
            yield diagnose("W255", step.place((key,), "key"), key=key)
    if "retry" in table and "attempts" not in table["retry"]:
        yield diagnose("W256", step.place(("retry",), "key"))
    if "tolerate" in table:
        count = _count(step)
        if count is not None and table["tolerate"] == count:
            yield diagnose("W257", step.place(("tolerate",)), count=count)
    if "timeout" in table and limit is not None and step.task and _later(table["timeout"], limit):
        yield diagnose("W258", step.place(("timeout",)), own=table["timeout"], limit=limit)
    if "after" in table and "needs" in table:
        for index, name in enumerate(table["after"]):
            if name in table["needs"]:
                yield diagnose("W304", step.place(("after", index)), name=name)
    for name in OURS.intersection(table["env"]) if "env" in table else ():
        yield diagnose("W479", step.place(("env", name), "key"), name=name)
    if step.kind == "shell" and not step.returns and "RUNNER_RETURNS" in table["shell"]:
        found = GIVEN_BACK.search(table["shell"])
        name = found[1] if found else None
        at = table["shell"].index("RUNNER_RETURNS")
        place = step.place(("shell",), part=(at, at + len("RUNNER_RETURNS")))
        yield diagnose("W492", place, name=name, hint=None if name else "name them: `returns = [...]`")


def _count(step: Step) -> int | None:
    """How many items a step has, where they are written out."""
    count = 1
    for source in step.each.values():
        amount = source.get("range") if isinstance(source, dict) else source
        if isinstance(amount, list) and isinstance(source, list):
            count *= len(amount)
        elif type(amount) is int:
            count *= amount
        else:
            return None
    return count if step.each else None


def _later(own: Any, limit: Any) -> bool:
    """Whether one duration is longer than another; references count as shorter."""
    return "$" not in str(own) + str(limit) and seconds(str(own)) > seconds(str(limit))


def _constants(step: Step, compiler: Compiler) -> Iterator[Diagnostic]:
    """Conditions without a name; a plain `false` switches a step off, and that is meant."""
    for keys, expr, leaves in compiler.asked[step.id]:
        yield from _statuses(step, keys, expr, leaves)
        if leaves or keys[0] == "choose" or not (isinstance(expr, list) or (expr is True and keys[-1] == "when")):
            continue
        try:
            value = evaluate(expr, lambda _: None)
        except ExprError:
            continue
        texts = isinstance(expr, list) and any(isinstance(part, str) for part in expr[1:])
        hint = "names stand without quotes" if texts else None
        yield diagnose("W441", step.place(keys), value="true" if value else "false", hint=hint)


def _cases(step: Step, compiler: Compiler) -> Iterator[Diagnostic]:
    """The cases of a condition that is true or false: one for each, and no other."""
    asked = (expr for keys, expr, _ in compiler.asked.get(step.id, ()) if keys[0] == "choose")
    if step.kind != "choose" or kind_of_expr(next(asked, None), compiler) != "boolean":
        return
    names = [name for name, _ in step.cases]
    for name, case in step.cases:
        if name not in BOOLEANS:
            yield diagnose("W443", case.place((), "header"), value=name)
    for value in BOOLEANS:
        if value not in names and step.default is None:
            header = ".".join(map(str, step.keys))
            yield diagnose("W442", step.place(("choose",)), name=step.path, value=value, header=header)


def _statuses(step: Step, keys: Keys, expr: Any, leaves: dict[Any, Any]) -> Iterator[Diagnostic]:
    """A status compared with a text that none ever is."""
    pending = [expr]
    while pending:
        item = pending.pop()
        if not isinstance(item, list):
            continue
        pending += item[1:]
        if item[0] in ("==", "!=") and any(_status(part, leaves) for part in item[1:]):
            for text in item[1:]:
                if isinstance(text, str) and text not in STATUSES:
                    place = step.place(keys, part=getattr(item, "span", None))
                    like = SAID.get(text.lower())
                    hint = f"write `'{like}'`" if like else f"there is {listed(STATUSES)}"
                    yield diagnose("W496", place, text=text, hint=hint)


def _status(part: Any, leaves: dict[Any, Any]) -> bool:
    if not (isinstance(part, list) and part and part[0] in ("name", "ref")):
        return False
    leaf = leaves.get((part[2], part[3]))
    return isinstance(leaf, list) and (leaf[0] == "status" or leaf[:2] == ["run", "status"])


def _unused(home: Home, tree: Tree) -> Iterator[Diagnostic]:
    """Handlers and templates that nobody names. Those of an included file may be for other pipelines."""
    data, doc = home.doc.data, home.doc
    if not data.get("handlers") and not data.get("templates"):
        return
    tables = [step.table for step in tree.steps] + list(data.get("templates", {}).values())
    runs = [table.get("on-failure") for table in tables]
    named = {run.get("run") if isinstance(run, dict) else run for run in runs}
    kin = {layer.keys[1] for step in tree.steps for layer in step.laid.layers if layer.label.startswith("template ")}
    for key, names, code in (("handlers", named, "W340"), ("templates", kin, "W341")):
        for name in data.get(key, {}):
            if name not in names and doc.part((key, name)) is doc.part(()):
                yield diagnose(code, doc.place((key, name), "header"), name=name)


def _unused_parameters(tree: Tree, compiler: Compiler) -> Iterator[Diagnostic]:
    """Parameters of the pipeline that no step takes; a script that says no `params` takes all."""
    doc = tree.doc
    for name in doc.data.get("params", {}):
        if name not in compiler.used and doc.part(("params", name)) is doc.part(()):
            yield diagnose("W457", doc.place(("params", name), "key"), name=name)


def _secret_parameters(home: Home) -> Iterator[Diagnostic]:
    """Parameters whose value is written into plans and records, and should not be."""
    for name, value in home.doc.data.get("params", {}).items():
        if isinstance(value, str) and value and SECRET.search(name) and "$" not in value:
            yield diagnose("W458", home.doc.place(("params", name)), name=name)

"""From written text to expressions of the plan: references get an address, edges are inferred (N2, N7 to N11)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from runner.plan import scope
from runner.plan.scope import Ambiguous, View
from runner.plan.steps import Step, Tree
from runner.resolve.layers import Keys
from runner.resolve.parameters import Parameters, plain
from runner.resolve.references import condition_to_expr, text_to_expr
from runner.rules.expr import ABSENT, evaluate
from runner.text.diagnostics import Place, diagnose, near
from runner.text.sources import Sources

SECRET_WORDS = ("TOKEN", "PASSWORD", "PASSWD", "SECRET", "KEY", "CREDENTIAL")
EVERYTHING = View()


class Unknown(Exception):
    """A value that only the run can know."""


class Taken(NamedTuple):
    """A return or file that one step takes from another: what N29 asks of a recovering handler."""

    taker: Step
    keys: Keys
    giver: Step
    name: str
    soft: bool


class Compiler:
    """Compiles the texts of all steps; collects problems, edges, and what was asked of environment and git."""

    def __init__(self, tree: Tree, parameters: Parameters, sources: Sources) -> None:
        self.tree, self.parameters, self.sources = tree, parameters, sources
        self.problems = tree.problems
        self.env: dict[str, str | None] = {}
        self.git: dict[str, str | None] = {}
        self.secrets: set[str] = set()  # names that some step declares as a secret (N40)
        self.params: dict[str, Any] = {}  # name -> expression
        self.taken: list[Taken] = []
        self._done: dict[str, dict[tuple[Keys, View], Any]] = {}  # step id -> key path and view -> expression
        self._ids: dict[str, Step] | None = None

    def value(self, step: Step, keys: Keys, value: Any, view: View = EVERYTHING) -> Any:
        """A setting as an expression: texts are read for `${}`, lists and tables throughout; compiled once."""
        done = self._done.setdefault(step.id, {})
        if (keys, view) not in done:
            done[keys, view] = self._value(step, keys, plain(value), view)
        return done[keys, view]

    def condition(self, step: Step, keys: Keys, text: str, view: View = EVERYTHING) -> Any:
        """A condition as an expression (N11)."""
        done = self._done.setdefault(step.id, {})
        if (keys, view) not in done:
            expr, errors = condition_to_expr(text)
            self._refuse(step, keys, errors)
            done[keys, view] = True if errors else self._leaves(step, keys, expr, view, False)
        return done[keys, view]

    def compiled(self, step: Step, keys: Keys) -> Any:
        """What was compiled at a key, whatever the view; None where nothing was."""
        return next((expr for (spot, _), expr in self._done.get(step.id, {}).items() if spot == keys), None)

    def by_id(self, id: str) -> Step | None:
        """A step by its node's id."""
        if self._ids is None:
            self._ids = {step.id: step for step in self.tree.steps}
        return self._ids.get(id)

    def known(self, expr: Any) -> Any:
        """The value of an expression that needs no run (N10). Raises Unknown."""
        return evaluate(expr, self._static)

    def parameter(self, name: str) -> Any:
        """The expression of a pipeline parameter; its text may hold `${run.X}` and `${env.X}` only."""
        if name not in self.params:
            said = self.parameters.known[name]
            layer = said.origin
            outside = layer.label == "--param" or layer.label.startswith("RUNNER_UP_")
            self.params[name] = _literal(said.value) if outside else self._parameter(name, said.value)
        return self.params[name]

    def _parameter(self, name: str, value: Any) -> Any:
        if isinstance(value, dict | list):
            return _literal(value)
        if not isinstance(value, str) or "$" not in value:
            return value
        layer = self.parameters.known[name].origin
        return self.outside(value, lambda part: layer.doc.place(layer.keys, "value", part) if layer.doc else None)

    def outside(self, text: str, place: Callable[[tuple[int, int] | None], Place | None]) -> Any:
        """A text that stands outside of steps: it may name `env`, `git` and `run` only."""
        expr, errors = text_to_expr(text)
        self.problems += [diagnose(code, place((start, end)), **args) for code, start, end, args in errors]
        if errors:
            return ""

        def leaf(item: list[Any], soft: bool) -> Any:
            parts = item[1] if item[0] == "ref" else [item[1]]
            if parts[0] in ("env", "git", "run"):
                return self._outside(parts, lambda: place((item[2], item[3])), soft)
            self.problems.append(diagnose("E463", place((item[2], item[3])), name=".".join(map(str, parts))))
            return None

        return _rewrite(expr, leaf)

    def _static(self, ref: list[Any]) -> Any:
        if ref[0] == "param" and ref[1] in self.parameters.known:
            return self.known(self.parameter(ref[1]))
        raise Unknown(str(ref))

    def _value(self, step: Step, keys: Keys, value: Any, view: View) -> Any:
        if isinstance(value, str):
            if "$" not in value:
                return value
            expr, errors = text_to_expr(value)
            self._refuse(step, keys, errors)
            return "" if errors else self._leaves(step, keys, expr, view, False)
        if isinstance(value, list):
            items = [self._value(step, (*keys, index), item, view) for index, item in enumerate(value)]
            return ["lit", value] if items == value else ["list", items]
        if isinstance(value, dict):
            table = {key: self._value(step, (*keys, key), item, view) for key, item in value.items()}
            return ["lit", value] if table == value else ["table", table]
        return value

    def _leaves(self, step: Step, keys: Keys, expr: Any, view: View, soft: bool) -> Any:
        def leaf(item: list[Any], soft: bool) -> Any:
            part = (item[2], item[3])
            if item[0] == "name":
                return self._bare(step, keys, item[1], part, view, soft)
            return self._dotted(step, keys, item[1], part, view, soft)

        return _rewrite(expr, leaf)

    def _bare(self, step: Step, keys: Keys, name: str, part: tuple[int, int], view: View, soft: bool) -> Any:
        found = scope.look(step, name, view, self.parameters)
        if found is None:
            args: dict[str, Any] = {"name": name, "step": step.name}
            close = near(name, scope.names(step, self.parameters))
            if close:
                args["near"] = close
            self.problems.append(diagnose("E460", step.place(keys, part=part), **args))
            return None
        if isinstance(found, Ambiguous):
            self.problems.append(
                diagnose("E464", step.place(keys, part=part), name=name, givers=" or ".join(sorted(found.givers)))
            )
            return None
        return self._leaf(step, keys, found, soft)

    def _leaf(self, step: Step, keys: Keys, found: scope.Found, soft: bool) -> Any:
        leaf = found.leaf
        if leaf[0] in ("own-param", "outer-param"):
            giver, name = (step, leaf[1]) if leaf[0] == "own-param" else (leaf[1], leaf[2])
            return self.own_param(giver, name)
        if found.giver is not None:
            self.link(step, found.giver, keys, soft)
            self.taken.append(Taken(step, keys, found.giver, leaf[3], soft))
        return leaf

    def own_param(self, step: Step, name: str) -> Any:
        """The expression that a step's `params` gives a name."""
        assert step.params is not None
        given = step.table.get("params")
        key: Any = given.index(name) if isinstance(given, list) else name
        return self.value(step, ("params", key), step.params[name], View(params=False, files=False))

    def _dotted(self, step: Step, keys: Keys, parts: list[Any], part: tuple[int, int], view: View, soft: bool) -> Any:
        place = step.place  # computed only for a diagnostic
        head = parts[0]
        if head in ("env", "git"):
            return self._outside(parts, lambda: place(keys, part=part), soft)
        if head == "run":
            return self._run(step, keys, parts, part)
        if head == "file" and parts[1:] == ["dir"]:
            return self._folder(step, keys)
        if head != "steps":
            leaf = self._bare(step, keys, str(head), part, view, soft)
            return leaf if leaf is None or len(parts) == 1 else ["get", leaf, list(parts[1:])]
        if len(parts) < 3:
            self.problems.append(diagnose("E465", place(keys, part=part), text=".".join(map(str, parts))))
            return None
        target = scope.find_step(step, str(parts[1]))
        if target is None or target is step:
            args: dict[str, Any] = {"name": parts[1], "key": keys[0] if keys else "step"}
            close = near(str(parts[1]), (name for name in scope.step_names(step) if name != step.name))
            if close:
                args["near"] = close
            self.problems.append(diagnose("E250", place(keys, part=part), **args))
            return None
        leaf = self._of_step(step, keys, target, str(parts[2]), part)
        if leaf is None:
            return None
        self.link(step, target, keys, soft or parts[2] == "status")
        if leaf[0] in ("return", "path"):
            self.taken.append(Taken(step, keys, target, leaf[3], soft))
        return ["get", leaf, list(parts[3:])] if len(parts) > 3 else leaf

    def _of_step(self, step: Step, keys: Keys, target: Step, name: str, part: tuple[int, int]) -> Any:
        if name == "status":
            return ["status", target.id, target.depth, ""]
        if any(entry["name"] == name for entry in target.returns):
            return ["return", target.id, target.depth, name]
        if name in target.files:
            return ["path", target.id, target.depth, name]
        if name in target.each:
            return ["items", target.id, target.depth, name]
        has = [entry["name"] for entry in target.returns] + list(target.files) + list(target.each) + ["status"]
        args = {"name": name, "step": target.name, "has": ", ".join(f"`{item}`" for item in has)}
        close = near(name, has)
        if close:
            args["near"] = close
        self.problems.append(diagnose("E466", step.place(keys, part=part), **args))
        return None

    def _run(self, step: Step, keys: Keys, parts: list[Any], part: tuple[int, int]) -> Any:
        allowed = scope.RUN_LAST if step.role == "finally" or step.graph.role == "finally" else scope.RUN
        if len(parts) == 2 and parts[1] in allowed:
            return ["run", parts[1]]
        self.problems.append(
            diagnose(
                "E467",
                step.place(keys, part=part),
                text=".".join(map(str, parts)),
                has=", ".join(f"`run.{name}`" for name in allowed),
            )
        )
        return None

    def _outside(self, parts: list[Any], where: Callable[[], Place | None], soft: bool) -> Any:
        name = str(parts[1]) if len(parts) > 1 else ""
        if parts[0] == "run":
            if name in scope.RUN:
                return ["run", name]
            self.problems.append(diagnose("E467", where(), text=".".join(map(str, parts)), has="`run.id`, `run.date`"))
            return None
        if parts[0] == "git":
            self.git[name] = value = self.sources.git(name)
            if value is None and not soft:
                self.problems.append(diagnose("E468", where(), name=name))
            return ABSENT if value is None else value
        if name in self.secrets:
            self.problems.append(diagnose("E461", where(), name=name))
            return None
        if any(word in name.upper().split("_") for word in SECRET_WORDS):
            self.problems.append(diagnose("W461", where(), name=name))
        self.env[name] = value = self.sources.env(name)
        if value is None and not soft:
            self.problems.append(diagnose("E462", where(), name=name))
        return ABSENT if value is None or (soft and value == "") else value

    def _folder(self, step: Step, keys: Keys) -> str:
        from os.path import relpath
        from pathlib import Path

        layer = step.laid.origin(keys)
        doc = layer.doc if layer and layer.doc else self.tree.doc
        return relpath(Path(doc.path).absolute().parent, self.sources.root)

    def link(self, taker: Step, giver: Step, keys: Keys, soft: bool) -> None:
        """An inferred edge: the taker waits for the giver (N2); order only where a default stands in."""
        pair = scope.between(taker, giver)
        if pair is None:
            if taker.graph.role == "finally" and not soft:
                self.problems.append(diagnose("E306", taker.place(keys), name=giver.name))
            return
        waits, first = pair
        if first.name in waits.after or first.name in waits.needs:
            return
        (waits.after if soft else waits.needs)[first.name] = (first, keys if waits is taker else ())

    def _refuse(self, step: Step, keys: Keys, errors: Any) -> None:
        for code, start, end, args in errors:
            self.problems.append(diagnose(code, step.place(keys, part=(start, end)), **args))


def _literal(value: Any) -> Any:
    return ["lit", value] if isinstance(value, list | dict) else value


def _rewrite(expr: Any, leaf: Any, soft: bool = False) -> Any:
    """A copy of an expression with every `name` and `ref` leaf replaced; `else` with a known left side is folded."""
    if not isinstance(expr, list) or not expr:
        return expr
    tag = expr[0]
    if tag in ("name", "ref"):
        return leaf(expr, soft)
    if tag == "lit":
        return expr
    if tag == "else":
        left = _rewrite(expr[1], leaf, True)
        if left is ABSENT:
            return _rewrite(expr[2], leaf, soft)
        return ["else", left, _rewrite(expr[2], leaf, soft)] if isinstance(left, list) else left
    if tag in ("text", "list"):
        return [tag, [_rewrite(item, leaf, soft) for item in expr[1]]]
    if tag == "table":
        return [tag, {key: _rewrite(item, leaf, soft) for key, item in expr[1].items()}]
    if tag == "get":
        return [tag, _rewrite(expr[1], leaf, soft), expr[2]]
    return [tag, *[_rewrite(item, leaf, soft) for item in expr[1:]]]


def references(step: Step) -> Iterator[tuple[Keys, str, bool]]:
    """Every `steps.X` that a step's texts and conditions name: the key, X, and whether a default stands behind it."""
    conditions = ("when", "choose", "stop-when", "until")
    skipped = ("shell", "steps", "cases", "default", "description", "defaults")
    pending: list[tuple[Keys, Any]] = [((key,), value) for key, value in step.table.items() if key not in skipped]
    while pending:
        keys, value = pending.pop()
        if isinstance(value, dict):
            pending += [((*keys, key), item) for key, item in value.items()]
        elif isinstance(value, list):
            pending += [((*keys, index), item) for index, item in enumerate(value)]
        elif isinstance(value, str) and "steps." in value:
            expr, errors = (condition_to_expr if keys[-1] in conditions else text_to_expr)(value)
            found: list[tuple[str, bool]] = []

            def leaf(item: list[Any], soft: bool, found: list[tuple[str, bool]] = found) -> Any:
                if item[0] == "ref" and item[1][0] == "steps" and len(item[1]) > 2:
                    found.append((str(item[1][1]), soft or item[1][2] == "status"))
                return item

            if not errors:
                _rewrite(expr, leaf)
            for name, soft in found:
                yield keys, name, soft

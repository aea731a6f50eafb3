"""From written text to expressions of the plan: references get an address, edges are inferred (N2, N7 to N11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

from runner.plan import scope
from runner.plan.home import Home
from runner.plan.scope import Ambiguous, View
from runner.plan.steps import Step, Tree
from runner.plan.unknown import Unknown as Names
from runner.plan.walk import WRONG, dollar, larger, literal, rewrite, wrong
from runner.resolve.hints import listed
from runner.resolve.layers import Keys, Layer
from runner.resolve.parameters import plain
from runner.resolve.references import condition_to_expr, text_to_expr
from runner.rules.expr import ABSENT, evaluate
from runner.rules.last import LAST
from runner.text.diagnostics import Place, diagnose
from runner.text.document import Document
from runner.text.sources import GIT, Sources

SECRET_WORDS = ("TOKEN", "PASSWORD", "PASSWD", "SECRET", "KEY", "CREDENTIAL")
EVERYTHING = View()
MOST = 10_000  # parts of what a name stands for: each group and file around may double it


class Unknown(Exception):
    """A value that only the run can know."""


class Taken(NamedTuple):
    """A return or file that one step takes from another: what N29 asks of a recovering handler."""

    taker: Step
    keys: Keys
    giver: Step
    name: str
    soft: bool


class Spot(NamedTuple):
    """Where a reference stands: the step's key, the offsets in its text, and what may be seen from there."""

    step: Step
    keys: Keys
    part: tuple[int, int]
    view: View
    condition: bool

    def place(self) -> Place | None:
        """Its place in a file; sought only for a problem."""
        return self.step.place(self.keys, part=self.part)


class Compiler:
    """Compiles the texts of all steps; collects problems, edges, and what was asked of environment and git."""

    def __init__(self, tree: Tree, sources: Sources) -> None:
        self.tree, self.parameters, self.sources = tree, tree.home.parameters, sources
        self.problems = tree.problems
        self.env: dict[str, str | None] = {}
        self.git: dict[str, str | None] = {}
        self.secrets: set[str] = set()  # names that some step declares as a secret (N40)
        self.params: dict[tuple[int, str], Any] = {}  # document and name -> expression
        self.taken: list[Taken] = []
        self.used: set[str] = set()  # parameters of the pipeline that somebody takes
        self.broken: set[str] = set()  # Python files that were said to be none
        self.never_again: dict[Place | None, int] = {}  # lines that make steps cached for ever -> their warning
        self.names = Names(tree)
        self.asked: dict[str, list[tuple[Keys, Any, dict[tuple[int, int], Any]]]] = {}  # conditions as they are written
        self._done: dict[str, dict[tuple[Keys, View], Any]] = {}  # step id -> key path and view -> expression
        self._ids: dict[str, Step] | None = None
        self._files: dict[str, bool] = {}

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
            leaves: dict[tuple[int, int], Any] = {}
            done[keys, view] = WRONG if errors else self._leaves(step, keys, expr, view, leaves)
            if not errors:
                self.asked.setdefault(step.id, []).append((keys, expr, leaves))
        return done[keys, view]

    @cached_property
    def made(self) -> frozenset[str]:
        """The paths that steps write, as they are declared."""
        return frozenset(str(entry["raw"]) for step in self.tree.steps for entry in step.writes)

    def is_file(self, path: str) -> bool:
        """Whether a path of the project is a file now; asked once."""
        if path not in self._files:
            full = self.sources.root / path
            self._files[path] = self.sources.exists(full) and not self.sources.isdir(full)
        return self._files[path]

    def by_id(self, id: str) -> Step | None:
        """A step by its node's id."""
        if self._ids is None:
            self._ids = {step.id: step for step in self.tree.steps}
        return self._ids.get(id)

    def known(self, expr: Any, items: Mapping[tuple[str, str], Any] | None = None) -> Any:
        """The value of an expression that needs no run (N10). items: (map id, name) -> value. Raises Unknown."""
        if not items:
            return evaluate(expr, self._static)

        def look(ref: list[Any]) -> Any:
            return items[ref[1], ref[3]] if ref[0] == "item" and (ref[1], ref[3]) in items else self._static(ref)

        return evaluate(expr, look)

    def parameter(self, name: str, home: Home | None = None) -> Any:
        """The expression of a file's own parameter; its text may hold `${run.X}` and `${env.X}` only."""
        home = home or self.tree.home
        key = (id(home.doc), name)
        if key not in self.params:
            said = home.parameters.known[name]
            layer = said.origin
            outside = layer.doc is None or layer.label == "--param" or layer.label.startswith("RUNNER_UP_")
            self.params[key] = literal(said.value) if outside else self._parameter(layer, said.value)
        return self.params[key]

    def param(self, home: Home, name: str) -> Any:
        """What a parameter stands for in a file: of one that a step uses, what the step hands in, else its default."""
        if home.user is None:
            self.used.add(name)
            return ["param", name]
        if home.gives(name):
            return self.own_param(home.user, name)
        return self.parameter(name, home) if name in home.parameters.known else WRONG

    def _parameter(self, layer: Layer, value: Any) -> Any:
        def read(keys: Keys, value: Any) -> Any:
            if isinstance(value, list):
                items = [read((*keys, index), item) for index, item in enumerate(value)]
                return ["list", items]
            if isinstance(value, dict):
                table = {key: read((*keys, key), item) for key, item in value.items()}
                return ["table", table]
            if not isinstance(value, str) or "$" not in value:
                return value
            folder = self._folder_of(layer.doc.part(layer.keys)) if layer.doc else None
            return self.outside(value, lambda part: layer.doc.place(keys, "value", part) if layer.doc else None, folder)

        return read(layer.keys, value) if dollar(value) else literal(value)

    def outside(
        self, text: str, place: Callable[[tuple[int, int] | None], Place | None], folder: str | None = None
    ) -> Any:
        """A text that stands outside of steps: it may name `env`, `git`, `run`, and `file.dir` where that is known."""
        expr, errors = text_to_expr(text)
        self.problems += [diagnose(code, place((start, end)), **args) for code, start, end, args in errors]
        if errors:
            return WRONG

        def leaf(item: list[Any], soft: bool) -> Any:
            parts = item[1] if item[0] == "ref" else [item[1]]
            if parts == ["file", "dir"] and folder is not None:
                return folder
            if parts[0] in ("env", "git", "run"):
                return self._outside(parts, lambda: place((item[2], item[3])), soft)
            self.problems.append(diagnose("E463", place((item[2], item[3])), name=".".join(map(str, parts))))
            return WRONG

        return rewrite(expr, leaf)

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
            return WRONG if errors else self._leaves(step, keys, expr, view, None)
        if isinstance(value, list):
            items = [self._value(step, (*keys, index), item, view) for index, item in enumerate(value)]
            return ["lit", value] if items == value else ["list", items]
        if isinstance(value, dict):
            table = {key: self._value(step, (*keys, key), item, view) for key, item in value.items()}
            return ["lit", value] if table == value else ["table", table]
        return value

    def _leaves(self, step: Step, keys: Keys, expr: Any, view: View, leaves: dict[tuple[int, int], Any] | None) -> Any:
        """An expression with addresses for names; `leaves` (of a condition) is filled with what stands where."""

        def leaf(item: list[Any], soft: bool) -> Any:
            part = (item[2], item[3])
            parts = [item[1]] if item[0] == "name" else item[1]
            spot = Spot(step, keys, part, view, leaves is not None)
            found = self._bare(spot, parts, soft) if item[0] == "name" else self._dotted(spot, parts, soft)
            if leaves is not None:
                leaves[part] = found
            return found

        return rewrite(expr, leaf)

    def _bare(self, spot: Spot, parts: list[Any], soft: bool) -> Any:
        name = str(parts[0])
        found = scope.look(spot.step, name, spot.view)
        if found is None:
            self.problems.append(self.names.name(spot.step, parts, spot.place(), spot.condition))
            return self._unsure(spot)
        if isinstance(found, Ambiguous):
            self.ambiguous(name, found, spot.place())
            return self._unsure(spot)
        return self._leaf(spot.step, spot.keys, found, soft)

    def ambiguous(self, name: str, found: Ambiguous, place: Place | None, hint: str | None = None) -> None:
        """Say that a name has two givers."""
        givers = sorted(found.givers)
        more = " or others" if len(givers) > 3 else ""
        if all(giver.startswith("steps.") for giver in givers):
            self.problems.append(diagnose("E464", place, name=name, givers=listed(givers[:3], "or") + more, hint=hint))
        else:
            hint = "give one of them another name"
            self.problems.append(diagnose("E464", place, name=name, givers=" or ".join(givers), hint=hint))

    def _leaf(self, step: Step, keys: Keys, found: scope.Found, soft: bool) -> Any:
        if found.giver is not None:
            name = (found.leaf[2] if found.leaf[0] == "else" else found.leaf)[3]
            self.link(step, found.giver, keys, soft, str(name))
            self.taken.append(Taken(step, keys, found.giver, name, soft))
        return self.meaning(step, found.leaf)

    def meaning(self, step: Step, leaf: Any) -> Any:
        """What a name that was looked up is in the plan: the `params` of a step are put in their places."""
        if not isinstance(leaf, list):
            return leaf
        if leaf[0] == "own-param":
            return self.own_param(step, leaf[1])
        if leaf[0] == "outer-param":
            return self.own_param(leaf[1], leaf[2])
        if leaf[0] == "param":
            return self.param(step.home, leaf[1])
        return ["else", leaf[1], self.meaning(step, leaf[2])] if leaf[0] == "else" else leaf

    def own_param(self, step: Step, name: str) -> Any:
        """The expression that a step's `params` gives a name."""
        assert step.params is not None
        given = step.table.get("params")
        key: Any = given.index(name) if isinstance(given, list) else name
        expr = self.value(step, ("params", key), step.params[name], View(params=False, files=False))
        if larger(expr, MOST):
            self.problems.append(diagnose("E490", step.place(("params", key)), name=name, limit=MOST))
            return WRONG
        return WRONG if wrong(expr) else expr

    def _dotted(self, spot: Spot, parts: list[Any], soft: bool) -> Any:
        step, keys, head = spot.step, spot.keys, parts[0]
        if head in ("env", "git"):
            return self._outside(parts, spot.place, soft, spot.condition)
        if head == "run":
            return self._run(spot, parts)
        if head == "file" and parts[1:] == ["dir"]:
            return self._folder(step, keys)
        if head != "steps":
            leaf = self._bare(spot, parts, soft)
            return leaf if leaf is WRONG or len(parts) == 1 else ["get", leaf, list(parts[1:])]
        target = scope.find_step(step, str(parts[1]))
        if target is None or target is step:
            said = self.names.step(step, str(parts[1]), str(keys[0]), spot.place()) if target is None else None
            self.problems.append(said or diagnose("E303", spot.place(), name=step.name))
            return self._unsure(spot)
        if len(parts) < 3:
            text = ".".join(map(str, parts))
            self.problems.append(diagnose("E465", spot.place(), text=text, step=target.name))
            return WRONG
        leaf = self._of_step(spot, target, parts)
        if leaf is WRONG:
            return WRONG
        self.link(step, target, keys, soft or parts[2] == "status", str(parts[2]))
        if leaf[0] in ("return", "path"):
            self.taken.append(Taken(step, keys, target, leaf[3], soft))
        return ["get", leaf, list(parts[3:])] if len(parts) > 3 else leaf

    def _of_step(self, spot: Spot, target: Step, parts: list[Any]) -> Any:
        name = str(parts[2])
        if name == "status":
            return ["status", target.id, target.depth, ""]
        if any(entry["name"] == name for entry in target.returns):
            return ["return", target.id, target.depth, name]
        if name in target.files:
            return ["path", target.id, target.depth, name]
        if name in target.each:
            return ["items", target.id, target.depth, name]
        self.problems.append(self.names.given(spot.step, target, parts, spot.place(), spot.condition))
        return self._unsure(spot)

    def _unsure(self, spot: Spot) -> Any:
        self.tree.unsure.add(spot.step.id)
        return WRONG

    def _run(self, spot: Spot, parts: list[Any]) -> Any:
        allowed = scope.RUN_LAST if "finally" in (spot.step.role, spot.step.graph.role) else scope.RUN
        found = self._of_run(parts, spot.place, allowed)
        last = spot.step.home.last.owner
        if last is not None and found is not WRONG and parts[1] not in scope.RUN:
            return [*found, last.id, last.depth]  # what became of the file that it belongs to
        return found

    def _of_run(self, parts: list[Any], where: Callable[[], Place | None], allowed: tuple[str, ...]) -> Any:
        if len(parts) == 2 and parts[1] in allowed:
            return ["run", parts[1]]
        hint = f"`{'.'.join(map(str, parts))}` is known in `[finally]` only" if parts[1] in scope.RUN_LAST else None
        has = listed(f"run.{name}" for name in allowed)
        self.problems.append(diagnose("E467", where(), text=".".join(map(str, parts)), has=has, hint=hint))
        return WRONG

    def _outside(self, parts: list[Any], where: Callable[[], Place | None], soft: bool, condition: bool = False) -> Any:
        """A word of `env`, `git` or `run`; in a condition what is not set is `none`, as N11 has it for all else."""
        if parts[0] == "run":
            return self._of_run(parts, where, scope.RUN)
        name = str(parts[1])
        if len(parts) > 2:
            text = ".".join(map(str, parts))
            self.problems.append(diagnose("E465", where(), text=text, hint=f"`{parts[0]}.{name}` is text"))
            return WRONG
        if parts[0] == "git":
            if name not in GIT:
                has = listed(f"git.{word}" for word in GIT)
                self.problems.append(diagnose("E467", where(), text=f"git.{name}", has=has))
                return WRONG
            self.git[name] = value = self.sources.git(name)
            code = "E468"
        elif name in self.secrets:
            self.problems.append(diagnose("E461", where(), name=name))
            return WRONG
        else:
            if any(word in name.upper().split("_") for word in SECRET_WORDS):
                self.problems.append(diagnose("W461", where(), name=name))
            self.env[name] = value = self.sources.env(name)
            code = "E462"
        if value is None and not soft and not condition:
            self.problems.append(diagnose(code, where(), name=name))
            return WRONG
        if value is None and condition:
            return None
        return ABSENT if value is None or (soft and value == "") else value

    def _folder(self, step: Step, keys: Keys) -> str:
        layer = step.laid.origin(keys)
        return self._folder_of(layer.doc.part(layer.keys) if layer and layer.doc else step.home.doc)

    def _folder_of(self, doc: Document) -> str:
        """The folder of a file, relative to the root (N20)."""
        from os.path import relpath
        from pathlib import Path

        return relpath(Path(doc.path).absolute().parent, self.sources.root)

    def link(self, taker: Step, giver: Step, keys: Keys, soft: bool, name: str = "NAME") -> None:
        """An inferred edge: the taker waits for the giver (N2); order only where a default stands in."""
        pair = scope.between(taker, giver)
        if pair is None or pair[0].name == LAST:
            if taker.graph.role == "finally" and not soft:
                self.problems.append(diagnose("E306", taker.place(keys), step=giver.name, name=name))
            return
        waits, first = pair
        name = first.name
        if name in waits.needs or (name in waits.after and (soft or waits.after[name][1][1][0] == "after")):
            return  # what `after` names gives order only; what a default stands in for, unless another asks without
        waits.after.pop(name, None)
        (waits.after if soft else waits.needs)[first.name] = (first, (taker, keys))

    def _refuse(self, step: Step, keys: Keys, errors: Any) -> None:
        for code, start, end, args in errors:
            self.tree.unsure.add(step.id)
            self.problems.append(diagnose(code, step.place(keys, part=(start, end)), **args))

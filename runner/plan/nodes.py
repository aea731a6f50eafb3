"""The nodes of the plan: one per step, modifiers outside in (N3), and what groups and maps export (N19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.plan import scope, tasks, used
from runner.plan.amounts import ANY_COUNT, COUNT, DURATION, amount, fixed
from runner.plan.compile import Compiler, Unknown
from runner.plan.home import Home
from runner.plan.paths import Paths
from runner.plan.scope import View
from runner.plan.steps import Graph, Step
from runner.plan.walk import wrong
from runner.resolve import patterns
from runner.resolve.hints import KINDS, listed
from runner.rules.bind import file_items
from runner.rules.definition import definition
from runner.rules.expr import ExprError
from runner.rules.keys import digest, node_id
from runner.rules.paths import item_of
from runner.rules.values import kind_of
from runner.text.diagnostics import Place, diagnose, near

Table = dict[str, Any]
Placer = Callable[[Any], "Place | None"]
SOURCE = View(items=False, files=False)
INNER_PART = (
    "type",
    "do",
    "retry",
    "timeout",
    "definition",
    "steps",
    "returns",
    "cases",
    "default",
    "subject",
    "max_parallel",
)


class Emitter:
    """Compiles what is left of every step, then writes nodes once the order is known."""

    def __init__(self, compiler: Compiler, files: Paths) -> None:
        self.compiler, self.files = compiler, files

    def drafts(self) -> dict[str, Table]:
        """Every step's own part and modifiers, edges still open: compiling may add some."""
        drafts = {step.id: self._draft(step) for step in self.compiler.tree.steps}
        for step in self.compiler.tree.steps:  # what is in scope depends on all edges (N8), so it comes last
            if step.task:
                part = drafts[step.id]["part"]
                if part["do"]["takes"] is None:
                    part["do"]["takes"] = tasks.all_in_scope(step, self.compiler)
                part["definition"] = digest(definition(part["do"]))
                checks = [[name, self.compiler.param(step.home, name), spec] for name, spec in step.home.later]
                if checks:
                    part["do"]["checks"] = checks
        return drafts

    def nodes(self, drafts: dict[str, Table], order: dict[int, list[Step]]) -> dict[str, Table]:
        """All nodes, siblings in topological order, a group before what it holds."""
        out: dict[str, Table] = {}
        tree = self.compiler.tree
        pending: list[Step] = [*reversed(order[id(tree.last)]), *reversed(order[id(tree.top)])]
        while pending:
            step = pending.pop()
            draft = drafts[step.id]
            reduce_node = draft.pop("!reduce", None)
            out[step.id] = self._node(step, draft, order)
            if reduce_node is not None:
                out[reduce_node["id"]] = reduce_node
            if step.handler is not None:
                out[step.id]["handler"] = {"node": step.handler.id, "name": step.handler.name, "recover": step.recover}
                pending.append(step.handler)
            inside: list[Step] = []
            if step.inside is not None:
                inside = order[id(step.inside)]
            pending += reversed(inside)
        return out

    def exports(self, home: Home) -> Table:
        """`returns` of a file: what it gives when it is used by another (N19)."""
        out: Table = {}
        start = ("job", "returns") if "job" in home.doc.data else ("returns",)
        where = "of the pipeline" if home.user is None else "of this file"
        for index, entry in enumerate(home.returns):
            self._export(home.top, entry, out, where, home.doc.place, (*start, index))
        return out

    def _node(self, step: Step, draft: Table, order: dict[int, list[Step]]) -> Table:
        owner = step.graph.owner
        node: Table = {
            "id": step.id,
            "path": step.path,
            "type": "",
            "parent": owner.id if owner else None,
            "depth": step.depth,
            "needs": [s.id for s, _ in step.needs.values()],
            "after": [s.id for s, _ in step.after.values()],
        }
        for key in ("description", "tags"):
            if step.table.get(key):
                node[key] = step.table[key]
        if step.kind == "uses" and step.inside is not None and "description" not in node:
            node.update({key: text for key, text in step.inside.home.doc.data.items() if key == "description"})
        part = draft["part"]
        if step.kind in ("steps", "uses") and step.inside is not None:
            part["steps"] = [inner.id for inner in order[id(step.inside)]]
        depth = step.inner
        if step.loop:
            part = {**draft["loop"], "type": "loop", "depth": depth - 1, "body": {**part, "depth": depth}}
            depth -= 1
        if step.each:
            part = {**draft["map"], "type": "map", "depth": depth - 1, "body": {**part, "depth": depth}}
        node.update({key: value for key, value in part.items() if key != "depth"})
        if draft.get("when") is not None:
            node["when"] = draft["when"]
        return node

    def _draft(self, step: Step) -> Table:
        table, compiler = step.table, self.compiler
        for name in step.params or () if step.kind != "uses" else ():  # whether something inside asks for it or not
            compiler.own_param(step, name)
        draft: Table = {"part": self._part(step)}
        if step.each:
            draft["map"] = self._map(step, draft)
        if step.loop:
            draft["loop"] = {
                "as": step.loop.get("as"),
                "max": amount(step, compiler, ("repeat", "max"), step.loop.get("max", 100), COUNT),
                "until": compiler.condition(step, ("repeat", "until"), step.loop["until"], View(returns=True))
                if "until" in step.loop
                else None,
                "delay": amount(step, compiler, ("repeat", "delay"), step.loop.get("delay"), DURATION) or 0.0,
                "exhausted": step.loop.get("exhausted", "fail"),
                "returns": [entry["name"] for entry in step.returns],
            }
        if "when" in table:
            expr = compiler.condition(step, ("when",), table["when"], View(params=False, files=False))
            if step.each and _names_item(expr, step):
                draft["map"]["filter"] = expr
            else:
                draft["when"] = expr
        return draft

    def _part(self, step: Step) -> Table:
        if step.task:
            do = tasks.do(step, self.compiler)
            part: Table = {
                "type": "task",
                "do": do,
                "retry": tasks.retry(step, self.compiler),
                "definition": "",
            }
            timeout = amount(step, self.compiler, ("timeout",), step.table.get("timeout"), DURATION)
            return {**part, "timeout": timeout} if timeout else part
        limit = None
        if not step.each:
            limit = amount(step, self.compiler, ("max-parallel",), step.table.get("max-parallel"), COUNT)
        timeout = amount(step, self.compiler, ("timeout",), step.table.get("timeout"), DURATION)
        if step.kind == "uses" and step.inside is not None:  # what the file says of a run of it
            limit = limit or used.setting(step.inside.home, "max-parallel", COUNT, self.compiler)
            timeout = timeout or used.setting(step.inside.home, "timeout", DURATION, self.compiler)
        extra: Table = {"max_parallel": limit} if limit else {}
        extra.update({"timeout": timeout} if timeout else {})
        if step.kind == "choose":
            return {"type": "choice", **extra, **self._choice(step)}
        returns: Table = {}
        if step.inside is not None and step.kind == "uses":
            returns = used.returned(step, self.exports(step.inside.home), self.compiler)
        elif step.inside is not None:
            for index, entry in enumerate(step.table.get("returns", ())):
                self._export(step.inside, entry, returns, f"inside `{step.name}`", step.place, ("returns", index))
        if step.kind == "uses":
            extra["uses"] = step.table["uses"]
        return {"type": "graph", "steps": [], "returns": returns, **extra}

    def _export(self, graph: Graph, entry: Any, out: Table, where: str, place: Placer, keys: Any) -> None:
        """Enter what an export stands for: `from`, else the only step inside that returns the name."""
        problems, guess = self.compiler.problems, self.compiler.tree.guess
        name = entry if isinstance(entry, str) else entry["name"]
        if isinstance(entry, dict):
            keys = (*keys, "from" if "from" in entry else "name")
        source = entry.get("from") if isinstance(entry, dict) else None
        if isinstance(source, str):
            inner, _, what = source.partition(".")
            giver = graph.steps.get(inner)
            if giver is None:
                problems.append(diagnose("E250", place(keys), name=inner, key="returns", **guess(inner, graph.steps)))
            elif all(entry["name"] != what for entry in giver.returns):
                has = [entry["name"] for entry in giver.returns]
                said = listed(has) if has else "no returns"
                problems.append(diagnose("E466", place(keys), name=what, step=inner, has=said, near=near(what, has)))
            else:
                out[name] = ["return", giver.id, giver.depth, what]
            return
        givers = graph.returners.get(name, [])
        if len(givers) == 1:
            out[name] = ["return", givers[0].id, givers[0].depth, name]
        elif givers:
            steps = [giver.name for giver in givers]
            problems.append(diagnose("E484", place(keys), name=name, steps=listed(steps), one=steps[0]))
        else:
            problems.append(diagnose("E480", place(keys), name=name, where=where, **guess(name, graph.returners)))

    def _choice(self, step: Step) -> Table:
        compiler = self.compiler
        subject = compiler.condition(step, ("choose",), step.table["choose"], View(files=False))
        names = [entry["name"] for entry in step.returns]
        for case in [inner for _, inner in step.cases] + ([step.default] if step.default else []):
            given = [entry["name"] for entry in case.returns]
            missing = [name for name in names if name not in given]
            if missing:
                place = case.place(("returns",)) if "returns" in case.table else case.place((), "header")
                write = ", ".join(f'"{name}"' for name in [*given, *missing])
                args: Table = {"case": case.name, "step": step.name, "names": listed(missing), "write": write}
                compiler.problems.append(diagnose("E481", place, **args))
        return {
            "subject": subject,
            "cases": [[_case_value(name), case.id] for name, case in step.cases],
            "default": step.default.id if step.default else None,
            "returns": names,
        }

    def _map(self, step: Step, draft: Table) -> Table:
        table, compiler = step.table, self.compiler
        out: Table = {"each": {name: self._source(step, name, said) for name, said in step.each.items()}}
        if len(step.each) > 1:
            out["names"] = list(step.each)  # the last varies fastest (N5), and JSON keeps no order of keys
        for key, default, what in (("tolerate", 0, ANY_COUNT), ("batch", 1, COUNT), ("max-parallel", None, COUNT)):
            value = amount(step, compiler, (key,), table.get(key, default), what)
            if value is not None:
                out[key.replace("-", "_")] = value
        if "stop-when" in table:
            out["stop_when"] = compiler.condition(step, ("stop-when",), table["stop-when"], View(returns=True))
        out["returns"] = [entry["name"] for entry in step.returns]
        do, names = tasks.reducer(step, compiler)
        if do is not None:
            path = f"{step.path}!reduce"
            owner = step.graph.owner
            draft["!reduce"] = {
                "id": node_id(path),
                "path": path,
                "type": "task",
                "parent": owner.id if owner else None,
                "depth": step.depth,
                "needs": [],
                "after": [],
                "do": do,
                "retry": {"attempts": 1},
                "definition": digest(definition(do)),
            }
            out["reduce"] = {"node": node_id(path), "names": names}
        return out

    def _source(self, step: Step, name: str, said: Any) -> Any:
        keys = ("for-each", name)
        if isinstance(said, dict):
            if "range" in said:
                return ["lit", self._range(step, keys, said["range"])]
            return self._glob(step, keys, said) if "glob" in said else self._file(step, keys, said)
        expr = self.compiler.value(step, keys, said, SOURCE)
        try:
            value = self.compiler.known(expr)
        except (Unknown, ExprError):
            return expr
        if not isinstance(value, list):
            kind = KINDS[kind_of(value)]
            self.compiler.problems.append(diagnose("E482", step.place(keys), name=name, kind=kind))
            return ["lit", []]
        return ["lit", value]

    def _range(self, step: Step, keys: Any, given: Any) -> list[int]:
        bounds = (
            [fixed(step, self.compiler, (*keys, "range"), given)]
            if not isinstance(given, list)
            else [fixed(step, self.compiler, (*keys, "range", i), bound) for i, bound in enumerate(given)]
        )
        if None in bounds:
            return []  # said already
        if (
            any(type(bound) is not int for bound in bounds)
            or not 1 <= len(bounds) <= 3
            or (len(bounds) == 3 and not bounds[2])
        ):
            self.compiler.problems.append(diagnose("E483", step.place((*keys, "range"))))
            return []
        return list(range(*bounds))

    def _glob(self, step: Step, keys: Any, said: Table) -> Any:
        keys = (*keys, "glob")
        expr = self.compiler.value(step, keys, said["glob"], SOURCE)
        pattern, writers = self._met(step, keys, expr)
        if writers:
            return ["glob", expr, writers]
        if wrong(expr) or self.files.outside(step, keys, str(said["glob"]), expr, pattern):
            return ["lit", []]
        found = patterns.expand(self.compiler.sources.root, pattern, self.compiler.sources)
        if not found and not said.get("optional"):
            write = f'{{ glob = "{said["glob"]}", optional = true }}'
            self.compiler.problems.append(diagnose("E316", step.place(keys), path=str(said["glob"]), write=write))
        return ["lit", [item_of(pattern, path) for path in found]]

    def _file(self, step: Step, keys: Any, said: Table) -> Any:
        keys = (*keys, "file")
        expr = self.compiler.value(step, keys, said["file"], SOURCE)
        pattern, writers = self._met(step, keys, expr)
        sources = self.compiler.sources
        if writers or "*" in pattern:
            return ["file", expr]
        if wrong(expr) or self.files.outside(step, keys, str(said["file"]), expr, pattern):
            return ["lit", []]
        if sources.isdir(sources.root / pattern):
            self.compiler.problems.append(diagnose("E102", step.place(keys), path=pattern))
            return ["lit", []]
        if not sources.exists(sources.root / pattern):
            self.compiler.problems.append(diagnose("E314", step.place(keys), path=str(said["file"])))
            return ["lit", []]
        try:
            return ["lit", file_items(pattern, sources.read(sources.root / pattern).decode("utf-8"))]
        except (ExprError, UnicodeDecodeError, OSError) as error:
            self.compiler.problems.append(diagnose("E471", step.place(keys), why=str(error)))
            return ["lit", []]

    def _met(self, step: Step, keys: Any, expr: Any) -> tuple[str, list[str]]:
        """The pattern of a source and the steps that write what it names; the edges are entered."""
        pattern = self.files.pattern_of(step, expr)
        writers: list[str] = []
        for writer in self.files.writers_of(pattern):
            if scope.between(step, writer) is not None and writer is not step:
                self.compiler.link(step, writer, keys, False)
                writers.append(writer.id)
        return pattern, writers


def _names_item(expr: Any, step: Step) -> bool:
    pending = [expr]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            if item[:1] == ["item"] and item[1] == step.id:
                return True
            pending += item if item[:1] != ["lit"] else []
        elif isinstance(item, dict):
            pending += item.values()
    return False


def _case_value(name: str) -> Any:
    """What a case's name stands for: `true` and `false` are truth values, numbers are numbers, the rest is text."""
    if name in ("true", "false"):
        return name == "true"
    try:
        return int(name)
    except ValueError:
        return name

"""The tree of steps that a pipeline writes, each with its layers laid: what the planner walks over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.resolve.hints import Guesses
from runner.resolve.kinds import KINDS
from runner.resolve.layers import Keys, Laid, Layer, Layers
from runner.rules.keys import node_id
from runner.text.diagnostics import Diagnostic, Place, diagnose
from runner.text.document import At, Document

NOT_YET = {"uses": "E601"}
Edges = dict[str, tuple["Step", tuple["Step", Keys]]]
"""Sibling's name -> the sibling, and the step and key that ask for it (a step inside this one, perhaps)."""


class Graph:
    """Named steps that may wait for each other; `owner` is the step that holds them, None at the top."""

    __slots__ = ("beyond", "name", "owner", "returners", "role", "steps")

    def __init__(self, name: str, owner: Step | None, role: str) -> None:
        self.name, self.owner, self.role = name, owner, role  # role: steps, cases, finally
        self.beyond: Graph | None = None  # of `[finally]`: the graph that has ended before it
        self.steps: dict[str, Step] = {}
        self.returners: dict[str, list[Step]] = {}  # return name -> who gives it


class Step:
    """One step while it is planned. `depth` counts the indexes of its instances' keys, `inner` those of its body's."""

    __slots__ = (
        "after",
        "cases",
        "default",
        "depth",
        "each",
        "files",
        "graph",
        "guarded",
        "handler",
        "id",
        "inner",
        "inside",
        "keys",
        "kind",
        "laid",
        "loop",
        "name",
        "needs",
        "params",
        "path",
        "reads",
        "recover",
        "reduce",
        "returns",
        "role",
        "writes",
    )

    def __init__(self, name: str, path: str, role: str, graph: Graph, laid: Laid, keys: Keys, depth: int) -> None:
        self.name, self.path, self.role, self.graph, self.laid, self.keys = name, path, role, graph, laid, keys
        self.id = node_id(path)
        table = laid.table
        found = [kind for kind in KINDS if kind in table]
        self.kind = found[0] if len(found) == 1 else ""
        self.each: dict[str, Any] = table.get("for-each", {}) if isinstance(table.get("for-each"), dict) else {}
        self.loop: dict[str, Any] = table.get("repeat", {})
        self.depth = depth
        self.inner = depth + bool(self.each) + bool(self.loop)
        self.inside: Graph | None = None
        self.cases: list[tuple[str, Step]] = []
        self.default: Step | None = None
        self.needs: Edges = {}
        self.after: Edges = {}
        self.handler: Step | None = None
        self.guarded: Step | None = None  # of a handler: the step that it stands by
        self.recover: Any = False
        self.returns: list[dict[str, Any]] = [
            {"name": entry} if isinstance(entry, str) else dict(entry) for entry in table.get("returns", [])
        ]
        if self.kind == "stub" and isinstance(table["stub"], dict):
            named = {entry["name"] for entry in self.returns}
            self.returns += [{"name": key} for key in table["stub"].get("returns", {}) if key not in named]
        self.params: dict[str, Any] | None = None
        if "params" in table:
            given = table["params"]
            self.params = {key: "${" + key + "}" for key in given} if isinstance(given, list) else dict(given)
        self.files: dict[str, dict[str, Any]] = {}
        self.reads: list[dict[str, Any]] = []
        self.writes: list[dict[str, Any]] = []
        self.reduce: Step | None = None

    @property
    def table(self) -> dict[str, Any]:
        """The laid table of the step."""
        return self.laid.table

    @property
    def task(self) -> bool:
        """Whether the step runs something itself."""
        return self.kind not in ("steps", "choose", "uses")

    def place(self, keys: Keys, at: At = "value", part: tuple[int, int] | None = None) -> Place | None:
        """Where a key of the step was written."""
        return self.laid.place(keys, at, part)


class Tree:
    """All steps of a pipeline: the top graph, `[finally]`, and every step in the order of the file."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.doc: Document = layers.files.pipeline
        self.top = Graph("", None, "steps")
        self.last = Graph("", None, "finally")
        self.last.beyond = self.top
        self.steps: list[Step] = []
        self.problems: list[Diagnostic] = []
        self.guess = Guesses()
        self.unsure: set[str] = set()  # steps that name something unknown: edges of theirs may be missing
        self._circles: set[str] = set()  # templates of circles that were named already
        self._templates = self.doc.data.get("templates", {})
        self._grow()

    def output(self, id: str, number: int) -> Place | None:
        """Where an output of a node is written: the node's id, and which of its outputs."""
        step = next((step for step in self.steps if step.id == id), None)
        return step.place(step.writes[number]["keys"]) if step is not None and number < len(step.writes) else None

    def _grow(self) -> None:
        data = self.doc.data
        pending: list[tuple[Graph, str, str, str, Keys, Document | None, Any, list[Layer], int, Step | None]] = []
        job = data.get("job")
        steps = data.get("steps", {}) if job is None else {str(data.get("name") or "job"): job}
        for name, table in reversed(list(data.get("finally", {}).items())):
            keys: Keys = ("finally", name)
            pending.append((self.last, name, f"{name}!finally", "finally", keys, self.doc, table, [], 0, None))
        for name, table in reversed(list(steps.items())):
            keys = ("steps", name) if job is None else ("job",)
            pending.append((self.top, name, name, "step", keys, self.doc, table, [], 0, None))
        while pending:
            graph, name, path, role, keys, doc, table, outer, depth, holder = pending.pop()
            if not isinstance(table, dict):
                continue
            own = [*self._template(doc, keys, table), Layer("step", doc, keys, table)]
            group = any("steps" in layer.table or "choose" in layer.table for layer in own)
            laid = self.layers.step(path.partition("!")[0] if role == "step" else path, own, outer, group)
            step = Step(name, path, role, graph, laid, keys, depth)
            self._one_kind(step)
            self.steps.append(step)
            if role in ("step", "finally"):
                graph.steps[name] = step
                for entry in step.returns:
                    graph.returners.setdefault(entry["name"], []).append(step)
            elif role == "case" and holder is not None:
                graph.steps[name] = step
                if keys[-1] == "default" and keys[-2] != "cases":
                    holder.default = step
                else:
                    holder.cases.append((name, step))
            elif holder is not None:
                holder.handler, step.guarded = step, holder
            pending += reversed(list(self._children(step, outer)))
            pending += self._handler(step, outer)

    def _children(self, step: Step, outer: list[Layer]) -> Iterator[Any]:
        table = step.table
        if isinstance(table.get("defaults"), dict) and not step.task:
            said = step.laid.origin(("defaults",))
            where = (said.doc, (*said.keys, "defaults")) if said else (None, ())
            outer = [*outer, Layer(f"group {step.path} defaults", where[0], where[1], table["defaults"])]
        for key in ("steps",) if step.kind == "steps" else ("cases", "default") if step.kind == "choose" else ():
            said = step.laid.origin((key,))
            if said is None:
                continue
            step.inside = step.inside or Graph(step.path, step, "steps" if key == "steps" else "cases")
            if key == "default":
                yield (
                    step.inside,
                    "default",
                    f"{step.path}.default",
                    "case",
                    (*said.keys, key),
                    said.doc,
                    table[key],
                    outer,
                    step.inner,
                    step,
                )
                continue
            for name, inner in table[key].items():
                role = "step" if key == "steps" else "case"
                yield (
                    step.inside,
                    name,
                    f"{step.path}.{name}",
                    role,
                    (*said.keys, key, name),
                    said.doc,
                    inner,
                    outer,
                    step.inner,
                    step,
                )

    def _handler(self, step: Step, outer: list[Layer]) -> list[Any]:
        given = step.table.get("on-failure")
        if given is None:
            return []
        run = given.get("run") if isinstance(given, dict) else given
        keys = ("on-failure", "run") if isinstance(given, dict) else ("on-failure",)
        step.recover = given.get("recover", False) if isinstance(given, dict) else False
        handlers = self.doc.data.get("handlers", {})
        if run not in handlers:
            args = self.guess(str(run), handlers) or {"hint": f"write it: `[handlers.{run}]`"}
            self.problems.append(diagnose("E251", step.place(keys), name=run, key="on-failure", **args))
            return []
        if step.role == "handler":
            self.problems.append(diagnose("E305", step.place(keys), name=step.name))
            return []
        path = f"{step.path}!on-failure"
        return [(step.graph, run, path, "handler", ("handlers", run), self.doc, handlers[run], outer, step.depth, step)]

    def _template(self, doc: Document | None, keys: Keys, table: dict[str, Any]) -> list[Layer]:
        chain: list[Layer] = []
        seen: list[str] = []
        name, at = table.get("extends"), (*keys, "extends")
        while isinstance(name, str):
            place = doc.place(at) if doc and (name in seen or name not in self._templates) else None
            if name in seen:
                circle = seen[seen.index(name) :]
                if name not in self._circles:
                    around = [(self.doc.place(("templates", one, "extends")), one) for one in circle[:-1]]
                    related = [
                        (spot, f"`{one}` extends `{two}`") for (spot, one), two in zip(around, circle[1:], strict=True)
                    ]
                    self.problems.append(diagnose("E302", place, related=related, path=" -> ".join([*circle, name])))
                self._circles.update(circle)
                break
            if name not in self._templates:
                args = self.guess(name, self._templates) or {"hint": f"write it: `[templates.{name}]`"}
                self.problems.append(diagnose("E252", place, name=name, **args))
                break
            seen.append(name)
            template = self._templates[name]
            chain.append(Layer(f"template {name}", self.doc, ("templates", name), template))
            name, at = template.get("extends"), ("templates", name, "extends")
        return chain[::-1]

    def _one_kind(self, step: Step) -> None:
        found = [kind for kind in KINDS if kind in step.table]
        if not found:
            self.problems.append(diagnose("E253", step.place((), "header"), name=step.path))
        elif len(found) > 1:
            second = max(found, key=lambda kind: _offset(step, kind))
            other = next(kind for kind in found if kind != second)
            place, at = step.place((second,), "key"), step.place((other,), "key")
            related = ((at, f"`{other}` is said here"),) if at else ()
            self.problems.append(diagnose("E254", place, related=related, name=step.path, one=other, two=second))
        elif found[0] in NOT_YET:
            self.problems.append(diagnose(NOT_YET[found[0]], step.place((found[0],), "key"), name=step.path))


def _offset(step: Step, key: str) -> tuple[int, int]:
    place = step.place((key,), "key")
    return (place.line, place.col) if place else (0, 0)

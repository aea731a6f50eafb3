"""The tree of steps that a pipeline writes, each with its layers laid: what the planner walks over."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from runner.plan.home import Home
from runner.resolve.hints import Guesses
from runner.resolve.kinds import GROUPS, KINDS, roots
from runner.resolve.layers import Keys, Laid, Layer, Layers
from runner.resolve.parameters import Parameters, defaults
from runner.rules.keys import node_id
from runner.rules.last import LAST
from runner.text.diagnostics import Diagnostic, Place, Refused, diagnose, with_ways
from runner.text.document import At, Document

MOST = 50_000  # steps of used files: a few files that use each other twice make any number
Edges = dict[str, tuple["Step", tuple["Step", Keys]]]
"""Sibling's name -> the sibling, and the step and key that ask for it (a step inside this one, perhaps)."""


class Graph:
    """Named steps that may wait for each other; `owner` is the step that holds them, None at the top."""

    __slots__ = ("beyond", "home", "name", "owner", "returners", "role", "steps")

    def __init__(self, name: str, owner: Step | None, role: str, home: Home) -> None:
        self.name, self.owner, self.role, self.home = name, owner, role, home  # role: steps, cases, finally
        self.beyond: Graph | None = None  # of `[finally]`: the graph that has ended before it
        self.steps: dict[str, Step] = {}
        self.returners: dict[str, list[Step]] = {}  # return name -> who gives it

    @property
    def around(self) -> Step | None:
        """The step whose scope lies around this graph; None where a file or its `[finally]` begins (N12, N30)."""
        owner = self.owner
        return owner if owner is not None and owner.home is self.home and self.beyond is None else None


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
        "table",
        "writes",
    )

    def __init__(self, name: str, path: str, role: str, graph: Graph, laid: Laid, keys: Keys, depth: int) -> None:
        self.name, self.path, self.role, self.graph, self.laid, self.keys = name, path, role, graph, laid, keys
        self.id = node_id(path)
        self.table = table = laid.table  # the laid table, looked at some forty times a step
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
    def home(self) -> Home:
        """The file that the step lives in."""
        return self.graph.home

    @property
    def task(self) -> bool:
        """Whether the step runs something itself."""
        return self.kind not in GROUPS

    def place(self, keys: Keys, at: At = "value", part: tuple[int, int] | None = None) -> Place | None:
        """Where a key of the step was written; of a file of a package, where somebody uses it and hands that in."""
        place, user = self.laid.place(keys, at, part), self.home.user
        if user is None or place is None or place.file != self.home.doc.path or not self.home.packed:
            return place
        said: Any = self.table
        for key in keys:
            said = said.get(key) if isinstance(said, dict) else None
        name = said[2:-1] if isinstance(said, str) and said.startswith("${") else ""
        return user.place(("params", name) if isinstance(user.params, dict) and name in user.params else ("uses",))


class Seed(NamedTuple):
    """A step that is to grow: where it belongs, what it is called, and the table that says it."""

    graph: Graph
    name: str
    path: str
    role: str
    keys: Keys
    table: Any
    outer: list[Layer]  # group `defaults` around it
    depth: int
    holder: Step | None = None  # of a case and a handler


class Tree:
    """All steps of a pipeline: the top graph, `[finally]`, and every step in the order of the file.

    Raises Refused where files use each other so often that there is no end of steps."""

    def __init__(self, layers: Layers, parameters: Parameters) -> None:
        self.layers = layers
        self.doc: Document = layers.files.pipeline
        self.home = Home(self.doc, parameters, None)
        self.homes: list[Home] = [self.home]
        self.steps: list[Step] = []
        self.problems: list[Diagnostic] = []
        self.guess = Guesses()
        self.unsure: set[str] = set()  # steps that name something unknown: edges of theirs may be missing
        self._circles: set[str] = set()  # templates of circles that were named already
        self._parameters: dict[int, Parameters] = {}  # of used files, by document
        self._grow()

    @property
    def top(self) -> Graph:
        """The steps of the pipeline."""
        return self.home.top

    @property
    def last(self) -> Graph:
        """Its `[finally]`."""
        return self.home.last

    def sent(self, step: Step) -> str | None:
        """The profile that runs a task, where that is another."""
        name = step.table.get("profile")
        return name if step.task and name in self.layers.others else None

    def output(self, id: str, number: int) -> Place | None:
        """Where an output of a node is written: the node's id, and which of its outputs."""
        step = next((step for step in self.steps if step.id == id), None)
        return step.place(step.writes[number]["keys"]) if step is not None and number < len(step.writes) else None

    def _grow(self) -> None:
        pending = list(self._roots(self.home, []))[::-1]
        while pending:
            found = pending.pop()
            graph, name, table, outer = found.graph, found.name, found.table, found.outer
            if not isinstance(table, dict):
                continue
            doc = graph.home.doc
            own = [*self._template(graph.home, found.keys, table), Layer("step", doc, found.keys, table)]
            group = any(kind in layer.table for layer in own for kind in GROUPS)
            path = found.path.partition("!")[0] if found.role == "step" else found.path
            laid = self.layers.step(path, own, outer, group, doc)
            step = Step(name, found.path, found.role, graph, laid, found.keys, found.depth)
            self._one_kind(step)
            self.steps.append(step)
            children = list(self._children(step, outer))
            if step.role in ("step", "finally"):
                graph.steps[name] = step
                for entry in step.returns:
                    graph.returners.setdefault(entry["name"], []).append(step)
            elif step.role == "case" and found.holder is not None:
                graph.steps[name] = step
                if found.keys[-1] == "default" and found.keys[-2] != "cases":
                    found.holder.default = step
                else:
                    found.holder.cases.append((name, step))
            elif found.holder is not None:
                found.holder.handler, step.guarded = step, found.holder
            pending += children[::-1]
            pending += self._handler(step, outer)
        for home in self.homes:
            last = home.top.steps.get(LAST)
            if last is not None:
                asks: tuple[Step, Keys] = (last, ("finally",))
                last.after = {step.name: (step, asks) for step in home.top.steps.values() if step is not last}

    def _roots(self, home: Home, outer: list[Layer]) -> Iterator[Seed]:
        """The steps of a file and those of its `[finally]`, in graphs of their own."""
        user, data = home.user, home.doc.data
        path, depth = (user.path, user.inner) if user is not None else ("", 0)
        start = f"{path}." if user is not None else ""
        home.top, home.last = Graph(path, user, "steps", home), Graph(path, None, "finally", home)
        home.last.beyond = home.top
        for name, table in roots(home.doc).items():
            keys: Keys = ("job",) if "job" in data else ("steps", name)
            yield Seed(home.top, name, f"{start}{name}", "step", keys, table, outer, depth)
        named = data.get("finally", {})
        if user is not None and named:
            laid = Laid({"steps": {}}, (Layer("step", home.doc, (), {"finally": {}}),))
            last = Step(LAST, f"{path}.{LAST}", "step", home.top, laid, ("finally",), depth)
            home.top.steps[LAST], home.last.owner, last.inside = last, last, home.last
            self.steps.append(last)
        for name, table in named.items():
            place = f"{path}.{LAST}.{name}" if user is not None else f"{name}{LAST}"
            yield Seed(home.last, name, place, "finally", ("finally", name), table, outer, depth)

    def _children(self, step: Step, outer: list[Layer]) -> Iterator[Seed]:
        table = step.table
        if isinstance(table.get("defaults"), dict) and not step.task:
            said = step.laid.origin(("defaults",))
            where = (said.doc, (*said.keys, "defaults")) if said else (None, ())
            outer = [*outer, Layer(f"group {step.path} defaults", where[0], where[1], table["defaults"])]
        if step.kind == "uses":
            home = self._use(step)
            if home is not None:
                yield from self._roots(home, outer)
                step.inside = home.top
        for key in ("steps",) if step.kind == "steps" else ("cases", "default") if step.kind == "choose" else ():
            said = step.laid.origin((key,))
            if said is None:
                continue
            role, kind = ("step", "steps") if key == "steps" else ("case", "cases")
            inside = step.inside = step.inside or Graph(step.path, step, kind, step.home)
            keys = (*said.keys, key)
            entries = [(key, keys, table[key])]
            if key != "default":
                entries = [(name, (*keys, name), one) for name, one in table[key].items()]
            for name, place, one in entries:
                yield Seed(inside, name, f"{step.path}.{name}", role, place, one, outer, step.inner, step)

    def _use(self, step: Step) -> Home | None:
        """The file that a step uses, with what the step hands in; None where something is wrong with that."""
        said = step.laid.origin(("uses",))
        if said is None or said.doc is None:
            return None
        doc = self.layers.files.library.used(said.doc.part(said.keys), step.table["uses"])
        if doc is None:
            return None
        if len(self.steps) > MOST:
            problem = diagnose("E337", step.place(("uses",)), limit=MOST)
            raise Refused(with_ways([*self.problems, problem], self.layers.files.library.ways))
        said_as = step.table["uses"] if ":" in step.table["uses"] else ""
        if id(doc) not in self._parameters:
            self._parameters[id(doc)] = found = defaults(doc, said_as)
            self.problems += found.problems
        home = Home(doc, self._parameters[id(doc)], step)
        self.homes.append(home)
        if "returns" not in step.table:
            step.returns = [{"name": entry} if isinstance(entry, str) else dict(entry) for entry in home.returns]
        return home

    def _handler(self, step: Step, outer: list[Layer]) -> list[Seed]:
        given = step.table.get("on-failure")
        if given is None:
            return []
        run = given.get("run") if isinstance(given, dict) else given
        keys = ("on-failure", "run") if isinstance(given, dict) else ("on-failure",)
        step.recover = given.get("recover", False) if isinstance(given, dict) else False
        handlers = step.home.doc.data.get("handlers", {})
        if run not in handlers:
            args = self.guess(str(run), handlers) or {"hint": f"write it: `[handlers.{run}]`"}
            self.problems.append(diagnose("E251", step.place(keys), name=run, key="on-failure", **args))
            return []
        if step.role == "handler":
            self.problems.append(diagnose("E305", step.place(keys), name=step.name))
            return []
        name, path = str(run), f"{step.path}!on-failure"
        return [Seed(step.graph, name, path, "handler", ("handlers", run), handlers[run], outer, step.depth, step)]

    def _template(self, home: Home, keys: Keys, table: dict[str, Any]) -> list[Layer]:
        chain: list[Layer] = []
        seen: list[str] = []
        doc, templates = home.doc, home.doc.data.get("templates", {})
        name, at = table.get("extends"), (*keys, "extends")
        while isinstance(name, str):
            if name in seen:
                circle = seen[seen.index(name) :]
                if self._circles.isdisjoint(circle):
                    places = [doc.place(("templates", one, "extends")) for one in circle[:-1]]
                    edges = zip(places, pairwise(circle), strict=True)
                    related = [(place, f"`{one}` extends `{two}`") for place, (one, two) in edges]
                    path = " -> ".join([*circle, name])
                    self.problems.append(diagnose("E302", doc.place(at), related=related, path=path))
                self._circles.update(circle)
                break
            if name not in templates:
                args = self.guess(name, templates) or {"hint": f"write it: `[templates.{name}]`"}
                self.problems.append(diagnose("E252", doc.place(at), name=name, **args))
                break
            seen.append(name)
            template = templates[name]
            chain.append(Layer(f"template {name}", doc, ("templates", name), template))
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


def _offset(step: Step, key: str) -> tuple[int, int]:
    place = step.place((key,), "key")
    return (place.line, place.col) if place else (0, 0)

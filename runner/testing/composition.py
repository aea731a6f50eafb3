"""A composed pipeline as a tree that knows who means whom, and its text: what the planner must understand."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Table = dict[str, Any]


class Ref(NamedTuple):
    """What a name means. what: return, status (of `step`), item, round, given (`params` of a group), previous (the
    round before), param. qualified: it is written as `steps.STEP.NAME`; default: it stands in where nothing is."""

    what: str
    step: Any
    name: str
    qualified: bool = False
    default: int | None = None

    @property
    def soft(self) -> bool:
        """Whether it gives order only (N2)."""
        return self.what == "status" or self.default is not None

    def words(self) -> str:
        """As it is written, without `${}`."""
        if self.what == "status":
            return f"steps.{self.step.name}.status"
        return f"steps.{self.step.name}.{self.name}" if self.qualified else self.name

    def text(self) -> str:
        """As it is written where values stand."""
        return f"${{{self.words()}{'' if self.default is None else f':-{self.default}'}}}"


class Test(NamedTuple):
    """A comparison; a condition is a list of them, all of which hold."""

    ref: Ref
    op: str
    value: Any

    def words(self, of: Callable[[Ref], str]) -> str:
        """As it is written; `of` writes the reference."""
        return f"{of(self.ref)} {self.op} {literal(self.value)}"


def condition(tests: list[Test], of: Callable[[Ref], str] = Ref.words) -> str:
    """A condition in words."""
    return " and ".join(test.words(of) for test in tests)


class Return(NamedTuple):
    """A return: its kind (int, list), and the inner step that gives it under which name; a task's own have none."""

    name: str
    kind: str
    giver: Any = None
    inner: str = ""


class Each(NamedTuple):
    """Items: names with their sources (a list, a Ref); what is said beside them."""

    names: dict[str, Any]
    tolerate: int = 0
    serial: bool = False
    stop: tuple[Test, ...] = ()
    reduce: tuple[tuple[str, str], ...] = ()


class Loop(NamedTuple):
    """Rounds."""

    until: tuple[Test, ...]
    most: int
    name: str | None
    exhausted: str
    delay: float


class Step:
    """One step; what is inside it stands in `steps` (a group), in `cases` and `default` (a choice)."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind
        self.beside: list[Step] = []  # its siblings
        self.needs: list[Step] = []
        self.after: list[Step] = []
        self.when: list[Test] = []
        self.each: Each | None = None
        self.loop: Loop | None = None
        self.handler: Step | None = None
        self.recover: str | None = None
        self.steps: list[Step] = []
        self.subject: Ref | None = None
        self.cases: list[tuple[int, Step]] = []
        self.default: Step | None = None
        self.retry: Table = {}
        self.params: dict[str, Ref] = {}
        self.returns: list[Return] = []
        self.made: dict[str, str] = {}  # of a task: the kinds of what it returns itself

    def inside(self) -> Iterator[Step]:
        """The steps right inside."""
        yield from self.steps
        yield from (step for _, step in self.cases)
        if self.default is not None:
            yield self.default

    def below(self) -> Iterator[Step]:
        """Itself and all below, handlers too."""
        yield self
        for step in [*self.inside(), *([self.handler] if self.handler else [])]:
            yield from step.below()

    def refs(self) -> Iterator[Ref]:
        """All that it and what is below it name."""
        for step in self.below():
            yield from step.params.values()
            tests = [*step.when, *(step.loop.until if step.loop else ()), *(step.each.stop if step.each else ())]
            yield from (test.ref for test in tests)
            yield from [step.subject] if step.subject else []
            yield from (source for source in (step.each.names.values() if step.each else ()) if isinstance(source, Ref))

    def edges(self) -> tuple[list[Step], list[Step]]:
        """The siblings that it needs and those that it merely waits for (N2, N26)."""
        named = [ref for ref in self.refs() if ref.what in ("return", "status") and ref.step in self.beside]
        named = [ref for ref in named if ref.step is not self]
        hard = [ref.step for ref in named if not ref.soft and ref.step not in self.after]
        needs = dict.fromkeys([*self.needs, *hard])
        after = dict.fromkeys([*self.after, *(ref.step for ref in named)])
        return list(needs), [step for step in after if step not in needs]


class Composition(NamedTuple):
    """A pipeline: its steps in an order in which they may run, and its parameters."""

    steps: list[Step]
    params: dict[str, Any]

    def text(self, shuffled: Callable[[list[Step]], list[Step]] = list) -> str:
        """The file. shuffled: the order in which siblings are written."""
        lines = [
            'name = "composed"',
            "[params]",
            *(f"{name} = {literal(value)}" for name, value in self.params.items()),
        ]
        handlers: list[tuple[str, Step]] = []
        for step in shuffled(self.steps):
            lines += _lines(f"steps.{step.name}", step, shuffled, handlers)
        for name, handler in handlers:
            lines += _lines(f"handlers.{name}", handler, shuffled, handlers)
        return "\n".join(lines) + "\n"


def _lines(path: str, step: Step, shuffled: Callable[[list[Step]], list[Step]], handlers: Any) -> Iterator[str]:
    yield f"[{path}]"
    yield from (f"{key} = {literal(value)}" for key, value in _keys(step).items() if value not in (None, "", [], {}))
    if step.kind == "task" and not step.params:
        yield "params = []"
    if step.handler is not None:
        name = f"h{len(handlers)}"
        handlers.append((name, step.handler))
        yield f"on-failure = {literal({'run': name, 'recover': step.recover} if step.recover else name)}"
    for inner in shuffled(step.steps):
        yield from _lines(f"{path}.steps.{inner.name}", inner, shuffled, handlers)
    for value, inner in step.cases:
        yield from _lines(f"{path}.cases.{value}", inner, shuffled, handlers)
    if step.default is not None:
        yield from _lines(f"{path}.default", step.default, shuffled, handlers)


def _keys(step: Step) -> Table:
    table: Table = {"needs": [one.name for one in step.needs], "after": [one.name for one in step.after]}
    table["when"] = condition(step.when)
    table["returns"] = [_return(one, step) for one in step.returns]
    table["params"] = {name: ref.text() for name, ref in step.params.items()}
    if step.kind == "task":
        table.update(shell=":", retry=step.retry)
    if step.subject is not None:
        table["choose"] = step.subject.words()
    if step.each is not None:
        table["for-each"] = {n: s.text() if isinstance(s, Ref) else s for n, s in step.each.names.items()}
        table["tolerate"] = step.each.tolerate
        table["max-parallel"] = 1 if step.each.serial else None
        table["stop-when"] = condition(list(step.each.stop))
        table["reduce"] = dict(step.each.reduce)
    if step.loop is not None:
        loop = step.loop
        table["repeat"] = {"max": loop.most, "exhausted": loop.exhausted, "delay": f"{round(loop.delay * 1000)}ms"}
        table["repeat"].update({"until": condition(list(loop.until))} if loop.until else {})
        table["repeat"].update({"as": loop.name} if loop.name else {})
    return table


def _return(one: Return, step: Step) -> Any:
    if one.giver is None or step.kind == "choice":
        return one.name
    if one.inner == one.name:
        return one.name
    return {"name": one.name, "from": f"{one.giver.name}.{one.inner}"}


def literal(value: Any) -> str:
    """A value in TOML; in a condition the same."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {literal(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    return json.dumps(value)

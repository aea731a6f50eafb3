"""Compositions thrown by a seed: groups, maps, choices, loops and handlers in each other, up to four deep."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from runner.testing.composition import Composition, Each, Loop, Ref, Return, Step, Test

DEEP = 4
MOST = 32  # instances of tasks


class Scope:
    """What may be named from a place: the siblings before it, and what the step around it gives to all inside."""

    def __init__(self, outer: Scope | None, names: list[str] | None = None, holder: Step | None = None) -> None:
        self.outer, self.holder = outer, holder
        self.names = names  # of a graph: all its steps, those to come too
        self.before: list[Step] = []
        self.given: list[Ref] = []  # items, rounds, what a group is given, what the round before gave

    def chain(self) -> Iterator[Scope]:
        """This one and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.outer


class Composer:
    """Throws one composition."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(f"compose {seed}")
        self.count = 0
        self.params: dict[str, Any] = {"p": 2, "q": [1, 3]}
        self.shared: set[str] = set()  # names that more than one step returns, or that are parameters too

    def composition(self) -> Composition:
        """The whole."""
        scope = Scope(None)
        scope.given = [Ref("param", None, "p")]
        return Composition(self.graph(scope, 0), self.params)

    def maybe(self, chance: float) -> bool:
        return self.dice.random() < chance

    def fresh(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    def graph(self, outer: Scope, depth: int) -> list[Step]:
        """Siblings; some have the name of a step further out, which they hide."""
        taken = [name for scope in outer.chain() for name in scope.names or ()]
        names: list[str] = []
        for _ in range(self.dice.choice([1, 2, 2, 3, 4] if depth == 0 else [1, 2, 2, 3])):
            name = self.dice.choice(taken) if taken and self.maybe(0.2) else self.fresh("s")
            names.append(self.fresh("s") if name in names else name)
        scope = Scope(outer, names)
        for name in names:
            scope.before.append(self.step(name, scope, depth))
            scope.before[-1].beside = scope.before
        return scope.before

    def step(self, name: str, scope: Scope, depth: int, role: str = "step") -> Step:
        """A step with all that stands around its kind."""
        dice = self.dice
        inner = depth < DEEP and role != "handler"
        kind = dice.choice(["task", "task", "group", "group", "choice"]) if inner else "task"
        if role == "handler" and self.maybe(0.2):
            kind = "group"
        step = Step(name, kind)
        if role == "step":
            step.needs = [one for one in scope.before if self.maybe(0.2)]
            step.after = [one for one in scope.before if one not in step.needs and self.maybe(0.2)]
        inside = Scope(scope, holder=step)
        if role != "handler":
            self.around(step, scope, inside)
        if kind == "task":
            self.task(step, inside)
        elif kind == "group":
            self.group(step, inside, depth if role != "handler" else DEEP)
        else:
            self.choice(step, inside, depth)
        self.after_body(step)
        if role != "handler" and self.maybe(0.3):
            step.recover = dice.choice([None, "continue", "continue", "skip"])
            step.handler = self.step(self.fresh("h"), scope, DEEP, "handler")
            self.stand_in(step)
        return step

    def around(self, step: Step, scope: Scope, inside: Scope) -> None:
        """Items, rounds, `when`."""
        dice = self.dice
        if self.maybe(0.3):
            names = {self.fresh("i"): self.source(scope) for _ in range(dice.choice([1, 1, 1, 2]))}
            step.each = Each(names, dice.choice([0, 0, 1, 1]), self.maybe(0.4))
            inside.given += [Ref("item", step, name) for name in names]
        if self.maybe(0.25):
            name = self.fresh("k") if self.maybe(0.6) else None
            step.loop = Loop((), dice.choice([1, 2, 3]), name, dice.choice(["fail", "succeed"]), dice.choice([0, 0.25]))
            inside.given += [Ref("round", step, name)] if name else []
        if self.maybe(0.2):
            items = [ref for ref in inside.given if ref.what == "item"]
            if items and self.maybe(0.7):
                step.when = [Test(dice.choice(items), dice.choice(["!=", "<", ">="]), dice.randint(0, 3))]
            else:
                step.when = self.tests(scope)

    def source(self, scope: Scope) -> Any:
        """Items: a list as it stands, a parameter, or what a task before gives."""
        dynamic = [
            Ref("return", one, given.name, True)
            for at in scope.chain()
            for one in at.before
            for given in one.returns
            if one.kind == "task" and not one.each and not one.loop and not one.handler and given.kind == "list"
        ]
        dynamic = [ref for ref in dynamic if _meant(scope, ref.step)]
        if dynamic and self.maybe(0.5):
            return self.dice.choice(dynamic)
        if self.maybe(0.2):
            return Ref("param", None, "q")
        return [self.dice.randint(0, 3) for _ in range(self.dice.choice([0, 1, 2, 2, 3]))]

    def tests(self, scope: Scope) -> list[Test]:
        """A condition over what is in scope."""
        found: list[Test] = []
        for _ in range(self.dice.choice([1, 1, 2])):
            ref = self.name(scope, "int")
            if ref is not None and ref.what == "status":
                found.append(
                    Test(ref, self.dice.choice(["==", "!="]), self.dice.choice(["succeeded", "failed", "skipped"]))
                )
            elif ref is not None and ref.default is None:
                found.append(Test(ref, self.dice.choice(["==", "!=", "<", ">="]), self.dice.randint(0, 3)))
        return found

    def name(self, scope: Scope, kind: str | None, status: bool = True) -> Ref | None:
        """Something of a kind (None: any) that may be named here, written in one of its ways."""
        dice = self.dice
        sure = ("item", "round", "param")  # whose kind is known
        found = [ref for at in scope.chain() for ref in at.given if kind is None or ref.what in sure]
        for at in scope.chain():
            for one in at.before:
                qualified = _meant(scope, one)
                if qualified and status:
                    found.append(Ref("status", one, ""))
                for given in one.returns:
                    if kind is not None and given.kind != kind:
                        continue
                    bare = given.name not in self.shared
                    if qualified or bare:
                        default = dice.randint(5, 9) if kind is None and self.maybe(0.25) else None
                        found += [
                            Ref("return", one, given.name, qualified and (not bare or self.maybe(0.5)), default)
                        ] * 2
        return dice.choice(found) if found else None

    @staticmethod
    def returning(step: Step, kinds: dict[str, str]) -> None:
        """A task returns these."""
        step.made = kinds
        step.returns = [Return(name, kind) for name, kind in kinds.items()]

    def task(self, step: Step, inside: Scope) -> None:
        """What a task takes, gives, and how often it is tried."""
        dice = self.dice
        many = dice.choice([0, 1, 1, 2])
        self.returning(step, {self.fresh("v"): dice.choice(["int", "int", "list"]) for _ in range(many)})
        self.previous(step, inside)
        for _ in range(dice.choice([0, 1, 2, 3])):
            ref = self.name(inside, None, status=self.maybe(0.3))
            if ref is not None:
                step.params[self.fresh("a")] = ref
        if self.maybe(0.3):
            step.retry = {"attempts": dice.choice([2, 3]), "delay": dice.choice(["0s", "250ms"])}
            if self.maybe(0.3):
                step.retry["on"] = [1]

    def previous(self, step: Step, inside: Scope) -> None:
        """What a loop gives is what its next round sees (N31)."""
        for given in step.returns if step.loop else ():
            if self.maybe(0.3):
                self.params[given.name] = 4
                self.shared.add(given.name)
            inside.given += [Ref("previous", step, given.name)] * 2

    def group(self, step: Step, inside: Scope, depth: int) -> None:
        """What is inside and what of it goes out."""
        if self.maybe(0.2):
            ref = self.name(inside, None, status=False)
            if ref is not None:
                step.params = {self.fresh("g"): ref}
                inside.given += [Ref("given", step, name) for name in step.params]
        promised = [self.fresh("v") for _ in range(self.dice.choice([0, 1, 2]))]
        if step.loop:
            step.returns = [Return(name, "any") for name in promised]
            self.previous(step, inside)
        step.steps = self.graph(inside, depth + 1)
        step.returns = []
        within = [(one, given) for one in step.steps for given in one.returns]
        if promised and not within:
            step.steps.append(Step(self.fresh("s"), "task"))
            self.returning(step.steps[-1], {self.fresh("v"): "int"})
            within = [(step.steps[-1], step.steps[-1].returns[0])]
        for name in promised:
            giver, given = self.dice.choice(within)
            if not step.loop and self.maybe(0.4) and given.name not in self.shared:
                unique = sum(one.name == given.name for _, one in within) == 1
                name = given.name if unique and all(one.name != given.name for one in step.returns) else name
            step.returns.append(Return(name, given.kind, giver, given.name))

    def choice(self, step: Step, inside: Scope, depth: int) -> None:
        """Cases that all give the same names."""
        step.subject = self.name(inside, "int", status=False)
        if step.subject is None:
            step.subject = Ref("param", None, "p")
        names = {self.fresh("v"): "int" for _ in range(self.dice.choice([0, 1]))}
        self.shared.update(names)
        values = self.dice.sample(range(4), self.dice.choice([1, 2, 3]))
        if step.loop:
            step.returns = [Return(name, "any") for name in names]
            self.previous(step, inside)
        scope = Scope(inside)
        step.cases = [(value, self.case(str(value), scope, depth, names)) for value in values]
        if self.maybe(0.7):
            step.default = self.case("default", scope, depth, names)
        kinds = {
            name: {one.kind for case in step.inside() for one in case.returns if one.name == name} for name in names
        }
        step.returns = [Return(name, "int" if kinds[name] == {"int"} else "any") for name in names]

    def case(self, name: str, scope: Scope, depth: int, names: dict[str, str]) -> Step:
        """A case gives all the names, as it is or in a group of one more."""
        while True:
            case = self.step(name, scope, depth + 1, "case")
            plain = not case.loop and not case.handler and not (case.each and (case.each.reduce or case.each.stop))
            if case.kind == "task" and plain and not case.each:
                self.returning(case, names)
                return case
            within = [(one, given) for one in case.steps for given in one.returns]
            if case.kind == "group" and plain and len(within) >= len(names):
                chosen = zip(names, self.dice.sample(within, len(names)), strict=True)
                kinds = {True: "list"}
                case.returns = [
                    Return(new, kinds.get(bool(case.each), given.kind), one, given.name) for new, (one, given) in chosen
                ]
                return case
            if not names:
                return case

    def after_body(self, step: Step) -> None:
        """What can only be said once it is known what the body gives: `until`, `stop-when`, reducers."""
        dice = self.dice
        numbers = [one for one in step.returns if one.kind == "int"]
        if step.loop:
            refs = [Ref("return", step, one.name) for one in numbers]
            refs += [Ref("round", step, step.loop.name)] if step.loop.name else []
            test = Test(
                dice.choice(refs or [Ref("param", None, "p")]), dice.choice(["==", ">=", "<", "!="]), dice.randint(0, 3)
            )
            step.loop = step.loop._replace(until=(test,))
        if not step.each:
            return
        if numbers and self.maybe(0.35):
            own = Ref("return", step, dice.choice(numbers).name)
            test = Test(own, dice.choice(["==", ">", ">="]), dice.randint(0, 3))
            step.each = step.each._replace(serial=True, stop=(test,))
        ways = {"int": ["sum", "min", "max", "first", "last", "list"], "list": ["first", "last", "list", "concat"]}
        reduce = {one.name: dice.choice(ways[one.kind]) for one in step.returns if one.kind in ways and self.maybe(0.3)}
        step.each = step.each._replace(reduce=tuple(reduce.items()))
        step.returns = [one._replace(kind=_kind(one.kind, reduce.get(one.name))) for one in step.returns]

    def stand_in(self, step: Step) -> None:
        """A handler that recovers gives what its step gives."""
        handler = step.handler
        assert handler is not None
        if step.recover != "continue":
            return
        if handler.kind == "group":
            handler.kind, handler.steps, handler.params = "task", [], {}
        self.returning(handler, {one.name: "int" for one in step.returns})
        step.returns = [one._replace(kind="any" if one.kind != "int" else "int") for one in step.returns]


def _kind(kind: str, how: str | None) -> str:
    if how is None or how in ("list", "concat"):
        return "list"
    return "any" if how in ("first", "last") and kind == "list" else "int"


def _meant(scope: Scope, step: Step) -> bool:
    """Whether `steps.NAME` means this step, looked up from here outward (N7)."""
    for at in scope.chain():
        if at.names is not None and step.name in at.names:
            return step in at.before
    return False


def compose(seed: int) -> Composition:
    """The composition of a seed, of at most MOST tasks."""
    for number in range(1000):
        found = Composer(seed * 1000 + number).composition()
        if sum(map(size, found.steps)) <= MOST:
            return found
    raise AssertionError("none is small enough")


def size(step: Step) -> int:
    """How many instances of tasks it comes to, at most."""
    many = 1
    for source in step.each.names.values() if step.each else ():
        many *= len(source) if isinstance(source, list) else 3
    many *= step.loop.most if step.loop else 1
    inner = sum(map(size, step.inside())) if step.kind != "task" else 1
    return many * inner + (size(step.handler) if step.handler else 0)

"""A composition written out by hand: tasks that wait for tasks, and nothing else.

Around a task of the composition stand joins, tasks that do what a person would write a script for: `begin` asks a
`when`; `out` always succeeds and tells what came of what it joins, and its values; `end` fails where that failed, and
is skipped where that was, so that others can need it. Written apart from the planner and the machine."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from typing import Any, Protocol

from runner.testing.around import Around, Inst, over
from runner.testing.composition import Composition, Ref, Step, Table, Test, literal

OKAY, BAD = ("succeeded", "cached"), ("failed", "errored")
# What a join makes of what it takes: status, reason, returns.
Join = Callable[[Table], tuple[str, "str | None", Table]]


class Lists(Protocol):
    """Who knows what a task is going to return."""

    def value(self, name: str, returned: str, kind: str) -> Any: ...


class Flat:
    """The flat file while it is written."""

    def __init__(self, composed: Composition, world: Lists) -> None:
        self.params, self.world = composed.params, world
        self.steps: dict[str, Table] = {}
        self.joins: dict[str, Join] = {}
        self.waits: dict[str, float] = {}  # how long a join takes
        self.names: dict[str, str] = {}  # a task of the flat file -> the instance that it is
        self.outs: dict[str, Inst] = {}  # every instance by name
        self.returns: dict[str, list[str]] = {}  # what an instance gives, by name
        self.kinds: dict[str, str] = {}  # of what tasks return
        around = Around({}, {}, {}, {}, composed.params, {})
        for step in composed.steps:
            around = around.with_(insts={id(step): self.step(step, around, "", [])})
        self.top = [around.insts[id(step)] for step in composed.steps]

    def text(self) -> str:
        """The file."""
        lines = ['name = "flat"', "[params]", *(f"{name} = {literal(value)}" for name, value in self.params.items())]
        for name, table in self.steps.items():
            lines += [f"[steps.{name}]", "shell = ':'"]
            lines += [f"{key} = {literal(value)}" for key, value in table.items() if value or key == "params"]
        return "\n".join(lines) + "\n"

    def add(self, letter: str, table: Table, join: Join | None = None) -> str:
        """Write a task; what its texts name it waits for."""
        name = f"{letter}{len(self.steps)}"
        table = {"params": {}, **table}
        named = _named([table["params"], table.get("when", "")])
        needs = list(dict.fromkeys(table.get("needs", ())))
        table["needs"] = needs
        table["after"] = [one for one in dict.fromkeys([*table.get("after", ()), *named]) if one not in needs]
        self.steps[name] = table
        if join is not None:
            self.joins[name] = join
        return name

    def join(self, needs: list[str], after: list[str], when: str = "") -> str:
        """A task that does nothing."""
        return self.add("b", {"needs": needs, "after": after, "when": when}, lambda params: ("succeeded", None, {}))

    # what stands around a step, from the outside in

    def step(self, step: Step, around: Around, prefix: str, gate: list[str]) -> Inst:
        """A step for one instance of what is around it."""
        name = prefix + step.name
        needs, after = step.edges()
        must = [*gate, *(around.insts[id(one)].end for one in needs)]
        may = [around.insts[id(one)].end for one in after]
        items = [test for test in step.when if test.ref.what == "item" and test.ref.step is step]
        when = "" if items else around.condition(step.when)
        if step.kind == "task" and not step.each and not step.loop and not step.handler:
            return self.note(name, self.task(step, around, name, must, may, when), step)
        begin = self.join(must, may, when)
        if step.each:
            inner = self.items(step, around, name, begin, items)
        elif step.loop:
            inner = self.rounds(step, around, name, begin)
        else:
            inner = self.body(step, around, name, [begin])
        return self.note(name, self.handled(step, around, name, begin, inner), step)

    def note(self, name: str, inst: Inst, step: Step) -> Inst:
        self.outs[name], self.returns[name] = inst, [one.name for one in step.returns]
        return inst

    def handled(self, step: Step, around: Around, name: str, begin: str, inner: Inst) -> Inst:
        """The handler, and what the step is when it has run (N29)."""
        handler, recover = step.handler, step.recover
        if handler is None:
            return self.entered(name, begin, inner)
        names = [one.name for one in step.returns]
        params = {"begin": f"${{steps.{begin}.status}}", "st": inner.status(), "why": inner.why()}
        params.update({f"v_{one}": inner.value(one) for one in names})
        fires = f"steps.{begin}.status == 'succeeded' and ({self.fires(inner)})"
        asked = self.join([], [begin, inner.end, inner.out], fires)
        stand = self.step_of_handler(handler, around, f"{name}!on-failure", [asked])
        params["hst"] = stand.status()
        if recover == "continue":
            params.update({f"h_{one.name}": stand.value(one.name) for one in handler.returns})

        def tell(params: Table) -> tuple[str, str | None, Table]:
            st, why, handled = params["st"], params.get("why"), None
            if params["begin"] != "succeeded":
                return _never(params["begin"])
            if st in BAD:
                handled = (recover or False) if params["hst"] in OKAY else False
            kept = "h_" if handled == "continue" else "v_"
            values = {one: params[kept + one] for one in names if kept + one in params}
            cls = _class(st)
            if handled in ("continue", "skip"):
                cls = {"continue": "ok", "skip": "skip"}[handled]
            values = values if cls == "ok" else {}
            return "succeeded", None, {**values, "st": st, "why": why, "handled": handled, "cls": cls}

        out = self.out(params, [inner.end, stand.end], names, tell)
        return Inst(name, self.end(out), out, False)

    def entered(self, name: str, begin: str, inner: Inst) -> Inst:
        """What a step without a handler is: what is inside it, if that ever began."""
        join = self.joins[inner.out]
        self.steps[inner.out]["params"]["begin"] = f"${{steps.{begin}.status}}"
        self.joins[inner.out] = lambda params: (
            join(params) if params["begin"] == "succeeded" else _never(params["begin"])
        )
        return inner._replace(name=name)

    def step_of_handler(self, handler: Step, around: Around, name: str, gate: list[str]) -> Inst:
        when = around.condition(handler.when)
        if handler.kind == "task":
            return self.note(name, self.task(handler, around, name, gate, [], when), handler)
        begin = self.join(gate, [], when)
        inner = self.body(handler, around, name, [begin])
        return self.note(name, self.handled(handler, around, name, begin, inner), handler)

    def fires(self, inner: Inst) -> str:
        status = f"steps.{inner.out}.{'status' if inner.task else 'st'}"
        return f"{status} == 'failed' or {status} == 'errored'"

    def out(self, params: Table, after: list[str], names: list[str], join: Join) -> str:
        """A join that tells: it always succeeds."""
        return self.add(
            "o", {"params": params, "after": after, "returns": [*names, "st", "why", "handled", "cls"]}, join
        )

    def end(self, out: str) -> str:
        """A join that may be needed."""

        def judge(params: Table) -> tuple[str, str | None, Table]:
            return ("failed", "exit", {}) if params["cls"] == "bad" else ("succeeded", None, {})

        return self.add("e", {"params": {"cls": f"${{steps.{out}.cls}}"}, "when": f"steps.{out}.cls != 'skip'"}, judge)

    def items(self, step: Step, around: Around, name: str, begin: str, wanted: list[Test]) -> Inst:
        """The items of a map, one after the other where it is `serial`, and what becomes of them all."""
        each = step.each
        assert each is not None
        lists = [self.listed(source, around) for source in each.names.values()]
        chosen = [dict(zip(each.names, combo, strict=True)) for combo in product(*lists)]
        chosen = [item for item in chosen if all(_holds(test, item[test.ref.name]) for test in wanted)]
        givers = [around.insts[id(one.step)] for one in each.names.values() if isinstance(one, Ref) and one.step]
        params: Table = {f"giver{index}": giver.status() for index, giver in enumerate(givers)}
        if givers:
            begin = self.join([begin], [], " and ".join(f"steps.{giver.out}.status == 'succeeded'" for giver in givers))
        after, first, last = [begin], begin, None
        names = [one.name for one in step.returns]
        for index, item in enumerate(chosen):
            when = ""
            if last is not None and each.stop:
                when = f"not ({over(each.stop, last)})"
            gates = [begin, first] if when else [begin]  # what stopped, or could not be answered, stays so
            first = self.join(gates, [last.end, last.out] if last is not None and each.serial else [], when)
            inside = around.with_(items={(id(step), key): value for key, value in item.items()})
            itself = f"{name}[{index}]"
            if step.loop:
                last = self.note(itself, self.rounds(step, inside, itself, first), step)
            else:
                last = self.note(itself, self.body(step, inside, itself, [first]), step)
            params.update({f"st{index}": last.status(), f"b{index}": f"${{steps.{first}.status}}"})
            params.update({f"v{index}_{one}": last.value(one) for one in names})
            after.append(last.end)
        count = len(chosen)

        def gather(params: Table) -> tuple[str, str | None, Table]:
            bad = sum(params[f"st{i}"] in BAD for i in range(count))
            st, why = ("failed", "too-many-failed") if bad > each.tolerate else ("succeeded", None)
            if any(params[f"b{i}"] == "errored" for i in range(count)):  # `stop-when` could not be answered
                st, why = "errored", "bad-param"
            if any(params[f"giver{i}"] != "succeeded" for i in range(len(givers))):  # there is no list
                return _told("failed", "bad-param", {})
            values = {one: [params.get(f"v{i}_{one}") for i in range(count)] for one in names}
            for one, how in each.reduce if st == "succeeded" else ():
                taken = values.pop(one)
                try:
                    values[one] = _reduced(how, taken)
                except TypeError:
                    st, why = "failed", "bad-return"
            return _told(st, why, values)

        out = self.out(params, after, names, gather)
        return Inst(name, self.end(out), out, False)

    def listed(self, source: Any, around: Around) -> list[Any]:
        """Items as they are written, or as the task that gives them will."""
        if isinstance(source, Ref) and source.what == "param":
            return list(self.params[source.name])
        if isinstance(source, Ref):
            kind = next(one.kind for one in source.step.returns if one.name == source.name)
            return list(self.world.value(around.insts[id(source.step)].name, source.name, kind))
        return list(source)

    def rounds(self, step: Step, around: Around, name: str, begin: str) -> Inst:
        """All rounds that there could be, each begun when `until` did not hold after the one before (N31)."""
        loop = step.loop
        assert loop is not None
        params: Table = {}
        names = [one.name for one in step.returns]
        after, gates, last = [begin], [begin], None
        for number in range(1, loop.most + 2):
            when = ""
            if last is not None and loop.until:
                when = f"not ({over(loop.until, last, number - 1)})"
            first = self.join([*gates, *([last.end, last.out] if last else [])], [], when)
            params[f"b{number}"] = f"${{steps.{first}.status}}"
            after.append(first)
            if number > loop.most:
                break
            self.waits[first] = loop.delay if number > 1 else 0
            inside = around.with_(rounds={id(step): number}, before={id(step): last})
            itself = f"{name}#{number}"
            last = self.note(itself, self.body(step, inside, itself, [first]), step)
            params.update({f"st{number}": last.status(), f"why{number}": last.why()})
            params.update({f"v{number}_{one}": last.value(one) for one in names})
            after.append(last.end)

        def gather(params: Table) -> tuple[str, str | None, Table]:
            ran = [n for n in range(1, loop.most + 1) if params[f"b{n}"] == "succeeded"]
            if not ran:
                return _told(params["b1"], None, {})
            n = ran[-1]
            st, why = params[f"st{n}"], params.get(f"why{n}")
            if st in OKAY or st == "skipped":
                st, why = "succeeded", None
                if params[f"b{n + 1}"] == "errored":
                    st, why = "errored", "bad-param"
                elif params[f"b{n + 1}"] == "succeeded" and loop.exhausted == "fail":
                    st, why = "failed", "not-converged"
            values = {one: params[f"v{n}_{one}"] for one in names if f"v{n}_{one}" in params}
            return _told(st, why, values)

        out = self.out(params, after, names, gather)
        return Inst(name, self.end(out), out, False)

    # the kinds

    def body(self, step: Step, around: Around, name: str, gate: list[str]) -> Inst:
        """What a step is when all that stands around it is left out."""
        if step.kind == "task":
            return self.task(step, around, name, gate, [], "")
        if step.kind == "choice":
            return self.choice(step, around, name, gate)
        if step.params:
            taken = {(id(step), key): around.ref(ref) for key, ref in step.params.items()}
            around = around.with_(given=taken)
        params: Table = {"gate": f"${{steps.{gate[-1]}.status}}"}
        after = list(gate)
        for index, inner in enumerate(step.steps):
            found = self.step(inner, around, f"{name}.", gate)
            around = around.with_(insts={id(inner): found})
            params[f"st{index}"] = found.status()
            params[f"cls{index}"] = found.cls()
            after.append(found.end)
        for one in step.returns:
            params[f"v_{one.name}"] = around.insts[id(one.giver)].value(one.inner)
        names = [one.name for one in step.returns]
        count = len(step.steps)

        def gather(params: Table) -> tuple[str, str | None, Table]:
            bad = {params[f"st{i}"] for i in range(count) if _class(params[f"cls{i}"]) == "bad"}
            st = next((one for one in ("failed", "errored", "blocked") if one in bad), "succeeded")
            st = st if params["gate"] == "succeeded" else _shut(params["gate"])
            values = {one: params[f"v_{one}"] for one in names if f"v_{one}" in params}
            return _told(st, None, values)

        out = self.out(params, after, names, gather)
        return Inst(name, self.end(out), out, False)

    def choice(self, step: Step, around: Around, name: str, gate: list[str]) -> Inst:
        assert step.subject is not None
        subject = around.words(step.subject)
        values = [value for value, _ in step.cases]
        params: Table = {"gate": f"${{steps.{gate[-1]}.status}}"}
        after, insts = list(gate), []
        for index, inner in enumerate(step.inside()):
            if inner is step.default:
                when = " and ".join(f"{subject} != {value}" for value in values)
            else:
                when = f"{subject} == {values[index]}"
            first = self.join(gate, [], when)
            found = self.step(inner, around, f"{name}.", [first])
            insts.append(found)
            params.update({f"b{index}": f"${{steps.{first}.status}}", f"st{index}": found.status()})
            params[f"why{index}"] = found.why()
            params[f"cls{index}"] = found.cls()
            for one in step.returns:
                params[f"v{index}_{one.name}"] = found.value(one.name)
            after += [found.end, first]
        names = [one.name for one in step.returns]
        count = len(insts)

        def pick(params: Table) -> tuple[str, str | None, Table]:
            chosen = [i for i in range(count) if params[f"b{i}"] == "succeeded"]
            if params["gate"] != "succeeded":
                return _told(_shut(params["gate"]), None, {})
            if not chosen:
                return _told("failed", "bad-param", {})
            (i,) = chosen
            st, why = params[f"st{i}"], params.get(f"why{i}")
            if _class(params[f"cls{i}"]) != "bad":
                st, why = "succeeded", None
            values = {one: params[f"v{i}_{one}"] for one in names if f"v{i}_{one}" in params}
            return _told(st, why, values)

        out = self.out(params, after, names, pick)
        return Inst(name, self.end(out), out, False)

    def task(self, step: Step, around: Around, name: str, must: list[str], may: list[str], when: str) -> Inst:
        self.kinds.update(step.made)
        params = {key: value for key, ref in step.params.items() if (value := around.ref(ref)) is not None}
        for key in step.each.names if step.each else ():
            params[key] = around.items[id(step), key]
        if step.loop and step.loop.name:
            params[step.loop.name] = around.rounds[id(step)]
        table: Table = {"params": params, "needs": must, "after": may, "when": when, "retry": step.retry}
        table["returns"] = [one.name for one in step.returns]
        flat = self.add("t", table)
        self.names[flat] = name
        return Inst(name, flat, flat, True)


def _named(value: Any) -> list[str]:
    return re.findall(r"steps\.(\w+)\.", repr(value))


def _class(status: str) -> str:
    return "ok" if status in OKAY or status == "ok" else "skip" if status in ("skipped", "skip") else "bad"


def _never(begin: str) -> tuple[str, str | None, Table]:
    """What is told of what never began: it is blocked, skipped, or its `when` could not be answered."""
    return _told(begin, "bad-param" if begin == "errored" else None, {})


def _told(status: str, why: str | None, values: Table) -> tuple[str, str | None, Table]:
    """What a join tells; what has not succeeded gives nothing."""
    cls = _class(status)
    return "succeeded", None, {**(values if cls == "ok" else {}), "st": status, "why": why, "handled": None, "cls": cls}


def _shut(gate: str) -> str:
    """What becomes of what stands behind a gate that did not open."""
    return "skipped" if gate == "skipped" else "blocked"


def _holds(test: Test, value: int) -> bool:
    return bool({"!=": value != test.value, "<": value < test.value, ">=": value >= test.value}[test.op])


def _reduced(how: str, values: list[Any]) -> Any:
    """What a reducer makes of a list, as LANGUAGE has it; of nothing: 0, [], or none."""
    there = [value for value in values if value is not None]
    if how == "list":
        return values
    if how == "concat":
        return [part for value in there for part in value]
    if how == "sum":
        total = 0
        for value in there:
            total += value
        return total
    if not there:
        return None
    ordered = sorted(there) if how in ("min", "max") else there
    return ordered[0] if how in ("first", "min") else ordered[-1]

"""What names mean in one unrolled instance of a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.testing.composition import Ref, Test, condition, literal


class Inst(NamedTuple):
    """An unrolled instance. end: who may be needed in its stead; out: who has its values and tells its status; the
    task itself where it is one."""

    name: str
    end: str
    out: str
    task: bool

    def status(self) -> str:
        """A reference to its status."""
        return f"${{steps.{self.out}.{'status' if self.task else 'st'}}}"

    def value(self, name: str, default: Any = None) -> str:
        """A reference to what it gives."""
        return f"${{steps.{self.out}.{name}{'' if default is None else f':-{default}'}}}"

    def why(self) -> str:
        """A reference to its reason; whoever runs a join looks up that of a task."""
        return f"@{self.out}" if self.task else self.value("why")

    def cls(self) -> str:
        """A reference to its class, or to the status that tells it."""
        return self.status() if self.task else self.value("cls")


class Around(NamedTuple):
    """What names mean in an instance, by the composition's own steps."""

    insts: Mapping[int, Inst]
    items: Mapping[tuple[int, str], Any]
    rounds: Mapping[int, int]
    before: Mapping[int, Inst | None]  # loop -> the instance of the round before
    params: Mapping[str, Any]  # of the pipeline
    given: Mapping[tuple[int, str], Any]  # what a group is given, as it is written in the flat file

    def with_(self, **more: Any) -> Around:
        """The same with more in it."""
        return self._replace(**{key: {**getattr(self, key), **value} for key, value in more.items()})

    def ref(self, ref: Ref) -> Any:
        """A name where a value has it: what it is, or a reference to the task that gives it; None for nothing."""
        if ref.what == "item":
            return self.items[id(ref.step), ref.name]
        if ref.what == "round":
            return self.rounds[id(ref.step)]
        if ref.what == "param":
            return f"${{{ref.name}}}"
        if ref.what == "given":
            return self.given[id(ref.step), ref.name]
        if ref.what == "previous":
            before, outer = self.before[id(ref.step)], self.params.get(ref.name)
            return outer if before is None else before.value(ref.name, outer)
        inst = self.insts[id(ref.step)]
        return inst.status() if ref.what == "status" else inst.value(ref.name, ref.default)

    def words(self, ref: Ref) -> str:
        """A name where a condition has it."""
        text = self.ref(ref)
        return text[2:-1] if isinstance(text, str) else literal(text)

    def condition(self, tests: list[Test]) -> str:
        """A condition of the flat file."""
        return condition(tests, self.words)


def over(tests: tuple[Test, ...], inst: Inst, number: int = 0) -> str:
    """`until` or `stop-when` of a round or an item that has ended. number: of the round."""

    def words(ref: Ref) -> str:
        if ref.what in ("round", "param"):
            return str(number) if ref.what == "round" else ref.name
        return f"steps.{inst.out}.{ref.name}"

    return condition(list(tests), words)

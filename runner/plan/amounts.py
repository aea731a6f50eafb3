"""Settings that must be known before the run (N10), and those among them that are numbers, durations or sizes."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from runner.model.units import bytes_of, seconds
from runner.plan.compile import Compiler, Unknown
from runner.plan.steps import Step
from runner.plan.walk import wrong
from runner.resolve.layers import Keys
from runner.rules.expr import ExprError
from runner.rules.values import from_text, shown
from runner.text.diagnostics import Place, diagnose


class Amount(NamedTuple):
    """What a number may be; `read` turns text into a number and raises ValueError."""

    kinds: tuple[type, ...] = (int,)
    least: float | None = None
    above: float | None = None
    read: Callable[[str], float] | None = None
    code: str = "E238"


COUNT, ANY_COUNT = Amount(least=1), Amount(least=0)
CORES, DEVICES, FACTOR = Amount((int, float), above=0), Amount((int, float), least=0), Amount((int, float), least=1)
DURATION, SIZE = Amount(read=seconds, code="E239"), Amount(read=bytes_of, code="E240")


def fixed(step: Step, compiler: Compiler, keys: Keys, value: Any) -> Any:
    """A setting that must be known before the run (N10)."""
    expr = compiler.value(step, keys, value)
    try:
        return compiler.known(expr)
    except Unknown:
        if (keys[-1] != "image" or not step.each) and not wrong(expr):
            compiler.problems.append(diagnose("E470", step.place(keys), key=".".join(map(str, keys))))
    except ExprError as error:
        compiler.problems.append(diagnose("E471", step.place(keys), why=str(error)))
    return expr if keys[-1] == "image" else None


def amount(step: Step, compiler: Compiler, keys: Keys, value: Any, what: Amount) -> Any:
    """A number of a step's setting, durations in seconds, sizes in bytes; None where a problem was said."""
    if not isinstance(value, str) or "$" not in value:
        return what.read(value) if what.read is not None and isinstance(value, str) else value
    found = fixed(step, compiler, keys, value)
    return None if found is None else read(found, what, str(keys[-1]), lambda: step.place(keys), compiler)


def read(found: Any, what: Amount, key: str, place: Callable[[], Place | None], compiler: Compiler) -> Any:
    """A number that a reference gave, as the schema would have it; None, and a problem, where it is none."""
    if what.read is not None:
        try:
            return what.read(found if isinstance(found, str) else str(found))
        except ValueError:
            compiler.problems.append(diagnose(what.code, place(), value=found))
            return None
    number = "a whole number" if what.kinds == (int,) else "a number"
    if isinstance(found, str):  # as from the environment (N15)
        with suppress(ValueError):
            found = from_text(found, "integer" if what.kinds == (int,) else "number")
    if type(found) not in what.kinds:
        compiler.problems.append(diagnose("E238", place(), key=key, expected=number, found=shown(found)))
        return None
    if what.least is not None and found < what.least:
        limit = f"at least {what.least}"
    elif what.above is not None and found <= what.above:
        limit = f"more than {what.above}"
    else:
        return found
    compiler.problems.append(diagnose("E241", place(), key=key, limit=limit, value=found))
    return None

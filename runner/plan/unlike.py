"""Text that a function's annotation can't take: what the step would be refused for, seen before the run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.plan.compile import Compiler, Unknown
from runner.resolve.signatures import Argument, Signature
from runner.rules.expr import ExprError
from runner.rules.values import shown
from runner.text.diagnostics import Diagnostic, Place, diagnose

NUMBERS = {"int": int, "float": float}
MEANT = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def unlike(
    argument: Argument, expr: Any, read: Signature, compiler: Compiler, place: Place | None
) -> Iterator[Diagnostic]:
    """The problem, where the argument's value is known now, and is a text that is no number or truth value.

    place: of the step's function."""
    wanted = (argument.annotation or "").removesuffix(" | None").strip("'\"")
    if wanted not in MEANT:
        return
    try:
        value = compiler.known(expr)
    except (Unknown, ExprError):
        return
    if not isinstance(value, str) or _taken(value, wanted):
        return
    origin = compiler.parameters.known[expr[1]].origin if isinstance(expr, list) and expr[0] == "param" else None
    related = ((origin.doc.place(origin.keys), "said here"),) if origin is not None and origin.doc is not None else ()
    where = f"{read.file}:{read.line}"
    args = {"name": argument.name, "where": where, "wanted": MEANT[wanted], "found": shown(value)}
    yield diagnose("E491", place, related=related, **args)


def _taken(text: str, wanted: str) -> bool:
    if wanted == "bool":
        return text in ("true", "false")
    try:
        NUMBERS[wanted](text)
    except ValueError:
        return False
    return True

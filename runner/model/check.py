"""Whether a file keeps to the language. A valid file costs one look by the gate; only a no loads what explains it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from runner.model.data import schema as shipped
from runner.model.gate import gate

if TYPE_CHECKING:
    from runner.text.diagnostics import Diagnostic
    from runner.text.document import Document

HUGE = re.compile("nan|inf|[0-9][eE][+-]?[0-9_]{3}|[0-9_]{300}")  # what may be read as a number that JSON lacks
# kind of file -> its schema and the definition in it
STARTS = {
    "pipeline": ("pipeline", "#"),
    "job": ("pipeline", "#"),
    "included": ("included", "#"),
    "profile": ("profile", "#"),
    "project": ("project", "#"),
}


def check(
    doc: Document,
    kind: str,
    schema: dict[str, Any] | None = None,
    plugins: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Diagnostic]:
    """Every problem of a file's structure, in file order; [] for a valid one.

    kind: pipeline, job, included, profile or project. schema: in place of the shipped one. plugins: `[plugins]` of
    runner.toml; they and installed plug-ins are looked at only when the shipped schema says no.
    """
    name, start = STARTS[kind]
    accepts = gate(schema, start) if schema is not None else _accepts(name, start)
    finite = not HUGE.search(doc.text) or all(math.isfinite(number) for number in floats(doc.data))
    if finite and accepts(doc.data):
        return []
    from runner.model.explain import explain

    return explain(doc, kind, schema, plugins)


@cache
def _accepts(name: str, start: str) -> Callable[[Any], bool]:
    return gate(shipped(name), start)


def floats(data: Any) -> list[float]:
    """All floats of a value, however deep."""
    found: list[float] = []
    todo = [data]
    while todo:
        value = todo.pop()
        if isinstance(value, float):
            found.append(value)
        elif isinstance(value, dict):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
    return found

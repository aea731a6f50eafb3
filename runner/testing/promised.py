"""Plans and runs as JSON, held to the schemas that are promised of them."""

from __future__ import annotations

import copy
from functools import lru_cache
from typing import Any


def promised(kind: str, value: Any, *, more: bool = False) -> Any:
    """`value`, if it is what the schema of that kind (`plan`, `run`) says; fails with what is not so. more: it may have
    keys that the schema does not tell of, as those of other executors and later versions."""
    from jsonschema.exceptions import best_match  # type: ignore[import-untyped]

    faults = list(_schema(kind, more).iter_errors(value))
    if faults:
        worst = best_match(faults)
        raise AssertionError(f"{kind}.json: {'/'.join(map(str, worst.absolute_path))}: {worst.message[:400]}")
    return value


@lru_cache
def _schema(kind: str, more: bool) -> Any:
    from jsonschema import Draft7Validator  # type: ignore[import-untyped]

    from runner.model.data import schema

    closed = copy.deepcopy(schema(kind))
    for table in (closed, *closed["definitions"].values()):
        table.setdefault("additionalProperties", more)
    return Draft7Validator(closed)

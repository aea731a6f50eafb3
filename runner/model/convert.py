"""Strict conversion of tables to attrs classes: for settings of plug-ins, and as the oracle of the schema in tests.

cattrs is lenient by default (`"3"` for 3, a text for a list); the hooks here take what the annotation says, no more.
"""

from __future__ import annotations

from collections.abc import Callable
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs
from cattrs import Converter

from runner.model.forms import Form, written
from runner.model.schemas import OPEN

T = TypeVar("T")


class Mismatch(ValueError):
    """A value that its annotation does not allow."""


def converter() -> Converter:
    """A converter that refuses what the schema refuses, but for the rules between keys (`if`/`then`)."""
    made = Converter(detailed_validation=False)
    made.register_structure_hook_func(lambda kind: kind is Any, lambda value, kind: value)
    for origins, hook in (
        ((Union, UnionType), _union(made)),
        ((Annotated,), _form),
        ((Literal,), _literal),
        ((list,), _list(made)),
        ((dict,), _dict(made)),
    ):
        made.register_structure_hook_func(_of(origins), hook)
    made.register_structure_hook_func(lambda kind: isinstance(kind, type) and attrs.has(kind), _table(made))
    for plain in (str, int, bool, float):
        made.register_structure_hook(plain, _plain)
    return made


def structure(table: Any, cls: type[T]) -> T:
    """A table as an instance of an attrs class; keys are written with `-`. Raises Mismatch."""
    return converter().structure(table, cls)


def _of(origins: tuple[Any, ...]) -> Callable[[Any], bool]:
    return lambda kind: any(get_origin(kind) is origin for origin in origins)


def _plain(value: Any, kind: type) -> Any:
    if type(value) is not kind and not (kind is float and type(value) is int):
        raise Mismatch(f"{value!r} is no {kind.__name__}")
    return value


def _form(value: Any, kind: Any) -> Any:
    form = next(arg for arg in get_args(kind) if isinstance(arg, Form))
    fault = form.fault(value)
    if fault:
        raise Mismatch(f"{value!r} {fault}")
    return value


def _literal(value: Any, kind: Any) -> Any:
    if (type(value), value) not in {(type(word), word) for word in get_args(kind)}:
        raise Mismatch(f"{value!r} is none of {get_args(kind)}")
    return value


def _union(made: Converter) -> Callable[[Any, Any], Any]:
    def structure_union(value: Any, kind: Any) -> Any:
        for arg in get_args(kind):
            if arg is not type(None):  # TOML has no null: what is absent is not asked about
                try:
                    return made.structure(value, arg)
                except Mismatch:
                    continue
        raise Mismatch(f"{value!r} is no {kind}")

    return structure_union


def _list(made: Converter) -> Callable[[Any, Any], Any]:
    def structure_list(value: Any, kind: Any) -> Any:
        if type(value) is not list:
            raise Mismatch(f"{value!r} is no list")
        return [made.structure(item, get_args(kind)[0]) for item in value]

    return structure_list


def _dict(made: Converter) -> Callable[[Any, Any], Any]:
    def structure_dict(value: Any, kind: Any) -> Any:
        if type(value) is not dict:
            raise Mismatch(f"{value!r} is no table")
        key, inner = get_args(kind)
        return {made.structure(name, key): made.structure(item, inner) for name, item in value.items()}

    return structure_dict


def _table(made: Converter) -> Callable[[Any, Any], Any]:
    def structure_table(value: Any, cls: Any) -> Any:
        if type(value) is not dict:
            raise Mismatch(f"{value!r} is no table")
        hints = get_type_hints(cls, include_extras=True)
        fields = {written(field): field for field in attrs.fields(cls)}
        if value.keys() - fields.keys() and cls not in OPEN:
            raise Mismatch(f"unknown keys {sorted(value.keys() - fields.keys())}")
        arguments = {}
        for name, field in fields.items():
            if name in value:
                least = field.metadata.get("at_least", 0)
                if isinstance(value[name], (list, dict)) and len(value[name]) < least:
                    raise Mismatch(f"{name} is empty")
                arguments[field.alias] = made.structure(value[name], hints[field.name])
            elif field.default is attrs.NOTHING:
                raise Mismatch(f"{name} is missing")
        return cls(**arguments)

    return structure_table

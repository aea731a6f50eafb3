"""What an editor shows of a key: what it is for, where it may stand, its default, and an example."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from runner.model import say
from runner.model.examples import examples
from runner.model.forms import Form, written


def described(cls: type, field: Any, kind: Any, bounds: Iterable[str] = ()) -> str:
    """The description of a key, in Markdown. kind: its annotation; bounds: where it may stand, see `bound`."""
    default = field.metadata.get("default")
    parts = [field.metadata["about"], *bounds]
    if default is not None:
        parts.append(f"Default: `{say.toml(default)}`")
    told = example(cls, field, kind)
    return "\n\n".join(parts if told is None else [*parts, shown(told)])


def bound(takers: Sequence[str], others: Sequence[str] = ()) -> list[str]:
    """The note that a key is for some alone: `takers`, or all but `others` where those are fewer. [] for all."""
    word, names = ("Not", others) if 0 < len(others) < len(takers) else ("Only", takers)
    return [f"{word} for {', '.join(f'`{name}`' for name in names)}."] if names else []


def shown(text: str) -> str:
    """An example in Markdown: on the line where it is one, else as a block."""
    return f"Example:\n\n```toml\n{text}\n```" if "\n" in text else f"Example: `{text}`"


def example(cls: type, field: Any, kind: Any) -> str | None:
    """A line or a block of TOML that sets a key: what was written for it, else a value of its kind that is not the
    default; None where there is no such thing."""
    name, told = written(field), field.metadata
    if told.get("example") is None:
        found = examples(cls.__name__).get(name) if cls.__module__.startswith("runner.model.") else None
        if found is not None:
            return found
    values = [told["example"]] if told.get("example") is not None else _values(kind)
    value = next((value for value in values if value != told.get("default")), None)
    return None if value is None else f"{say.bare(name)} = {say.toml(value)}"


def _values(kind: Any) -> list[Any]:
    origin, args = get_origin(kind), get_args(kind)
    if origin is Annotated:
        form = next(arg for arg in args if isinstance(arg, Form))
        return [True, False] if form.types == ("boolean",) else list(form.examples)
    if origin is Literal:
        return list(args)
    if origin in (Union, UnionType):
        return [value for arg in args for value in _values(arg)]
    return []

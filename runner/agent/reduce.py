"""The built-in reducers: what a list of items' returns becomes without a Python step (N6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_MAKE: dict[str, Callable[[list[Any]], Any]] = {
    "first": lambda given: given[0] if given else None,
    "last": lambda given: given[-1] if given else None,
    "sum": lambda given: sum(given),
    "min": lambda given: min(given) if given else None,
    "max": lambda given: max(given) if given else None,
    "mean": lambda given: sum(given) / len(given) if given else None,
    "all": lambda given: all(_truth(v) for v in given),
    "any": lambda given: any(_truth(v) for v in given),
    "concat": lambda given: [part for value in given for part in _list(value)],
}


def reduced(function: str, values: list[Any]) -> Any:
    """One value of a list. An item that failed within `tolerate` left None: `list` keeps it, all others pass it over.

    Raises TypeError or ValueError with a sentence for people.
    """
    if function == "list":
        return values
    given = [value for value in values if value is not None]
    try:
        return _MAKE[function](given)
    except KeyError:
        raise ValueError(f"there is no reducer `{function}`") from None
    except TypeError as error:
        kinds = ", ".join(sorted({type(value).__name__ for value in given}))
        raise TypeError(f"`{function}` can't reduce {kinds}: {error}") from None


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise TypeError("true or false is needed")


def _list(value: Any) -> list[Any]:
    if isinstance(value, list):
        return value
    raise TypeError("lists are needed")

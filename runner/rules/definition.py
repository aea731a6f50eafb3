"""What a task is, for comparisons (N35): the part of its `do` that decides what it gives."""

from __future__ import annotations

from typing import Any

_LEFT = ("resources", "secrets", "cache", "code", "checks", "profile")


def definition(do: dict[str, Any]) -> dict[str, Any]:
    """What counts when two runs of a step are compared: never resources, names of secrets, cache, place."""
    return {key: value for key, value in do.items() if key not in _LEFT}

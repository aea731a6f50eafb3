"""The serialiser `numpy`: arrays as `.npy`, without pickle. The library is the step's own."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def dump(value: Any, file: Any) -> None:
    """Write an object to an open file."""
    import_module("numpy").save(file, value, allow_pickle=False)


def load(file: Any) -> Any:
    """The object back."""
    return import_module("numpy").load(file, allow_pickle=False)

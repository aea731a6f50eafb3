"""The serialiser `torch`: tensors and the state of models, without pickle. The library is the step's own."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def dump(value: Any, file: Any) -> None:
    """Write an object to an open file."""
    import_module("torch").save(value, file)


def load(file: Any) -> Any:
    """The object back."""
    return import_module("torch").load(file, weights_only=True)

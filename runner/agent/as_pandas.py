"""The serialiser `pandas`: tables as Parquet. The library is the step's own."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def dump(value: Any, file: Any) -> None:
    """Write an object to an open file."""
    value.to_parquet(file)


def load(file: Any) -> Any:
    """The object back."""
    return import_module("pandas").read_parquet(file)

"""Values that went into a step or came out of it, as text on one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def value(given: Any) -> str:
    """A parameter: JSON; an object of the catalog by its size and the start of its hash."""
    if isinstance(given, Mapping) and "$object" in given:
        return _object(given["$object"])
    if isinstance(given, list) and any(isinstance(each, Mapping) and "$object" in each for each in given):
        return f"[{', '.join(map(value, given))}]"
    return json.dumps(given, ensure_ascii=False, default=str)


def returned(given: Any) -> str:
    """What a record says of a return."""
    if isinstance(given, Mapping) and "json" in given:
        return value(given["json"])
    if isinstance(given, Mapping) and "sha256" in given:
        return _object(given)
    return value(given)


def stored(blob: Mapping[str, Any]) -> str:
    """The size of something in the catalog, and the start of its hash."""
    return f"{blob.get('size', 0):,} bytes  {str(blob.get('sha256', ''))[:12]}".rstrip()


def _object(blob: Mapping[str, Any]) -> str:
    return f"object  {stored(blob)}  {blob.get('serialiser', '')}".rstrip()

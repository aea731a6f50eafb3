"""A custom resource definition as a JSON Schema that takes nothing it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Table = dict[str, Any]
ANY = ("metadata",)


def strict(definition: Mapping[str, Any]) -> Table:
    """The schema of the stored version of a definition: unknown fields are refused where it does not keep them."""
    (version,) = [one for one in definition["spec"]["versions"] if one.get("storage")]
    found: Table = _strict(version["schema"]["openAPIV3Schema"])
    return found


def _strict(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    if schema.get("x-kubernetes-int-or-string"):
        return {"anyOf": [{"type": "integer"}, {"type": "string"}]}
    out = {key: _inner(key, value) for key, value in schema.items() if not key.startswith("x-kubernetes-")}
    open_ = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if "properties" in schema and not open_:
        out["additionalProperties"] = False
    return out


def _inner(key: str, value: Any) -> Any:
    if key == "properties":
        return {name: {"type": "object"} if name in ANY else _strict(one) for name, one in value.items()}
    if key in ("items", "additionalProperties"):
        return _strict(value)
    return [_strict(one) for one in value] if key in ("anyOf", "allOf", "oneOf") else value

"""How a stronger table is laid over a weaker one (N32, N33)."""

from __future__ import annotations

from typing import Any

SOURCES = ("range", "glob", "file")
LISTS = ("secrets", "params", "inputs", "outputs")


def listed(key: str, value: Any) -> Any:
    """The table form of a setting that also has a list form; anything else as it is (N33)."""
    if key not in LISTS or not isinstance(value, list):
        return value
    table: dict[str, Any] = {}
    for entry in value:
        if key == "secrets":
            table[str(entry)] = entry
        elif key == "params":
            table[str(entry)] = "${" + str(entry) + "}"
        else:
            path = entry["path"] if isinstance(entry, dict) and "path" in entry else entry
            table["/" + str(path)] = entry
    return table


def unlike(weak: dict[str, Any], strong: dict[str, Any]) -> bool:
    """Whether two tables are different alternatives of one setting, so that the weaker one goes as a whole (N33)."""
    if "type" in weak and "type" in strong and weak["type"] != strong["type"]:
        return True
    here, there = ({s for s in SOURCES if s in table} for table in (weak, strong))
    return bool(here and there and here != there)


def merge(weak: dict[str, Any], strong: dict[str, Any], *, whole: tuple[str, ...] = ()) -> dict[str, Any]:
    """Lay `strong` over `weak`; neither is changed. Keys in `whole` are values: replaced, never merged."""
    out = dict(weak)
    for key, new in strong.items():
        if key == "unset":
            continue
        old = out.get(key)
        if key in LISTS and old is not None:
            old, new = listed(key, old), listed(key, new)
        if isinstance(old, dict) and isinstance(new, dict) and key not in whole:
            inner = tuple(new) if key == "params" else ()
            out[key] = dict(new) if unlike(old, new) else merge(old, new, whole=inner)
        else:
            out[key] = new
    return out


def drop(table: dict[str, Any], dotted: str) -> dict[str, Any]:
    """A copy of the table without what a dotted key of `unset` names; unknown keys change nothing."""
    head, _, rest = dotted.partition(".")
    if head not in table:
        return table
    out = dict(table)
    if not rest:
        del out[head]
        return out
    inner = listed(head, out[head])
    if isinstance(inner, dict):
        out[head] = drop(inner, rest)
    return out


def lay(layers: list[dict[str, Any]], *, whole: tuple[str, ...] = ()) -> dict[str, Any]:
    """Merge layers, weakest first; `unset` of a layer drops what weaker layers said."""
    if len(layers) == 1 and "unset" not in layers[0]:
        return dict(layers[0])
    out: dict[str, Any] = {}
    for layer in layers:
        for dotted in layer.get("unset", ()):
            out = drop(out, dotted)
        out = merge(out, layer, whole=whole)
    return out


def has(table: Any, keys: tuple[Any, ...]) -> bool:
    """Whether a nested key path stands in a table."""
    for key in keys:
        if isinstance(table, dict):
            if key not in table:
                return False
        elif not (isinstance(table, list) and isinstance(key, int) and key < len(table)):
            return False
        table = table[key]
    return True

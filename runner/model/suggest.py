"""The names of one project in its schemas: open enums where a name is asked for, keys where a table has them.

A place is marked, by `x-suggest` for a value and by `x-suggest-keys` for the keys of a table. The marks stay, so that
newer names can be put in later without what the schema was made of, and without a library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Names = Mapping[str, Sequence[str]]  # kind -> names, such as "step" -> ["fetch", "train"]
TOLD = ("title", "description", "default", "x-suggest")
ABOUT = {
    "parameter": "A parameter of a pipeline of this project.",
    "path": "A step of a pipeline of this project.",
    "tag": "A tag of steps of this project.",
}


def suggest(schema: dict[str, Any], names: Names) -> None:
    """Put these names into a schema, in place of those that were put into it before."""
    todo: list[Any] = [schema]
    while todo:
        node = todo.pop()
        if isinstance(node, list):
            todo += node
        elif isinstance(node, dict) and "x-suggest" in node:
            _values(node, names.get(node["x-suggest"], ()))
        elif isinstance(node, dict):
            if "x-suggest-keys" in node:
                _keys(node, names.get(node["x-suggest-keys"], ()))
            todo += node.values()


def text(schema: Mapping[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _values(node: dict[str, Any], offered: Sequence[str]) -> None:
    told = {word: node[word] for word in TOLD if word in node}
    rest = node["anyOf"][-1] if "anyOf" in node else {word: node[word] for word in node if word not in told}
    node.clear()
    node |= {**told, "anyOf": [{"enum": list(offered)}, rest]} if offered else {**told, **rest}


def _keys(node: dict[str, Any], offered: Sequence[str]) -> None:
    node.pop("properties", None)
    inner = node["additionalProperties"]
    about = {"description": ABOUT[node["x-suggest-keys"]], **(inner if isinstance(inner, dict) else {})}
    if offered:
        node["properties"] = {name: dict(about) for name in offered}

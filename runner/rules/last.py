"""`[finally]` in the paths of a plan: of the pipeline `end!finally`; of the file that step `a` uses `a.!finally`, a
group that comes after all else of that file, and `a.!finally.end` in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

LAST = "!finally"


def is_last(path: str) -> bool:
    """Whether a node belongs to some `[finally]`."""
    return LAST in path


def of_file(path: str) -> bool:
    """Whether a node is the `[finally]` of a used file."""
    return path.endswith("." + LAST)


def file_of(nodes: Mapping[str, Any], id: str) -> str | None:
    """The `[finally]` of a used file that a node stands in; None where it is the pipeline's, or none."""
    at: str | None = id
    while at is not None and not of_file(nodes[at]["path"]):
        at = nodes[at].get("parent")
    return at


def with_last(nodes: Mapping[str, Any], ids: Iterable[str]) -> set[str]:
    """What runs when these nodes do: the `[finally]` of a file as soon as anything of the file is among them."""
    found = set(ids)
    return found | {id for id, node in nodes.items() if of_file(node["path"]) and not found.isdisjoint(node["after"])}

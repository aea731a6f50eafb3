"""A Run as JSON, its nodes a line each: the encoder in C, which a run of 10,000 steps wants, knows no indents."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any


def lines(run: Mapping[str, Any]) -> Iterator[str]:
    """The text of a folded Run in pieces: a line for each key, one for each node, one for the end."""
    text = json.JSONEncoder(ensure_ascii=False).encode
    yield "{"
    for key, value in run.items():
        if key != "nodes":
            yield f"\n  {text(key)}: {text(value)},"
    yield '\n  "nodes": {'
    joint = ""
    for address, node in run["nodes"].items():
        yield f"{joint}\n    {text(address)}: {text(node)}"
        joint = ","
    yield "\n  }\n}\n"

"""The page: its parts joined into one file that loads nothing and runs no script but its own."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any

SCRIPTS = (
    "words",
    "dom",
    "data",
    "details",
    "charts",
    "previews",
    "layout",
    "graph",
    "timeline",
    "logs",
    "compare",
    "page",
)


def page(data: Mapping[str, Any]) -> str:
    """HTML that shows `data`. Its text stands in it as data, and the page makes nodes of text alone from it."""
    home = files("runner.views.report") / "web"
    script = "".join((home / f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    script = f'"use strict";\n{script}'
    parts = {
        "digest": b64encode(sha256(script.encode()).digest()).decode(),
        "style": (home / "page.css").read_text("utf-8"),
        "data": embedded(data),
        "script": script,
    }
    before, *pieces = (home / "page.html").read_text("utf-8").split("{{")
    for piece in pieces:
        name, _, rest = piece.partition("}}")
        before += parts[name] + rest
    return before


def embedded(data: Mapping[str, Any]) -> str:
    """JSON that may stand in a script element: pure ASCII in which nothing begins or ends markup."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

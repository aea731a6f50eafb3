"""The data that ships with the program."""

from __future__ import annotations

import json
import os
from typing import Any

from runner.text.shipped import folder

__all__ = ["FOLDERS", "folder", "read", "schema"]

FOLDERS = ("schema", "stdlib")


def read(name: str, file: str) -> str:
    """The text of one shipped file, such as ("schema", "pipeline.json")."""
    with open(os.path.join(folder(name), file), encoding="utf-8") as opened:
        return opened.read()


def schema(name: str) -> dict[str, Any]:
    """A shipped schema by its name: `pipeline`, `profile`, `project`."""
    found: dict[str, Any] = json.loads(read("schema", f"{name}.json"))
    return found

"""The name of a pipeline: as written, else that of its file or folder."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.text.document import load
from runner.text.sources import Sources

_HEADER = re.compile(r"^[ \t]*\[", re.MULTILINE)


def pipeline_name(data: Mapping[str, Any], file: Path) -> str:
    """The name, given what the file says."""
    given = data.get("name")
    if isinstance(given, str):
        return given
    return file.absolute().parent.name if file.stem == "pipeline" else file.stem


def name_in(file: Path, root: Path) -> str:
    """The name, of a file that nobody has read: all that stands before its first table is enough. Raises Refused."""
    try:
        text = file.read_text(encoding="utf-8-sig")
        found = _HEADER.search(text)
        return pipeline_name(tomllib.loads(text[: found.start()] if found else text), file)
    except (OSError, ValueError, RecursionError):  # cut inside a list or a text, or wrong: then what is wrong is told
        return pipeline_name(load(file, Sources(root), "pipeline").data, file)

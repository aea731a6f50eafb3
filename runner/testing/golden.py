"""Texts that are kept beside the tests: compared to the letter, rewritten on demand, never in CI."""

from __future__ import annotations

import difflib
import os
from pathlib import Path


def golden(path: Path, text: str) -> None:
    """The text must be that of the file. UPDATE_GOLDENS=1 writes the file instead, which CI refuses."""
    if os.environ.get("UPDATE_GOLDENS") == "1":
        assert not os.environ.get("CI"), "goldens are not made in CI"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    wanted = path.read_text(encoding="utf-8") if path.exists() else ""
    if text != wanted:
        diff = "".join(difflib.unified_diff(wanted.splitlines(True), text.splitlines(True), "golden", "now"))
        raise AssertionError(f"{path.name} differs; UPDATE_GOLDENS=1 accepts it\n{diff}")

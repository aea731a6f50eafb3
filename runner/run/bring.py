"""A file back from the catalog, at once or not at all, and only if it is what was put there."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Protocol

from runner.agent.catalog import MissingBlob, digest_of
from runner.run.shelf import Put
from runner.text.diagnostics import Diagnostic, diagnose


class Source(Protocol):
    """The part of a catalog that gives."""

    def get(self, sha: str, dest: str, mode: int | None = None) -> None: ...


def bring(catalog: Source, put: Put, dest: Path, force: bool = False) -> Diagnostic | None:
    """Make `dest` the file that was put; one with the same content is left alone. What is wrong, if anything:
    something else lies there (E971), the blob is gone (E710) or damaged (E711). Raises OSError."""
    if dest.is_dir() and not dest.is_symlink():
        return diagnose(
            "E971", None, path=os.path.relpath(dest), what="is a folder", hint="name another place with `-o`"
        )
    if os.path.lexists(dest) and not dest.is_symlink() and digest_of(str(dest))["sha256"] == put.sha256:
        return None
    if os.path.lexists(dest) and not force:
        return diagnose("E971", None, path=os.path.relpath(dest), what="is there with another content")
    dest.parent.mkdir(parents=True, exist_ok=True)
    temporary = dest.parent / f".{dest.name[:100]}.{os.getpid()}.part"
    try:
        try:
            catalog.get(put.sha256, str(temporary), put.mode)
        except MissingBlob:
            return diagnose("E710", None, path=put.path, sha=put.sha256[:12])
        if digest_of(str(temporary))["sha256"] != put.sha256:
            return diagnose("E711", None, path=put.path, sha=put.sha256)
        os.replace(temporary, dest)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return None


def place(root: Path, path: str) -> Path | None:
    """Where a file of the project lies; None where links lead out of the project on the way."""
    dest = root / path
    home = os.path.realpath(root)
    return dest if (os.path.realpath(dest.parent) + "/").startswith(home.rstrip("/") + "/") else None

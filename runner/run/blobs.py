"""The blobs of catalogs that are folders, and how one goes while others may be putting it again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from runner.rules.expr import ABSENT
from runner.run.trees import below

_SHA = re.compile(r"[0-9a-f]{64}\Z")
ASIDE = "gone-"


class Blob(NamedTuple):
    """made: when it was put last."""

    path: str
    sha256: str
    size: int
    made: float


def catalogs(root: Path, settings: Iterable[dict[str, Any] | None]) -> dict[str, bool]:
    """The folders of some catalogs, the built-in one too, each with whether it lies in the project, links followed."""
    homes = [os.path.realpath(root) + os.sep, os.path.realpath(root / ".runner") + os.sep]
    found: dict[str, bool] = {}
    for each in ({"type": "file-system"}, *settings):
        if each and each.get("type") == "file-system":
            path = os.path.realpath(root / (each.get("path") or ".runner/catalog"))
            if os.path.isdir(path):
                found[path] = any(path.startswith(home) for home in homes)
    return found


def blobs(catalog: str) -> Iterator[Blob]:
    """All blobs of a catalog; links are none."""
    for folder in below(os.path.join(catalog, "blobs")):
        for entry in below(folder.path):
            if _SHA.match(entry.name) and entry.is_file(follow_symlinks=False):
                info = entry.stat(follow_symlinks=False)
                yield Blob(entry.path, entry.name, info.st_size, info.st_mtime)


def drop(catalog: str, blob: Blob) -> bool:
    """Remove a blob, unless somebody has put it again since it was looked at: then it is back a moment later, and who
    looked for it meanwhile has put it anew. Raises OSError."""
    aside = os.path.join(catalog, "tmp", ASIDE + blob.sha256)
    try:
        os.makedirs(os.path.dirname(aside), exist_ok=True)
        os.rename(blob.path, aside)
        if os.lstat(aside).st_mtime != blob.made:
            os.rename(aside, blob.path)
            return False
        os.unlink(aside)
    except FileNotFoundError:
        return False
    return True


def mend(catalog: str, needed: set[str]) -> None:
    """Put back what somebody who was killed had set aside, if it is needed. Raises OSError."""
    for entry in below(os.path.join(catalog, "tmp")):
        sha = entry.name.removeprefix(ASIDE)
        if sha != entry.name and sha in needed:
            os.rename(entry.path, os.path.join(catalog, "blobs", sha[:2], sha))


def json_blob(catalog: Any, sha: str) -> Any:
    """A value that stands in the catalog; ABSENT where its blob is gone."""
    try:
        return json.loads(catalog.read(sha))
    except (OSError, ValueError):
        return ABSENT

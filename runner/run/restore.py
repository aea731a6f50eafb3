"""Files of a done-record, back in their places: they lie there still, or come from the catalog."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from runner.agent.catalog import MissingBlob
from runner.run.hashes import Hashes

Table = dict[str, Any]


class Catalog(Protocol):
    """Where files come back from."""

    def has(self, sha: str) -> bool: ...
    def get(self, sha: str, dest: str, mode: int | None = None) -> None: ...


class Lack(NamedTuple):
    """What a record names that does not lie in its place: files that the catalog has, and the first thing that nobody
    has (a path, or the name of a return)."""

    files: list[Table]
    gone: str | None = None


def lack(record: Table, hashes: Hashes, catalog: Catalog) -> Lack:
    """What would have to be brought back for a record; nothing is changed."""
    files = () if getattr(catalog, "beyond", False) else record.get("files", ())  # those stay where steps see them
    missing = [file for file in files if hashes.of(file["path"]) != file["sha256"]]
    for name, one in record.get("returns", {}).items():
        if "sha256" in one and not catalog.has(one["sha256"]):
            return Lack(missing, name)
    return Lack(missing, next((file["path"] for file in missing if not catalog.has(file["sha256"])), None))


def restored(record: Table, root: Path, hashes: Hashes, catalog: Catalog) -> bool:
    """Whether every file of a record is in place, or could be brought back; False changes nothing."""
    found = lack(record, hashes, catalog)
    return found.gone is None and brought(found.files, root, catalog)


def brought(files: list[Table], root: Path, catalog: Catalog) -> bool:
    """Whether files came from the catalog, each into its place."""
    for file in files:
        path = os.path.join(root, file["path"])
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if os.path.islink(path):
            os.unlink(path)
        try:
            catalog.get(file["sha256"], path, file.get("mode"))
        except (OSError, MissingBlob):
            return False
    return True

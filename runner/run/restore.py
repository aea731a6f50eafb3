"""Files of a done-record, back in their places: they lie there still, or come from the catalog."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Protocol

from runner.agent.catalog import MissingBlob
from runner.run.hashes import Hashes

Table = dict[str, Any]


class Catalog(Protocol):
    """Where files come back from."""

    def has(self, sha: str) -> bool: ...
    def get(self, sha: str, dest: str, mode: int | None = None) -> None: ...


def restored(record: Table, root: Path, hashes: Hashes, catalog: Catalog) -> bool:
    """Whether every file of a record is in place, or could be brought back; False changes nothing."""
    missing = [file for file in record.get("files", ()) if hashes.of(file["path"]) != file["sha256"]]
    blobs = [one["sha256"] for one in record.get("returns", {}).values() if "sha256" in one]
    if not all(catalog.has(sha) for sha in (*blobs, *(file["sha256"] for file in missing))):
        return False
    for file in missing:
        path = root / file["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_symlink():
            os.unlink(path)
        try:
            catalog.get(file["sha256"], str(path), file.get("mode"))
        except (OSError, MissingBlob):
            return False
    return True

"""`cache`: a step whose definition, inputs and code are those of an earlier success is not run again (N36, N37)."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

from runner.rules.keys import digest, dumps
from runner.rules.paths import matches
from runner.run.hashes import Hashes
from runner.run.restore import Catalog, restored
from runner.run.resume import NEVER, inputs_digest

Table = dict[str, Any]


class Asked(NamedTuple):
    """What an attempt is made of: the fingerprint and its ingredients."""

    fingerprint: str
    ingredients: Table


class Cache:
    """Entries below `.runner/cache`, one a fingerprint; nothing that can't be brought back whole is a hit."""

    def __init__(self, root: Path, hashes: Hashes, catalog: Catalog) -> None:
        self.root, self.hashes, self.catalog = root, hashes, catalog
        self.folder = root / ".runner" / "cache"

    def ask(self, call: Table, do: Table, put: Table) -> Asked | None:
        """The fingerprint of an attempt, as code and inputs lie now; None for a step that is not cached."""
        settings = do.get("cache")
        if not settings or any(mark in call["path"] for mark in NEVER):
            return None
        ignored = settings.get("ignore", ()) if isinstance(settings, dict) else ()
        params = {name: value for name, value in call["params"].items() if name not in ignored}
        ingredients = {
            "definition": call["definition"],
            "inputs": inputs_digest({**call, "params": params}, put, self.hashes),
            "code": {path: self.hashes.of(path) for path in self._code(do.get("code") or {})},
        }
        return Asked(digest(ingredients), ingredients)

    def find(self, asked: Asked, call: Table, do: Table) -> Table | None:
        """The done-record of a hit, as one of this run, its files back in place."""
        try:
            entry = json.loads((self.folder / f"{asked.fingerprint}.json").read_bytes())
            record = dict(entry["record"])
            age = time.time() - float(entry["at"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        expires = do["cache"].get("expires") if isinstance(do["cache"], dict) else None
        if expires is not None and not 0 <= age <= expires:
            return None
        if not restored(record, self.root, self.hashes, self.catalog):
            return None
        now = time.time()
        origin = {"run": record.get("run"), "attempt": record.get("attempt")}
        mine = {key: call[key] for key in ("id", "key", "n", "attempt")}
        return {**record, **mine, "run": call["run"]["id"], "status": "cached", "start": now, "end": now, "run_s": 0.0,
                "fingerprint": asked.fingerprint, "adopted": origin}  # fmt: skip

    def keep(self, asked: Asked, record: Table) -> None:
        """Note a success; an entry that can't be written is a miss next time."""
        entry = {"v": 1, "at": time.time(), **asked.ingredients, "record": record}
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = self.folder / f".{asked.fingerprint}.{os.getpid()}"
            temporary.write_bytes(dumps(entry))
            os.replace(temporary, self.folder / f"{asked.fingerprint}.json")
        except OSError:
            return

    def _code(self, code: Table) -> list[str]:
        """Files of the code: those that the plan names, and what the globs find now."""
        found = set(code.get("files", ()))
        for pattern in code.get("globs", ()):
            head = pattern.split("*")[0].rpartition("/")[0]
            for folder, names, files in os.walk(self.root / head):
                names[:] = [name for name in names if not name.startswith(".")]
                paths = (os.path.relpath(os.path.join(folder, name), self.root) for name in files)
                found.update(path for path in paths if matches(pattern, path))
        return sorted(found)

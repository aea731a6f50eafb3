"""`cache`: a step whose definition, inputs and code are those of an earlier success is not run again (N36, N37)."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

from runner.rules.keys import digest, dumps
from runner.rules.paths import matches
from runner.run.hashes import Hashes
from runner.run.restore import Catalog, brought, lack
from runner.run.resume import NEVER, inputs_digest
from runner.run.trees import below

Table = dict[str, Any]
IMAGE = "image"  # among the code of a step: the digest of what it runs in, "" where nobody can say (N36)
LAST = 5  # entries of one instance with which a miss is compared


class Asked(NamedTuple):
    """What an attempt is made of: the fingerprint, and what it is the digest of."""

    fingerprint: str
    made_of: Table


class Found(NamedTuple):
    """What the cache has for an attempt: the record of a hit and the files to be brought back; or why it is none:
    `none`, `expired`, `lost` (and what is lost)."""

    record: Table | None
    files: list[Table]
    why: str = ""
    lost: str = ""


class Cache:
    """Entries below `.runner/cache`, one a fingerprint; nothing that can't be brought back whole is a hit. In `last`
    stand the ingredients of the newest entries of each step and item of a pipeline."""

    def __init__(self, root: Path, hashes: Hashes, catalog: Catalog, pipeline: str) -> None:
        self.root, self.hashes, self.catalog, self.pipeline = root, hashes, catalog, pipeline
        self.folder = os.path.join(root, ".runner", "cache")

    def ask(self, call: Table, do: Table, put: Table, code: Table, inputs: str | None = None) -> Asked | None:
        """The fingerprint of an attempt, as its inputs lie now; None for a step that is not cached.

        code: what `code` gives; inputs: the digest of what it takes, if somebody has just worked it out."""
        if not is_cached(call["path"], do) or code.get(IMAGE) == "":
            return None
        ignored = _ignored(do)
        if inputs is None or ignored:
            params = {name: value for name, value in call["params"].items() if name not in ignored}
            inputs = inputs_digest({**call, "params": params}, put, self.hashes)
        made_of = {"definition": call["definition"], "inputs": inputs, "code": code}
        return Asked(digest(made_of), made_of)

    def look(self, asked: Asked, do: Table) -> Found:
        """What stands under a fingerprint; nothing is changed."""
        try:
            with open(self._entry(asked.fingerprint), "rb") as file:
                entry = json.loads(file.read())
            record = dict(entry["record"])
            age = time.time() - float(entry["at"])
        except (OSError, ValueError, KeyError, TypeError):
            return Found(None, [], "none")
        expires = do["cache"].get("expires") if isinstance(do["cache"], dict) else None
        if expires is not None and not 0 <= age <= expires:
            return Found(None, [], "expired")
        files, gone = lack(record, self.hashes, self.catalog)
        return Found(record, files) if gone is None else Found(None, [], "lost", gone)

    def find(self, asked: Asked, call: Table, do: Table) -> Table | None:
        """The done-record of a hit, as one of this run, its files back in place."""
        found = self.look(asked, do)
        record = found.record
        if record is None or not brought(found.files, self.root, self.catalog):
            return None
        now = time.time()
        origin = {"run": record.get("run"), "attempt": record.get("attempt")}
        mine = {key: call[key] for key in ("id", "key", "n", "attempt")}
        return {**record, **mine, "run": call["run"]["id"], "status": "cached", "start": now, "end": now, "run_s": 0.0,
                "fingerprint": asked.fingerprint, "adopted": origin}  # fmt: skip

    def keep(self, asked: Asked, call: Table, do: Table, put: Table, record: Table) -> None:
        """Note a success; an entry that can't be written is a miss next time."""
        made_of = self.ingredients(call, do, put, asked.made_of["code"])
        head = {"v": 1, "at": time.time(), "fingerprint": asked.fingerprint}
        try:
            os.makedirs(os.path.join(self.folder, "last"), exist_ok=True)
            _write(self._entry(asked.fingerprint), {**head, **asked.made_of, "ingredients": made_of, "record": record})
            before = [one for one in self.last(call) if one != made_of]
            _write(self._last(call), {"v": 1, "made_of": [made_of, *before[: LAST - 1]]})
        except OSError:
            return

    def ingredients(self, call: Table, do: Table, put: Table, code: Table) -> Table:
        """What an attempt is made of, name by name; code: what `code` gives."""
        from runner.run.ingredients import ingredients

        inputs = {path: put.get(path) or self.hashes.of(path) for path in call["inputs"]}
        return ingredients(call, do, _ignored(do), inputs, code)

    def last(self, call: Table) -> list[Table]:
        """The ingredients of the newest entries of a step (`id`, `item`, `round` of a call), the newest first."""
        try:
            with open(self._last(call), "rb") as file:
                return [dict(one) for one in json.loads(file.read())["made_of"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def code(self, do: Table) -> Table:
        """Hashes of the code of a step by path: the files that the plan names, and what the globs find now."""
        return {path: self.hashes.of(path) for path in self._code(do.get("code") or {})}

    def identity(self, do: Table, image: str | None) -> Table | None:
        """The code of a step by path, and the digest of the image that it would run in; None where it has neither."""
        found = self.code(do) if "code" in do else None
        return found if image is None else {**(found or {}), IMAGE: image}

    def _entry(self, fingerprint: str) -> str:
        return f"{self.folder}/{fingerprint}.json"

    def _last(self, call: Table) -> str:
        which = digest([self.pipeline, call.get("item"), call.get("round")])
        return f"{self.folder}/last/{call['id']}.{which[:16]}.json"

    def _code(self, code: Table) -> list[str]:
        globs = code.get("globs", ())
        found = set(code.get("files", ()))
        for pattern in globs:
            head = pattern.split("*")[0].rpartition("/")[0]
            for folder, names, files in os.walk(os.path.join(self.root, head)):
                names[:] = [name for name in names if not name.startswith(".")]
                paths = (os.path.relpath(os.path.join(folder, name), self.root) for name in files)
                found.update(path for path in paths if matches(pattern, path))
        return sorted(found)


def is_cached(path: str, do: Table) -> bool:
    """Whether a step asks the cache; handlers and `[finally]` never do (N49)."""
    return bool(do.get("cache")) and not any(mark in path for mark in NEVER)


def forget(root: Path) -> None:
    """Remove what `last` says of steps that have no entry any more."""
    folder = os.path.join(root, ".runner", "cache")
    kept = set()
    for entry in below(folder):
        if entry.name.endswith(".json"):
            with contextlib.suppress(OSError, ValueError, KeyError, TypeError), open(entry.path, "rb") as file:
                kept.add(str(json.loads(file.read())["record"]["id"]))
    for entry in below(f"{folder}/last"):
        if entry.name.endswith(".json") and entry.name.split(".")[0] not in kept:
            with contextlib.suppress(OSError):
                os.unlink(entry.path)


def _ignored(do: Table) -> list[str]:
    settings = do["cache"]
    return list(settings.get("ignore", ())) if isinstance(settings, dict) else []


def _write(path: str, value: Table) -> None:
    folder, name = os.path.split(path)
    temporary = f"{folder}/.{name}.{os.getpid()}.tmp"
    with open(temporary, "wb") as file:
        file.write(dumps(value))
    os.replace(temporary, path)

"""Hashes of project files, remembered by size, time and inode, so that what has not changed is read once."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
import time
from pathlib import Path

from runner.agent.catalog import digest_of

UNSAID = {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE}  # a file may be there all the same
YOUNG = 2_000_000_000  # ns; a file this young may change again within the tick of its time


class Hashes:
    """sha256 of files below a root; what was learned is kept in `.runner/hashes.json`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._top = str(root)
        self._path = root / ".runner" / "hashes.json"
        self._known: dict[str, list[int | str]] | None = None
        self._learned = False

    def of(self, path: str) -> str | None:
        """The hash of a file; None where there is none. A folder: of the names and hashes below it.

        Raises OSError where nothing can be said: for want of descriptors or memory, or because of a bad disk."""
        full = os.path.join(self._top, path)
        try:
            info = os.stat(full)
        except OSError as error:
            if error.errno in UNSAID:
                raise
            return None
        if stat.S_ISDIR(info.st_mode):
            return self._folder(path)
        known = self._load()
        mark: list[int | str] = [info.st_size, info.st_mtime_ns, info.st_ino]
        found = known.get(path)
        if found is not None and found[:3] == mark:
            return str(found[3])
        try:
            sha = str(digest_of(full)["sha256"])
        except OSError as error:
            if error.errno in UNSAID:
                raise
            return None
        if time.time_ns() - info.st_mtime_ns > YOUNG:
            known[path] = [*mark, sha]
            self._learned = True
        return sha

    def save(self) -> None:
        """Keep what was learned; a memory that can't be written is no failure."""
        if not self._learned or self._known is None:
            return
        temporary = self._path.with_suffix(f".{os.getpid()}")
        try:
            temporary.write_text(json.dumps(self._known), encoding="utf-8")
            os.replace(temporary, self._path)
        except (OSError, ValueError):
            with contextlib.suppress(OSError):
                temporary.unlink()

    def _folder(self, path: str) -> str:
        from runner.rules.keys import digest

        found: dict[str, str | None] = {}
        for folder, names, files in os.walk(self.root / path):
            names.sort()
            for name in files:
                inner = os.path.relpath(os.path.join(folder, name), self.root)
                found[inner] = self.of(inner)
        return digest(found)

    def _load(self) -> dict[str, list[int | str]]:
        if self._known is None:
            try:
                self._known = json.loads(self._path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                self._known = {}
            if not isinstance(self._known, dict):
                self._known = {}
        return self._known

"""The run log `chunked-fs`: objects by key in a folder that many processes and machines may write to.

Keys are names, not paths: `runs/R/n/ID/2.0/a/X.json` is the file `runs/R/n/ID/2.0.a.X.json`, one folder a node.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Mapping
from typing import Any

from runner.agent.catalog import writable

_NODE = re.compile(r"(runs/[^/]+/n/[^/]+/)(-|[0-9]+(?:\.[0-9]+)*)/(.+)\Z", re.DOTALL)
_FILE = re.compile(r"(-|[0-9]+(?:\.[0-9]+)*)\.((?:a|items)(?=\.))?\.?(.+)\Z", re.DOTALL)


class Folder:
    """A Store over a folder. `create` succeeds for one writer only; readers see whole objects or none."""

    def __init__(self, path: str, sync: bool = False) -> None:
        """sync: every object is on the disk when its call returns, else after `flush`."""
        self.path = os.path.abspath(path)
        self._sync = sync
        self._count = 0
        self._unsynced: dict[str, None] = {}

    @classmethod
    def open(cls, settings: Mapping[str, Any], root: str, run: str, write: bool = True) -> Folder:
        """The run log of a run, by the settings of `[run-log]`. Raises OSError."""
        made = cls(os.path.join(root, settings.get("path") or ".runner"))
        if write:
            writable(os.path.join(made.path, "runs"))
        return made

    @staticmethod
    def home(settings: Mapping[str, Any], root: str, run: str) -> str:
        """The folder that holds all of a run and nothing else but its plan."""
        return os.path.join(root, settings.get("path") or ".runner", "runs", run)

    def create(self, key: str, value: bytes) -> bool:
        """Put an object that must not be there yet; False when it is (somebody else was first)."""
        path = self._where(key)
        temporary = self._write(path, value)
        try:
            os.link(temporary, path)
        except FileExistsError:
            return False
        except OSError:  # a file system without links: exclusive, though a reader may see the beginning
            return self._create_slowly(path, value)
        finally:
            os.unlink(temporary)
        self._written(path)
        return True

    def put(self, key: str, value: bytes) -> None:
        """Put an object in place of what was there."""
        path = self._where(key)
        os.rename(self._write(path, value), path)
        self._written(path)

    def get(self, key: str) -> bytes | None:
        """An object, None when there is none."""
        try:
            fd = os.open(self._where(key), os.O_RDONLY)
        except FileNotFoundError:
            return None
        with open(fd, "rb") as file:
            return file.read()

    def list(self, prefix: str) -> list[str]:
        """All keys that begin with `prefix`, sorted."""
        found: list[str] = []
        node = _NODE.match(prefix + "x") if prefix.endswith("/") else None
        start = (node.group(1) if node else prefix).rpartition("/")[0]
        todo = [start]
        while todo:
            folder = todo.pop()
            try:
                entries = os.scandir(os.path.join(self.path, folder))
            except (FileNotFoundError, NotADirectoryError):
                continue
            with entries:
                for entry in entries:
                    if entry.name.startswith(".tmp-"):
                        continue
                    path = f"{folder}/{entry.name}" if folder else entry.name
                    if entry.is_dir():
                        if path.startswith(prefix[: len(path)]):
                            todo.append(path)
                        continue
                    key = _key(path)
                    if key.startswith(prefix):
                        found.append(key)
        return sorted(found)

    def flush(self) -> None:
        """Bring everything written so far to the disk. Raises OSError."""
        paths, self._unsynced = self._unsynced, {}
        for path in [*paths, *dict.fromkeys(os.path.dirname(path) for path in paths)]:
            try:
                fd = os.open(path, os.O_RDONLY)
            except FileNotFoundError:  # somebody has removed it since
                continue
            try:
                os.fsync(fd)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system that can't sync folders
                    error.filename = path
                    raise
            finally:
                os.close(fd)

    def close(self) -> None:
        """Flush; the store keeps nothing open."""
        self.flush()

    def _where(self, key: str) -> str:
        node = _NODE.match(key)
        name = f"{node.group(1)}{node.group(2)}.{node.group(3).replace('/', '.', 1)}" if node else key
        if not name or name.startswith("/") or ".." in name.split("/"):
            raise ValueError(f"not a key: {key!r}")
        return os.path.join(self.path, name)

    def _write(self, path: str, value: bytes) -> str:
        self._count += 1
        folder = os.path.dirname(path)
        temporary = os.path.join(folder, f".tmp-{os.getpid()}-{self._count}-{os.urandom(4).hex()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            fd = os.open(temporary, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
            fd = os.open(temporary, flags, 0o666)
        try:
            _write_all(fd, value)
            if self._sync:
                os.fsync(fd)
        finally:
            os.close(fd)
        return temporary

    def _create_slowly(self, path: str, value: bytes) -> bool:
        try:
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return False
        try:
            _write_all(fd, value)
        except BaseException:  # half an object must not stand in the way of a whole one
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        finally:
            os.close(fd)
        self._written(path)
        return True

    def _written(self, path: str) -> None:
        self._unsynced[path] = None
        if self._sync:
            self.flush()


def _key(path: str) -> str:
    """The key of a file."""
    folder, _, name = path.rpartition("/")
    parts = folder.split("/")
    found = _FILE.match(name) if len(parts) == 4 and parts[0] == "runs" and parts[2] == "n" else None
    if found is None:
        return path
    what = f"{found.group(2)}/{found.group(3)}" if found.group(2) else found.group(3)
    return f"{folder}/{found.group(1)}/{what}"


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]

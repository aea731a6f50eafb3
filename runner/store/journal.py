"""The run log `file-system`: one appended file a run, written by one process and read by any."""

from __future__ import annotations

import builtins
import fcntl
import os
from collections.abc import Mapping
from typing import Any

from runner.agent.named import Named
from runner.store.frames import frame, scan
from runner.store.sync import Syncer
from runner.store.whole import amiss, put_back


class Busy(Exception):
    """Another live process writes this journal."""


class Journal:
    """A Store in one file. Whoever writes holds a lock of the kernel on it, gone with the process.

    Objects stay in the file; memory holds where they stand. `flush` is one write for all that was put since the last
    one; a thread syncs within a tenth of a second, `flush(sync=True)` at once. Readers see what was flushed."""

    def __init__(self, path: str | os.PathLike[str], write: bool = True, root: str | None = None) -> None:
        """Open a journal; to write makes it. Raises Busy, and OSError (FileNotFoundError: nothing to read).

        root: the project, without which the file is not put back when somebody removes it."""
        self.path = os.fspath(path)
        self.write, self.root = write, root
        self.restored = False  # somebody had removed it, it was put back
        if write:
            os.makedirs(os.path.dirname(self.path) or ".", exist_ok=True)
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
            try:
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._fd)
                raise Busy(self.path) from None
        else:
            self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        self.damaged = 0  # stretches in the middle that are no records
        self._where: dict[str, tuple[int, int]] = {}  # key -> offset, size
        self._waiting: dict[int, bytes] = {}  # offset -> value, of what is not written yet
        self._lines: list[bytes] = []
        self._end = self._written = 0
        self._opened = b""  # of a reader: the file as it was when it was opened
        self._syncer = Syncer(self._fd, self._amiss) if write else None
        try:
            self._read(repair=write)
        except BaseException:
            os.close(self._fd)
            raise
        self._written = self._end

    @classmethod
    def open(cls, settings: Mapping[str, Any], root: str, run: str, write: bool = True) -> Journal:
        """The run log of a run, by the settings of `[run-log]`. Raises Busy and OSError."""
        return cls(os.path.join(root, settings.get("path") or ".runner/runs", run, "journal"), write, root)

    @staticmethod
    def home(settings: Mapping[str, Any], root: str, run: str) -> str:
        """The folder that holds all of a run and nothing else."""
        return os.path.join(root, settings.get("path") or ".runner/runs", run)

    def create(self, key: str, value: bytes) -> bool:
        """Put an object that must not be there yet; False when it is."""
        if key in self._where:
            return False
        self.put(key, value)
        return True

    def put(self, key: str, value: bytes) -> None:
        """Put an object in place of what was there; it is in the file after `flush`."""
        if not self.write:
            raise OSError(f"{self.path} is open for reading")
        line, start = frame(key, value)
        self._where[key] = (self._end + start, len(value))
        self._waiting[self._end + start] = value
        self._lines.append(line)
        self._end += len(line)

    def get(self, key: str) -> bytes | None:
        """An object, None when there is none."""
        spot = self._where.get(key)
        if spot is None:
            return None
        value = self._waiting.get(spot[0])
        return self._bytes(*spot) if value is None else value

    def list(self, prefix: str) -> builtins.list[str]:
        """All keys that begin with `prefix`, sorted."""
        return sorted(key for key in self._where if key.startswith(prefix))

    def take(self, prefix: str) -> dict[str, memoryview]:
        """All objects whose keys begin with `prefix`, as views of one read of the file."""
        self.flush()
        spots = {key: spot for key, spot in self._where.items() if key.startswith(prefix)}
        if len(self._opened) != self._end:
            self._opened = self._bytes(0, self._end)
        data = memoryview(self._opened)
        if self.write:
            self._opened = b""
        return {key: data[at : at + size] for key, (at, size) in spots.items()}

    def flush(self, sync: bool = False) -> None:
        """Write what was put. Raises OSError (a full disk); what is left then is written by the next flush.

        A file that somebody has removed is put back; Refused (E712) where it was cut off."""
        if self._syncer is None:
            return
        try:
            if self._syncer.found:
                self._mend(self._syncer)
            self._flush(self._syncer, sync)
        except OSError as error:
            error.filename = error.filename or self.path
            raise

    def _amiss(self) -> bool:
        return amiss(self._fd, self.path, self._written)

    def _mend(self, syncer: Syncer) -> None:
        put_back(self._fd, self.path, self._written, self.root)
        self.restored, syncer.found = True, False

    def _flush(self, syncer: Syncer, sync: bool) -> None:
        if self._lines:
            data = memoryview(b"".join(self._lines))
            try:
                while data:
                    data = data[os.write(self._fd, data) :]
            finally:
                self._lines = [bytes(data)] if data else []
            self._written = self._end
            self._waiting.clear()
            if not sync:
                syncer.soon()
        if sync:
            syncer.now()

    def refresh(self) -> bool:
        """Of a reader: see what the writer flushed since; whether there was anything."""
        before = self._end
        if not self.write:
            self._read(repair=False)
        return self._end > before

    def close(self) -> None:
        """Flush, sync, and let go of the lock."""
        if self._fd < 0:
            return
        try:
            if self._syncer is not None:
                self._syncer.stop()
                self._syncer.found = self._amiss()
                self.flush(sync=True)
        finally:
            os.close(self._fd)
            self._fd = -1

    def _read(self, repair: bool) -> None:
        """Read on from the last whole line. A torn end is cut off by the writer, passed over by readers."""
        base = self._end
        data = self._bytes(base, os.fstat(self._fd).st_size - base)
        found = scan(data, base)
        self._opened = data if not repair and not base else b""
        self._where.update(found.where)
        self._end = found.end
        self.damaged += found.damaged
        if repair and found.torn:
            os.ftruncate(self._fd, found.end)

    def _bytes(self, at: int, size: int) -> bytes:
        """What stands in the file from `at` on, as much as there is. Raises OSError that names the file."""
        parts = []
        with Named(self.path):
            while size > 0:
                part = os.pread(self._fd, size, at)
                if not part:
                    break
                parts.append(part)
                at, size = at + len(part), size - len(part)
        return b"".join(parts)


def alive(path: str | os.PathLike[str]) -> bool:
    """Whether a live process writes this journal."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False

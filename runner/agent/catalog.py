"""Catalogs: files kept by what is in them. A blob is `blobs/<2 hex>/<sha256>`; nothing in it ever changes."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
from collections.abc import Mapping
from typing import Any, Protocol

from runner.agent.named import Named

_SMALL = 1 << 20
_CHUNK = 1 << 20


class MissingBlob(LookupError):
    """A blob that a record names is not in the catalog."""


class Catalog(Protocol):
    """Where the content of files goes. `put` and `get` raise OSError; `get` MissingBlob."""

    def put(self, path: str) -> dict[str, Any]: ...

    def get(self, sha: str, dest: str, mode: int | None = None) -> None: ...

    def put_bytes(self, data: bytes) -> dict[str, Any]: ...

    def read(self, sha: str) -> bytes: ...

    def has(self, sha: str) -> bool: ...


def digest_of(path: str) -> dict[str, Any]:
    """sha256, size and mode of what a path leads to, links followed; raises OSError."""
    digest = _sha256()
    with _opened(path) as file:
        info = os.fstat(file.fileno())
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            digest.update(chunk)
        size = file.tell()
    return {"sha256": digest.hexdigest(), "size": size, "mode": stat.S_IMODE(info.st_mode)}


class FileCatalog:
    """A folder of blobs. Copies are reflinks where the file system can (copy_file_range), never hard links: an append
    to the project's file must not change the blob."""

    def __init__(self, path: str, sync: bool = True) -> None:
        self.path = os.path.abspath(path)
        self._sync = sync
        self._count = 0

    @classmethod
    def open(cls, settings: Mapping[str, Any], root: str) -> FileCatalog:
        """By the settings of `[catalog]`; a relative path counts from the project's root. Raises OSError."""
        made = cls(os.path.join(root, settings.get("path") or ".runner/catalog"))
        writable(os.path.join(made.path, "tmp"))
        return made

    @classmethod
    def reading(cls, settings: Mapping[str, Any], root: str) -> FileCatalog:
        """As `open`, of a catalog that may be read only."""
        return cls(os.path.join(root, settings.get("path") or ".runner/catalog"))

    def where(self, sha: str) -> str:
        """The path of a blob."""
        return os.path.join(self.path, "blobs", sha[:2], sha)

    def has(self, sha: str) -> bool:
        return os.path.exists(self.where(sha))

    def put(self, path: str) -> dict[str, Any]:
        """Keep the content of a file; links are followed. {sha256, size, mode}."""
        with _opened(path) as file:
            info = os.fstat(file.fileno())
            mode = stat.S_IMODE(info.st_mode)
            if info.st_size <= _SMALL:
                data = _read_all(file.fileno())
                return {**self.put_bytes(data), "mode": mode}
            temporary, out = self._temporary()
            try:
                try:
                    with Named(temporary):
                        _copy(file.fileno(), out)
                        digest, size = _hash(out)  # of the copy: the source may still change
                        self._done(out)
                finally:
                    os.close(out)
                self._adopt(temporary, digest)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        return {"sha256": digest, "size": size, "mode": mode}

    def put_bytes(self, data: bytes) -> dict[str, Any]:
        """Keep bytes. {sha256, size, mode}."""
        digest = _sha256(data).hexdigest()
        if not self._again(digest):
            temporary, out = self._temporary()
            try:
                try:
                    with Named(temporary):
                        _write_all(out, data)
                        self._done(out)
                finally:
                    os.close(out)
                self._adopt(temporary, digest)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        return {"sha256": digest, "size": len(data), "mode": 0o644}

    def get(self, sha: str, dest: str, mode: int | None = None) -> None:
        """Put a blob at a path, at once or not at all; a link there is replaced, not followed."""
        try:
            blob = os.open(self.where(sha), os.O_RDONLY)
        except FileNotFoundError:
            raise MissingBlob(sha) from None
        try:
            folder, name = os.path.split(dest)
            os.makedirs(folder or ".", exist_ok=True)
            self._count += 1
            temporary = os.path.join(folder, f".{name[:100]}.{os.getpid()}-{self._count}.tmp")
            out = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                _copy(blob, out)
                os.fchmod(out, 0o644 if mode is None else mode)
            finally:
                os.close(out)
            try:
                os.rename(temporary, dest)
            except BaseException:
                os.unlink(temporary)
                raise
        finally:
            os.close(blob)

    def read(self, sha: str) -> bytes:
        """The content of a blob."""
        try:
            with open(self.where(sha), "rb") as file:
                return file.read()
        except FileNotFoundError:
            raise MissingBlob(sha) from None

    def _again(self, sha: str) -> bool:
        """Whether a blob is there; it is young again, so that nobody who clears the catalog away takes it now."""
        try:
            os.utime(self.where(sha))
        except FileNotFoundError:
            return False
        except OSError:  # somebody else's, or a disk that can't be written
            return self.has(sha)
        return True

    def _temporary(self) -> tuple[str, int]:
        folder = os.path.join(self.path, "tmp")
        self._count += 1
        path = os.path.join(folder, f"{os.getpid()}-{self._count}-{os.urandom(4).hex()}")
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
        try:
            return path, os.open(path, flags, 0o600)
        except FileNotFoundError:
            os.makedirs(folder, exist_ok=True)
            return path, os.open(path, flags, 0o600)

    def _done(self, out: int) -> None:
        os.fchmod(out, 0o444)
        if self._sync:
            os.fsync(out)

    def _adopt(self, temporary: str, sha: str) -> None:
        final = self.where(sha)
        try:
            os.rename(temporary, final)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(final), exist_ok=True)
            os.rename(temporary, final)


class NoCatalog:
    """`do-nothing`: knows what a file was, keeps nothing."""

    @classmethod
    def open(cls, settings: Mapping[str, Any], root: str) -> NoCatalog:
        """By the settings of `[catalog]`."""
        return cls()

    def has(self, sha: str) -> bool:
        return False

    def put(self, path: str) -> dict[str, Any]:
        """{sha256, size, mode} of a file."""
        return digest_of(path)

    def put_bytes(self, data: bytes) -> dict[str, Any]:
        """{sha256, size, mode} of bytes."""
        return {"sha256": _sha256(data).hexdigest(), "size": len(data), "mode": 0o644}

    def get(self, sha: str, dest: str, mode: int | None = None) -> None:
        raise MissingBlob(sha)

    def read(self, sha: str) -> bytes:
        raise MissingBlob(sha)


def writable(folder: str) -> None:
    """Make a folder, and see that something can be put into it; raises OSError."""
    os.makedirs(folder, exist_ok=True)
    if not os.access(folder, os.W_OK | os.X_OK):
        number = errno.EROFS if os.statvfs(folder).f_flag & os.ST_RDONLY else errno.EACCES
        raise OSError(number, os.strerror(number), folder)


def open_catalog(settings: Mapping[str, Any], root: str = ".") -> Catalog:
    """One of our own catalogs by its settings, where no plug-ins are to be had. Raises KeyError."""
    ours: dict[str, Any] = {"file-system": FileCatalog, "do-nothing": NoCatalog}
    made: Catalog = ours[settings.get("type", "file-system")].open(settings, root)
    return made


def _opened(path: str) -> io.FileIO:
    """The open file; a pipe, device or folder raises OSError instead of waiting for a writer."""
    file = io.FileIO(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(f"`{path}` is not a file")
    return file


def _read_all(fd: int) -> bytes:
    return b"".join(iter(lambda: os.read(fd, _CHUNK), b""))


def _write_all(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def _copy(source: int, out: int) -> None:
    """Copy all of `source`: a reflink where the file system can, else in the kernel, else by hand."""
    if hasattr(os, "copy_file_range"):
        try:
            while os.copy_file_range(source, out, 1 << 30):
                pass
        except OSError:  # other file system, old kernel: what was copied so far is written again
            os.lseek(source, 0, os.SEEK_SET)
            os.lseek(out, 0, os.SEEK_SET)
        else:
            if os.lseek(out, 0, os.SEEK_CUR) == os.fstat(source).st_size:
                return
    for chunk in iter(lambda: os.read(source, _CHUNK), b""):
        _write_all(out, chunk)


def _hash(fd: int) -> tuple[str, int]:
    os.lseek(fd, 0, os.SEEK_SET)
    digest, size = _sha256(), 0
    for chunk in iter(lambda: os.read(fd, _CHUNK), b""):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def _sha256(data: bytes = b"") -> Any:
    import hashlib  # loads a library of its own, for steps with files

    return hashlib.sha256(data)

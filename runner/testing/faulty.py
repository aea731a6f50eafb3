"""The command `runner` in a process that dies, or whose operations fail, at the one that is asked for.

python -m runner.testing.faulty '{"at": 17, "do": "kill"}' WORDS: every operation on files below the working directory,
and every start or end of a process, is counted; stderr ends with their kinds in order. What is done at number `at`:

stop    the process stands still until somebody sends it SIGCONT
watch   nothing; stderr names operations that were not counted as well, as the interpreter itself sees them
jump    from here on the clock of the wall is `"by"` seconds off
kill    the process is gone, as by `kill -9`
torn    half of what is to be written is written, then the process is gone
short   half is written, and the call says so
ENOSPC  and all other names of errors: this operation fails, with `"lasting": true` all that follow, too

Only operations that can fail so are counted, with `"of": "mkdir"` only those of that kind.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

MAKES = {"open-w", "write", "mkdir", "rename", "link", "fsync", "truncate"}
KINDS: dict[str, set[str]] = {
    "torn": {"write"},
    "short": {"write"},
    "ENOSPC": MAKES,
    "EDQUOT": MAKES,
    "EROFS": {"open-w", "mkdir", "rename", "link", "unlink", "rmdir", "truncate", "chmod"},
    "EIO": {*MAKES, "unlink", "read", "open-r", "chmod"},
    "EMFILE": {"open-w", "open-r", "pidfd"},
    "ENFILE": {"open-w", "open-r", "pidfd"},
    "ENOMEM": {"spawn", "pidfd"},
    "EAGAIN": {"spawn"},
}
"""Which operations can fail how."""
AUDITED = {
    "os.mkdir",
    "os.rename",
    "os.link",
    "os.symlink",
    "os.remove",
    "os.rmdir",
    "os.truncate",
    "os.chmod",
    "os.utime",
}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT

Call = Callable[..., Any]


class Plug:
    """Counts operations and breaks one. seen: kinds in order."""

    def __init__(self, at: int, do: str, lasting: bool = False, of: str = "", by: float = 0.0) -> None:
        self.at, self.do, self.lasting, self.by = at, do, lasting, by
        self.kinds = {of} if of else KINDS.get(do)
        self.root = os.getcwd()
        self.seen: list[str] = []
        self.missed: list[str] = []
        self._inside = False
        self._readlink = os.readlink

    def ours(self, what: Any) -> bool:
        """Whether a path or descriptor lies below the working directory at the start."""
        try:
            path = self._readlink(f"/proc/self/fd/{what}") if isinstance(what, int) else os.fspath(what)
        except (OSError, TypeError):
            return False
        if isinstance(path, bytes):
            path = os.fsdecode(path)
        return path.startswith(self.root) or not path.startswith("/")

    def event(self, kind: str, plain: Call, args: Any, more: Any, what: Any = None) -> Any:
        """One operation: counted before and after, unless it takes place inside another one."""
        if self._inside or (what is not None and not self.ours(what)):
            return plain(*args, **more)
        self._inside = True
        try:
            if self.kinds is None or kind in self.kinds:
                self.seen.append(kind)
                if len(self.seen) == self.at or (self.lasting and len(self.seen) > self.at > 0):
                    args = self._breaks(plain, args)
            return plain(*args, **more)
        finally:
            self._inside = False

    def _breaks(self, plain: Call, args: Any) -> Any:
        """What is left to do in place of what was asked for."""
        if self.do in ("torn", "short") and not isinstance(args[-1], int):  # copy_file_range gives no bytes
            data = memoryview(args[-1])
            args = (*args[:-1], data[: len(data) // 2])
            if self.do == "torn":
                plain(*args)
        if self.do in ("kill", "torn", "stop"):
            os.kill(os.getpid(), signal.SIGSTOP if self.do == "stop" else signal.SIGKILL)
        if self.do == "jump":
            wall, ticks = time.time, time.time_ns
            time.time = lambda: wall() + self.by
            time.time_ns = lambda: ticks() + int(self.by * 1e9)
        number = getattr(errno, self.do, None)
        if number is not None:
            name = next((one for one in args if isinstance(one, (str, os.PathLike))), None)
            raise OSError(number, os.strerror(number), name)
        return args

    def watch(self, name: str, args: tuple[Any, ...]) -> None:
        """An audit hook: what changes files below the working directory and is not inside an operation that counts."""
        changes = name in AUDITED or (name == "open" and isinstance(args[2], int) and args[2] & WRITES)
        if changes and not self._inside and self.ours(args[0]):
            self.missed.append(name)

    def wrap(self, owner: Any, name: str, kind: str, where: int | None = 0) -> None:
        """Put this plug in front of a function; `where`: the argument that says what it works on, None: always ours."""
        plain = getattr(owner, name, None)
        if plain is None:
            return

        def call(*args: Any, **more: Any) -> Any:
            what = None if where is None else args[where]
            return self.event(kind(*args) if callable(kind) else kind, plain, args, more, what)

        setattr(owner, name, call)

    def fit(self) -> None:
        """Put this plug in front of all that changes files and starts processes."""
        self.wrap(os, "open", _way)  # type: ignore[arg-type]
        for name, kind in {
            "write": "write", "pread": "read", "mkdir": "mkdir", "rename": "rename", "replace": "rename",
            "link": "link", "symlink": "link", "unlink": "unlink", "remove": "unlink", "rmdir": "rmdir",
            "fsync": "fsync",
            "fdatasync": "fsync", "ftruncate": "truncate", "truncate": "truncate", "copy_file_range": "write",
            "chmod": "chmod", "fchmod": "chmod", "utime": "chmod",
        }.items():  # fmt: skip
            self.wrap(os, name, kind, 1 if name == "copy_file_range" else 0)
        for name, kind in {"posix_spawn": "spawn", "wait4": "reap", "pidfd_open": "pidfd"}.items():
            self.wrap(os, name, kind, None)
        builtins.open = io.open = self._opened(io.open)

    def _opened(self, plain: Call) -> Call:
        plug = self

        class File(io.FileIO):
            def write(self, data: Any) -> int:
                return int(plug.event("write", super().write, (data,), {}))

        def opened(file: Any, mode: str = "r", buffering: int = -1, *args: Any, **more: Any) -> Any:
            if isinstance(file, int) or not plug.ours(file):
                return plain(file, mode, buffering, *args, **more)
            if not set(mode) & set("wax+"):
                return plug.event("open-r", plain, (file, mode, buffering, *args), more)
            raw = plug.event("open-w", File, (file, mode.replace("b", "").replace("t", "")), {})
            if buffering == 0:
                return raw
            buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, *args, **more)

        return opened


def _way(path: Any, flags: int, *_: Any) -> str:
    return "open-w" if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) else "open-r"


def main() -> int:
    """Run the command line behind the plug."""
    plug = Plug(**json.loads(sys.argv[1]))
    from runner.cli import main as command

    plug.fit()
    if plug.do == "watch":
        sys.addaudithook(plug.watch)
    code = command(sys.argv[2:])
    plug.do, plug.at = "count", 0
    if plug.missed:
        print("missed:", *plug.missed, file=sys.stderr)
    print("seen:", *plug.seen, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

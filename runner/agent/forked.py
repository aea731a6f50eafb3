"""The process of a step that a fork server makes: to an attempt the same as one that was spawned."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Mapping
from typing import NamedTuple

from runner.agent import spawn
from runner.agent.forkserver import HEAD
from runner.agent.link import Link
from runner.agent.tasks import Task

NOBODY = 1 << 30  # a pid that no process, group or session has


class Again(NamedTuple):
    """How to start the step without a server: as for spawn."""

    program: str
    argv: list[str]
    env: Mapping[str, str]
    out: int | str
    cwd: str


class Forked:
    """Made by asking; the fork comes later. `pidfd` is readable when there is something for `reap`.

    on_close: told of a descriptor before it is closed while the step goes on.
    """

    def __init__(
        self,
        link: Link,
        via: str,
        slip: int,
        out: int,
        again: Again,
        task: Task,
        on_close: Callable[[int], None] | None = None,
    ) -> None:
        """Raises OSError when the server does not take the step; the slip is closed then."""
        self.via = via
        self._slip, self._task, self._on_close = slip, task, on_close
        self._pid = NOBODY
        self._gone = False
        self._fresh: spawn.Process | None = None
        self.pidfd = write = -1
        self._again, self._kept = again, -1
        try:
            if isinstance(again.out, int):
                self._kept = os.dup(again.out)
                self._again = again._replace(out=self._kept)
            self.pidfd, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            link.ask(b"R", out, write, slip)
        except OSError:
            self._shut()
            raise
        finally:
            if write >= 0:
                os.close(write)

    @property
    def pid(self) -> int:
        """Of the process, NOBODY as long as there is none."""
        if self._pid == NOBODY and self._slip >= 0:
            self._pid = int(os.pread(self._slip, 16, 0).rstrip(b"\0") or NOBODY)
        return self._pid

    def withdrawn(self) -> bool:
        """Take the request back; False when the process has begun."""
        if self._fresh is None and not self._gone:
            os.pwrite(self._slip, b"w", 16)  # before the look at the pid: see forkserver.told
            self._gone = self.pid == NOBODY
        return self._gone

    def reap(self) -> spawn.Exit | None:
        """As that of a spawned process. Where the server is gone and has not begun, the step is started without it."""
        if self._fresh is not None:
            return self._fresh.reap()
        if self._gone:
            return spawn.Exit(None, signal.SIGTERM, 0.0, 0.0, 0)
        try:
            said = os.read(self.pidfd, 256).split()
        except BlockingIOError:
            return None
        if said:
            self._pid = int(said[0])
            return spawn.exit_of(int(said[1]), float(said[2]), float(said[3]), int(said[4]))
        if not self.withdrawn():
            return spawn.Exit(None, None, 0.0, 0.0, 0)  # it is an orphan, nobody will know how it ends
        try:
            self._task.keep()
            self._fresh = spawn.spawn(*self._again)
        except (OSError, ValueError):
            return spawn.Exit(None, None, 0.0, 0.0, 0)
        if self._on_close is not None:
            self._on_close(self.pidfd)
        self._shut()
        self.via, self._gone = self._fresh.via, False
        self._pid, self.pidfd = self._fresh.pid, self._fresh.pidfd
        return None

    def result(self) -> bytes | None:
        """What the step gave; None where it is a file, or nothing."""
        if self._slip < 0:
            return None
        size = int(os.pread(self._slip, 8, 24).rstrip(b"\0") or 0)
        return os.pread(self._slip, size, HEAD) if size else None

    def closed(self) -> spawn.Process:
        """Give the descriptors back; what is still to be known of it."""
        self._shut()
        return spawn.Process(self.pid, -1, self.via)

    def _shut(self) -> None:
        pid = self.pid
        for fd in (self.pidfd, self._slip, self._kept):
            if fd >= 0:
                with contextlib.suppress(OSError):
                    os.close(fd)
        self._pid, self.pidfd, self._slip, self._kept = pid, -1, -1, -1

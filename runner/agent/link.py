"""The driver's end of the line to a fork server (forkserver.py says what goes over it)."""

from __future__ import annotations

import _socket
import contextlib
import json
import marshal
import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from runner.agent.forkserver import HEAD, signature
from runner.agent.spawn import Process

_PATIENCE = 1000  # milliseconds


class Link:
    """A fork server from its start on; `base` is its environment, `theirs` the end of the socket to hand over."""

    def __init__(self, base: Mapping[str, str]) -> None:
        self.base = base
        self.process: Process | None = None  # when it is our child
        self.watch: list[tuple[str, Any]] = []
        self.ready = False
        self.unsafe: str | None = None
        self._heard = b""
        self._socket, self.theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
        for end in (self._socket, self.theirs):
            os.set_inheritable(end.fileno(), False)

    def listen(self, patience: float = 0.0) -> None:
        """Take the line that it says when it is ready, if it has come, and see whether it has ended."""
        self._socket.settimeout(0 if self.ready else patience)
        while self.unsafe is None:
            try:
                data = self._socket.recv(1 << 16)
            except (BlockingIOError, TimeoutError):
                return
            except OSError:
                data = b""
            self._heard += data
            if not data:
                self.unsafe = "it ended"
            elif data.endswith(b"\n"):
                said = json.loads(self._heard)
                self.unsafe, self.ready = said["unsafe"], said["unsafe"] is None
                self.watch = [(path, before) for path, before in said["watch"]]
                self._socket.settimeout(0)

    def stale(self) -> bool:
        """Has a file that it read changed since (N37)?"""
        return any(signature(path) != before for path, before in self.watch)

    def ask(self, what: bytes, *fds: int) -> None:
        """Send a request with descriptors. Raises OSError when nobody takes it."""
        packed = b"".join(fd.to_bytes(4, sys.byteorder) for fd in fds)
        self._socket.settimeout(0)
        self._socket.sendmsg([what], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, packed)] if fds else [])

    def slip(self, env: Mapping[str, str], asked: Mapping[str, Any]) -> int:
        """A file in memory with what a process in this environment must know; its descriptor. Raises OSError."""
        base, fd = self.base, os.memfd_create("runner-step")
        body = {
            **asked,
            "slip": f"/proc/{os.getpid()}/fd/{fd}",
            "set": {os.fsencode(name): os.fsencode(text) for name, text in env.items() if base.get(name) != text},
            "unset": [os.fsencode(name) for name in base if name not in env],
        }
        os.write(fd, bytes(HEAD) + marshal.dumps(body, 2))  # a form that every Python reads, with few pages touched
        return fd

    def close(self, now: bool = False) -> None:
        """Let it end: when its last step has ended, or now."""
        if not now:
            with contextlib.suppress(OSError):
                self.ask(b"Q")
        self._socket.close()
        self.theirs.close()
        if self.process is not None:
            if now:
                _await(self.process)
            with contextlib.suppress(OSError):
                os.waitpid(self.process.pid, os.WNOHANG)
            self.process = self.process.closed()


def _await(process: Process) -> None:
    """Wait for the end of a server whose socket is closed; one that can't end is killed."""
    import select

    if process.pidfd < 0:  # there was no descriptor left for it: looked at now and then
        _look_after(process.pid)
        return
    poll = select.poll()
    poll.register(process.pidfd, select.POLLIN)
    if not poll.poll(_PATIENCE):
        os.kill(process.pid, signal.SIGKILL)
        poll.poll(_PATIENCE)


def _look_after(pid: int) -> None:
    import time

    end = time.monotonic() + _PATIENCE / 1000
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)

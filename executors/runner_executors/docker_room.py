"""A container with an agent that is given a call when there is one, and how it says that the call has ended."""

from __future__ import annotations

import json
import os
import shutil
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from runner.run.packed import message
from runner_executors.docker_engine import Stream

if TYPE_CHECKING:
    from runner_executors.docker_box import Box

Table = dict[str, Any]
Kind = tuple[str, str]  # the image as it is named, and the limits of the container
KEPT = 4096  # bytes of what an agent says
END, LOG = "end.json", "log"


class Room:
    """One container, for one attempt at a time. folder: all of this machine that it may write to but the catalog."""

    def __init__(self, kind: Kind, image: Any, folder: str) -> None:
        self.kind, self.image, self.folder = kind, image, folder
        self.id = ""
        self.stream: Stream | None = None
        self.box: Box | None = None
        self._said = b""

    @property
    def home(self) -> str:
        """HOME inside: a folder of its own for each attempt."""
        return os.path.join(self.folder, "home")

    def fileno(self) -> int:
        """Readable when the agent has said something, and at its end; -1 where there is none."""
        return self.stream.socket.fileno() if self.stream is not None else -1

    def enter(self, box: Box, told: Table) -> None:
        """Hand an attempt over, with the call as its agent hears it. Raises OSError."""
        shutil.rmtree(self.home, ignore_errors=True)
        os.makedirs(self.home, exist_ok=True)
        box.open_log()
        inner = os.path.join(self.folder, LOG)
        with suppress(OSError):  # some file systems have no second names: then the log is there at its end
            os.link(box.log, inner)
        self.box, box.room = box, self
        there = {**told, "scratch": os.path.join(self.folder, "work"), "log": inner}
        self._send({"call": there, "secrets": dict(box.secrets), "report": self.folder})

    def stop(self) -> None:
        """Have the attempt stopped: its agent gives it its grace."""
        with suppress(OSError):  # then its end is about to be heard
            self._send({"stop": True})

    def heard(self) -> bool:
        """Take what the agent wrote; False at its end."""
        assert self.stream is not None
        try:
            data: bytes = self.stream.socket.recv(1 << 16)
        except OSError:
            data = b""
        self._said = (self._said + data)[-KEPT:]
        return bool(data)

    def said(self) -> str:
        """The last line that it wrote: of the agent, for a step writes into its log."""
        text = self._said.decode("utf-8", "replace")
        lines = ["".join(c for c in line if c.isprintable()) for line in text.splitlines()]
        return next((line.strip() for line in reversed(lines) if line.strip()), "")

    def record(self) -> Table | None:
        """The end record of the attempt."""
        try:
            with open(os.path.join(self.folder, END), "rb") as file:
                found: Table = json.loads(file.read())
            return found
        except (OSError, ValueError):
            return None

    def leave(self) -> None:
        """The attempt has ended: nothing of it stays."""
        box, self.box = self.box, None
        inner = os.path.join(self.folder, LOG)
        for path in (inner, os.path.join(self.folder, END)):
            with suppress(OSError):
                if path == inner and box is not None and not os.path.samefile(path, box.log):
                    os.replace(path, box.log)
                else:
                    os.unlink(path)
        if box is not None:
            box.put_log()

    def hang_up(self) -> None:
        """Tell the agent that nothing more comes; it ends."""
        if self.stream is not None:
            with suppress(OSError):
                self.stream.socket.shutdown(socket.SHUT_WR)

    def _send(self, told: Table) -> None:
        assert self.stream is not None
        self.stream.socket.sendall(message(told))

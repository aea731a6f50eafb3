"""A container in place of a process: what it prints, and how it ends."""

from __future__ import annotations

from runner.agent.spawn import Exit
from runner_executors.docker_engine import Engine, Stream

CHUNK = 1 << 16
NAMED = range(1, 32)  # signals that a program ends by


class Frames:
    """Both streams of a container as one: without the eight bytes that the engine puts before each piece."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    def feed(self, data: bytes) -> bytes:
        """What was printed, of the next bytes."""
        found = []
        while data:
            if self._left:
                piece, data = data[: self._left], data[self._left :]
                self._left -= len(piece)
                found.append(piece)
                continue
            missing = 8 - len(self._head)
            self._head, data = self._head + data[:missing], data[missing:]
            if len(self._head) == 8:
                self._left, self._head = int.from_bytes(self._head[4:], "big"), b""
        return b"".join(found)


class Running:
    """A container in place of a process. It has ended when its streams have."""

    pid = None
    via = "carrier"

    def __init__(self, engine: Engine, id: str, stream: Stream, shell: bool) -> None:
        self.engine, self.id, self.stream = engine, id, stream
        stream.socket.setblocking(False)
        self.pidfd: int = stream.socket.fileno()
        self.over = self.out_of_memory = False
        self._shell = shell

    def heard(self) -> bytes | None:
        """What came of its streams; None where nothing is there, or no more will come."""
        try:
            data: bytes = self.stream.socket.recv(CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            data = b""
        self.over = not data
        return data or None

    def reap(self) -> Exit | None:
        """Its end. An engine has one number for an exit code and a signal; a shell makes such numbers itself."""
        if not self.over:
            return None
        code, self.out_of_memory = self.engine.ended(self.id)
        number = code - 128 if code is not None and not self._shell else 0
        return Exit(None, number, 0.0, 0.0, 0) if number in NAMED else Exit(code, None, 0.0, 0.0, 0)

    def withdrawn(self) -> bool:
        return False

    def result(self) -> bytes | None:
        return None

    def closed(self) -> Running:
        self.pidfd = -1  # the stream is closed by who opened it
        return self

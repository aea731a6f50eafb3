"""A real Docker Engine for tests: whether there is one, images made there, and what it still holds of a project."""

from __future__ import annotations

import os
import re
import select
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

ASKED = re.compile(r"^(DELETE|GET|HEAD|POST|PUT) /v1\.\d+/([a-z/0-9]+)\S* HTTP/1.1\r$", re.MULTILINE)
REST = re.compile("/[0-9a-f]{64}/?")
LOOK = 0.05  # seconds between two looks at whether it was cut
IMAGE = "runner-base:py311"
SOCKET = "/var/run/docker.sock"


def there() -> bool:
    """Whether tests that need an engine run: it answers and has the image, or it has to."""
    if os.environ.get("RUNNER_TEST_DOCKER"):
        return True
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, timeout=30).returncode == 0


def said(*words: str, **more: Any) -> str:
    """What `docker WORDS` prints. Raises CalledProcessError."""
    asked = subprocess.run(["docker", *words], capture_output=True, text=True, check=True, timeout=120, **more)
    return str(asked.stdout)


def left(root: Path, running: bool = False) -> list[str]:
    """Containers of a project, whatever their state."""
    every = () if running else ("--all",)
    return said("ps", *every, "--quiet", "--no-trunc", "--filter", f"label=run.runner.root={root}").split()


@contextmanager
def image(*lines: str, base: str = IMAGE) -> Iterator[str]:
    """An image made of a few lines of a Dockerfile, removed afterwards."""
    name = f"runner-test:{os.urandom(6).hex()}"
    said("build", "-q", "-t", name, "-", input="\n".join([f"FROM {base}", *lines, ""]))
    try:
        yield name
    finally:
        subprocess.run(["docker", "rmi", "-f", name], capture_output=True, timeout=60)


class Relay:
    """A socket that leads to the engine until it is cut; open to everybody, as an engine's own is to its group."""

    def __init__(self, path: Path) -> None:
        self.host = f"unix://{path}"
        self.asked: list[str] = []  # what the engine was asked for, such as `POST containers/create`
        self._over = False
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(path))
        path.chmod(0o666)
        self._door.listen()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def cut(self) -> None:
        """As if the engine had stopped: nobody answers any more, and what was open ends."""
        self._over = True
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        with self._door:
            while not self._over:
                if select.select([self._door], [], [], LOOK)[0]:
                    self._threads.append(threading.Thread(target=self._relay, args=(self._door.accept()[0],)))
                    self._threads[-1].start()

    def _relay(self, near: socket.socket) -> None:
        with near, socket.socket(socket.AF_UNIX) as far, suppress(OSError):
            far.connect(SOCKET)
            ways = {near: far, far: near}
            while ways and not self._over:
                for source in select.select(list(ways), [], [], LOOK)[0]:
                    data = source.recv(1 << 16)
                    if source is near:
                        self.asked += [
                            f"{verb} {REST.sub('/', path)}" for verb, path in ASKED.findall(data.decode("latin-1"))
                        ]
                    if data:
                        ways[source].sendall(data)
                    else:
                        ways.pop(source).shutdown(socket.SHUT_WR)

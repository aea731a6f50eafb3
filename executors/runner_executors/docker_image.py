"""What an image says of its containers, and which programs are in them: asked of the engine, nothing is run for it."""

from __future__ import annotations

import base64
import json
import posixpath
from functools import cached_property
from typing import IO, Any

from runner_executors.docker_engine import API, Engine

Table = dict[str, Any]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # the engine's own, where an image says none
FOLDER, LINK = 1 << 31, 1 << 27  # bits of a file's mode as the engine writes it
STAT, NOT_FOUND = "X-Docker-Container-Path-Stat", 404
LINKS = 8  # followed at most


class Image:
    """An image of this engine. name: as somebody says it."""

    def __init__(self, engine: Engine, name: str, id: str) -> None:
        self.engine, self.name, self.id = engine, name, id
        self._there: set[tuple[str, str]] = set()  # programs seen on a PATH

    @cached_property
    def config(self) -> Table:
        """`Entrypoint`, `Cmd`, `Env`... of its containers. Raises Failed (no-image)."""
        return self.engine.config(self.id)

    @property
    def path(self) -> str:
        """Where its programs are. Raises Failed."""
        given = dict(one.partition("=")[::2] for one in self.config.get("Env") or ())
        return given.get("PATH") or PATH

    @property
    def workdir(self) -> str:
        """Where its commands start; "" where it does not say. Raises Failed."""
        return str(self.config.get("WorkingDir") or "")

    def read(self, path: str, platform: str | None, out: IO[bytes]) -> None:
        """A folder of it, as a tar, from a container that is never started; `out` is at its beginning then. Raises
        Failed."""
        id = self.engine.create({"Image": self.id, "Cmd": ["nothing"]}, platform)
        try:
            with self.engine.told("no-image"):
                out.writelines(self.engine.client.api.get_archive(id, path)[0])
        finally:
            self.engine.remove(id)
        out.seek(0)

    def has(self, word: str, container: str, path: str = "", cwd: str = "/") -> bool:
        """Whether a word names a program in a container of this image, as it would in `cwd` with that PATH.

        What no engine could say for certain is taken to be there: to start it will tell.
        """
        spot = (word, path)
        if spot not in self._there:
            folders = [""] if "/" in word else (path or self.path).split(":")
            if not any(self._program(container, posixpath.join(cwd, folder, word)) for folder in folders):
                return False
            if "/" not in word:
                self._there.add(spot)
        return True

    def _program(self, container: str, path: str) -> bool:
        api = self.engine.client.api
        where = f"{api.base_url}/v{API}/containers/{container}/archive"
        for _ in range(LINKS):
            try:
                answer = api.head(where, params={"path": path}, timeout=60)
                if answer.status_code == NOT_FOUND:
                    return False
                found = json.loads(base64.b64decode(answer.headers[STAT]))
                if not found["mode"] & LINK:
                    return bool(found["mode"] & 0o111) and not found["mode"] & FOLDER
                path = found["linkTarget"]
            except (self.engine.errors.DockerException, OSError, LookupError, ValueError):
                break
        return True

"""The agent in images: compiled by the Python of each, once, so that a step need not wait for that."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Callable
from threading import get_ident
from typing import Any
from zipfile import ZipFile

from runner.run.packed import packed
from runner_executors.docker_engine import Engine, Failed
from runner_executors.docker_image import Image
from runner_executors.docker_spec import INSIDE, bind

OLD = 3  # the exit code of a Python that is
CODE = f"import sys; sys.version_info < (3, 9) and sys.exit({OLD}); import compileall; sys.exit(not compileall.main())"
COMPILE = ("-c", CODE, "-q", "--invalidation-mode", "unchecked-hash", INSIDE)
NO_PROGRAM = (126, 127)


class Agents:
    """Folders with the agent, by image; kept below `.runner/agent` from run to run."""

    def __init__(self, engine: Engine, python: str, root: str) -> None:
        self.engine, self.python = engine, python
        self._zip = packed()
        self._home = os.path.join(root, ".runner", "agent", hashlib.sha256(self._zip).hexdigest()[:16])
        self._known: dict[str, str] = {}

    def of(self, image: Image, platform: str | None) -> str:
        """The folder for an image. Raises Failed (no-interpreter) and OSError."""
        if image.id not in self._known:
            mark = hashlib.sha256(f"{image.id}\n{self.python}\n{platform}".encode()).hexdigest()[:16]
            folder = os.path.join(self._home, mark)
            if not os.path.isdir(folder):
                self._seen(folder + ".none", lambda: self._make(image, platform, folder))
            self._known[image.id] = folder
        return self._known[image.id]

    def beside(self, image: Image, what: str) -> str:
        """Where something else of an image is kept; another agent, another place."""
        return os.path.join(self._home, f"{image.id.rpartition(':')[2][:16]}.{what}")

    @staticmethod
    def _seen(path: str, make: Callable[[], None]) -> None:
        """Make it, unless that was tried before: an image without a Python has none tomorrow."""
        try:
            with open(path, encoding="utf-8") as file:
                raise Failed("no-interpreter", file.read())
        except FileNotFoundError:
            pass
        try:
            make()
        except Failed as failed:
            if failed.reason == "no-interpreter":
                with open(path, "w", encoding="utf-8") as file:
                    file.write(str(failed))
            raise

    def _make(self, image: Image, platform: str | None, folder: str) -> None:
        temporary = f"{folder}.{os.getpid()}-{get_ident()}.tmp"
        shutil.rmtree(temporary, ignore_errors=True)
        os.makedirs(temporary)
        try:
            with ZipFile(io.BytesIO(self._zip)) as file:
                file.extractall(temporary)
            self._compile(image, platform, temporary)
            try:
                os.rename(temporary, folder)
            except OSError:  # another run was first
                if not os.path.isdir(folder):
                    raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def _compile(self, image: Image, platform: str | None, folder: str) -> None:
        missing = f"the image has no Python at `{self.python}`: the agent needs one, 3.9 or newer (`executor.python`)"
        spec: dict[str, Any] = {
            "Image": image.id,
            "Entrypoint": [],
            "Cmd": [self.python, *COMPILE],
            "User": self.engine.user,
            "HostConfig": {"Mounts": [bind(folder, INSIDE)], "NetworkMode": "none"},
        }
        id = self.engine.create(spec, platform)
        try:
            if not image.has(self.python, id):
                raise Failed("no-interpreter", missing)
            self.engine.start(id)
            code, _ = self.engine.ended(id)
        finally:
            self.engine.remove(id)
        if code in NO_PROGRAM:
            raise Failed("no-interpreter", missing)
        if code == OLD:
            raise Failed("no-interpreter", f"{missing}; this one is older")

"""One attempt in a container: what it sees of this machine, and what it leaves."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from typing import Any

from runner.run.begin import user
from runner.run.index import born
from runner_executors.docker_agent import Agents
from runner_executors.docker_code import moved
from runner_executors.docker_engine import Engine, Failed, Stream
from runner_executors.docker_spec import LABEL, Around, catalog_of, spec

Table = dict[str, Any]
KEPT = 4096  # bytes of what an agent says


class Box:
    """The handle of an attempt. folder: of this machine, all that its container may write to beside the catalog."""

    def __init__(self, call: Table, secrets: Mapping[str, str], image: str) -> None:
        self.call, self.secrets, self.image = call, secrets, image
        self.told = call  # as its agent hears it
        self.folder = self.id = self.log = ""
        self.stream: Stream | None = None
        self.stopped: str | None = None
        self._said = b""

    def heard(self) -> bool:
        """Take what the container wrote; False at its end."""
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
        """The end record that its agent left."""
        try:
            with open(os.path.join(self.folder, "end.json"), "rb") as file:
                found: Table = json.loads(file.read())
            return found
        except (OSError, ValueError):
            return None

    def put_log(self) -> None:
        """A log without a word is none."""
        try:
            if self.log and os.stat(self.log).st_size == 0:
                os.unlink(self.log)
        except OSError:
            pass


class Boxes:
    """Makes the containers of one project."""

    def __init__(self, engine: Engine, settings: Table, root: str) -> None:
        self.engine, self.settings, self.root = engine, settings, root
        self._agents = Agents(engine, settings.get("python") or "python3", root)
        self._images: dict[str, str] = {}

    def sweep(self) -> None:
        """Remove containers whose run is no more: it was killed."""
        for found in self.engine.labelled(**{f"{LABEL}.root": self.root}):
            pid, _, since = found["Labels"].get(f"{LABEL}.owner", "").partition(":")
            if not pid.isdigit() or born(int(pid)) != since:
                self.engine.remove(found["Id"])

    def open(self, box: Box) -> Stream:
        """Make and start the container of an attempt; its stream. Raises Failed and OSError."""
        call = box.call
        if not box.image:
            raise Failed("no-image", "no image is said: `image` of the step, or `executor.image` of the profile")
        platform = self.settings.get("platform")
        if box.image not in self._images:  # one image a name, in all of a run
            pull = self.settings.get("pull") or "missing"
            self._images[box.image] = self.engine.image(box.image, pull, platform)
        image = self._images[box.image]
        agent = self._agents.of(image, platform)
        box.folder = call["scratch"] + ".box"
        shutil.rmtree(box.folder, ignore_errors=True)
        os.makedirs(os.path.join(box.folder, "home"))
        call["scratch"] = os.path.join(box.folder, "work")
        box.log = call["log"]
        if self.settings.get("code") == "image":
            box.told = moved(call, self.engine.workdir(image))
        os.makedirs(os.path.dirname(box.log), exist_ok=True)
        open(box.log, "wb").close()
        catalog = catalog_of(call, self.root)
        if catalog:
            os.makedirs(catalog, exist_ok=True)
        owner = f"{os.getpid()}:{born(os.getpid())}"
        around = Around(self.root, f"{os.getuid()}:{os.getgid()}", user(), owner, agent, box.folder)
        box.id = self.engine.create(spec(call, image, self.settings, around), platform)
        box.stream = self.engine.attach(box.id)
        self.engine.start(box.id)
        return box.stream

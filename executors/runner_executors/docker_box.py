"""One attempt in a container: what it sees of this machine, and what it leaves."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from typing import Any

from runner.agent.host import Host
from runner.run.begin import user
from runner.run.index import born
from runner.run.packed import message
from runner_executors.docker_agent import Agents
from runner_executors.docker_carrier import Carried
from runner_executors.docker_code import brought, moved
from runner_executors.docker_engine import Engine, Failed, Stream
from runner_executors.docker_image import Image
from runner_executors.docker_spec import LABEL, Around, Bare, bare, catalog_of, spec

Table = dict[str, Any]
NOTHING_RUNS = ("stub", "reduce")
WITHOUT_PYTHON = ("shell", "command")
KEPT = 4096  # bytes of what an agent says


class Box:
    """The handle of an attempt. folder: of this machine, all that its container may write to beside the catalog."""

    def __init__(self, call: Table, secrets: Mapping[str, str], image: str) -> None:
        self.call, self.secrets, self.image = call, secrets, image
        self.told = call  # as its agent hears it
        self.folder = self.id = self.log = ""
        self.stream: Stream | None = None
        self.stopped: str | None = None
        self.carried: Carried | None = None  # instead of an agent, where none can be inside
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

    def __init__(self, engine: Engine, settings: Table, root: str, catalog: Any) -> None:
        self.engine, self.settings, self.root, self.catalog = engine, settings, root, catalog
        self.host = Host({})  # of attempts without an agent: no variable of this machine gets into a container
        self._agents = Agents(engine, settings.get("python") or "python3", root)
        self._images: dict[str, Image] = {}

    def sweep(self) -> None:
        """Remove containers whose run is no more: it was killed."""
        for found in self.engine.labelled(**{f"{LABEL}.root": self.root}):
            pid, _, since = found["Labels"].get(f"{LABEL}.owner", "").partition(":")
            if not pid.isdigit() or born(int(pid)) != since:
                self.engine.remove(found["Id"])

    def open(self, box: Box) -> None:
        """Make and start the container of an attempt. Raises Failed and OSError."""
        call = box.call
        if self.engine.podman and (call.get("resources") or {}).get("gpu"):
            raise Failed("never-started", "Podman gives no graphics processor to those who ask as Docker's clients do")
        nothing = call["kind"] in NOTHING_RUNS
        image = Image(self.engine, "", "") if nothing else self._image(box.image)
        agent = None if nothing else self._agent(image, call["kind"])
        box.folder = call["scratch"] + ".box"
        shutil.rmtree(box.folder, ignore_errors=True)
        os.makedirs(os.path.join(box.folder, "home"))
        call["scratch"] = os.path.join(box.folder, "work")
        box.log = call["log"]
        os.makedirs(os.path.dirname(box.log), exist_ok=True)
        owner = f"{os.getpid()}:{born(os.getpid())}"
        around = Around(self.root, self.engine.user, user(), owner, agent or "", box.folder, self.engine.cpus())
        if agent is None:
            self._carry(box, image, around)
            return
        if self.settings.get("code") == "image":
            box.told = moved(call, image.workdir)
        open(box.log, "wb").close()
        catalog = catalog_of(call, self.root)
        if catalog:
            os.makedirs(catalog, exist_ok=True)
        box.id = self.engine.create(spec(call, image.id, self.settings, around), self.settings.get("platform"))
        box.stream = self.engine.attach(box.id)
        self.engine.start(box.id)
        box.stream.socket.sendall(message({"call": box.told, "secrets": dict(box.secrets)}))

    def _carry(self, box: Box, image: Image, around: Around) -> None:
        """Start an attempt that has no agent inside; it may end at once."""

        def make(what: Bare) -> str:
            made = bare(box.call, image.id, self.settings, around, what)
            box.id = self.engine.create(made, self.settings.get("platform"))
            return box.id

        if self.settings.get("code") == "image":
            box.call["project"] = []  # an image that stays as it is holds none
            if box.call["kind"] in WITHOUT_PYTHON:
                folder = self._agents.beside(image, "code")
                box.call["project"] = brought(image, self.settings.get("platform"), folder)
                box.told = {**box.call, "root": folder}
        box.carried = Carried(box.told, box.secrets, self.catalog, self.host, image, make)
        box.carried.start()
        box.stream = box.carried.stream

    def _image(self, name: str) -> Image:
        if not name:
            raise Failed("no-image", "no image is said: `image` of the step, or `executor.image` of the profile")
        if name not in self._images:  # one image a name, in all of a run
            id = self.engine.image(name, self.settings.get("pull") or "missing", self.settings.get("platform"))
            self._images[name] = Image(self.engine, name, id)
        return self._images[name]

    def _agent(self, image: Image, kind: str) -> str | None:
        """The agent for an image; None where it stays as it is, or can run no Python and need not."""
        if kind == "container":
            return None
        try:
            return self._agents.of(image, self.settings.get("platform"))
        except Failed as failed:
            if failed.reason != "no-interpreter" or kind not in WITHOUT_PYTHON:
                raise
            return None

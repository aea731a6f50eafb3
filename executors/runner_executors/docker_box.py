"""Attempts in containers: what each sees of this machine, and who makes its container."""

from __future__ import annotations

import json
import os
import shutil
from collections import defaultdict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from runner.agent.host import Host
from runner.run.begin import user
from runner.run.index import born
from runner_executors.docker_agent import Agents
from runner_executors.docker_carrier import Carried
from runner_executors.docker_code import brought, moved
from runner_executors.docker_engine import Engine, Failed, Stream
from runner_executors.docker_image import Image
from runner_executors.docker_room import Kind, Room
from runner_executors.docker_spec import LABEL, Around, Bare, bare, catalog_of, spec

Table = dict[str, Any]
NOTHING_RUNS = ("stub", "reduce")
WITHOUT_PYTHON = ("shell", "command")


class Box:
    """The handle of an attempt."""

    def __init__(self, call: Table, secrets: Mapping[str, str], image: str) -> None:
        self.call, self.secrets, self.image = call, secrets, image
        self.kind: Kind = (image, json.dumps(call.get("resources"), sort_keys=True))
        self.folder = self.id = self.log = ""
        self.stopped: str | None = None
        self.room: Room | None = None
        self.carried: Carried | None = None  # instead of a room, where no agent can be inside

    @property
    def stream(self) -> Stream | None:
        """What its own container prints."""
        return self.carried.stream if self.carried is not None else None

    def open_log(self) -> None:
        """Make its log, empty. Raises OSError."""
        self.log = self.call["log"]
        os.makedirs(os.path.dirname(self.log), exist_ok=True)
        open(self.log, "wb").close()

    def put_log(self) -> None:
        """A log without a word is none."""
        try:
            if self.log and os.stat(self.log).st_size == 0:
                os.unlink(self.log)
        except OSError:
            pass


def sweep(engine: Engine, root: str) -> None:
    """Remove containers of a project whose run is no more: it was killed."""
    for found in engine.labelled(**{f"{LABEL}.root": root}):
        pid, _, since = found["Labels"].get(f"{LABEL}.owner", "").partition(":")
        if not pid.isdigit() or born(int(pid)) != since:
            engine.remove(found["Id"])


class Boxes:
    """Makes the containers of one run. call: any of its calls, for what they have in common."""

    def __init__(self, engine: Engine, settings: Table, call: Table, catalog: Any) -> None:
        self.engine, self.settings, self.catalog = engine, settings, catalog
        self.root: str = call["root"]
        self.host = Host({})  # of attempts without an agent: no variable of this machine gets into a container
        self._common = {"run": call["run"], "catalog": call["catalog"]}
        self._inside = settings.get("code") == "image"
        self._place = os.path.dirname(call["scratch"])
        self._agents = Agents(engine, settings.get("python") or "python3", self.root)
        self._images: dict[str, Image] = {}
        self._locks: dict[str, Lock] = defaultdict(Lock)  # by image: it is fetched, and its agent made, once

    def known(self, name: str) -> bool:
        """Whether the image of a name has been found, so that nothing is to be fetched."""
        return name in self._images

    def find(self, name: str, kind: str) -> tuple[Image, str | None]:
        """The image of a name, fetched if need be, and the agent in it for steps of a kind; None where it stays as it
        is, or can run no Python and need not. Raises Failed and OSError."""
        if not name:
            raise Failed("no-image", "no image is said: `image` of the step, or `executor.image` of the profile")
        with self._locks[name]:
            if name not in self._images:  # one image a name, in all of a run
                id = self.engine.image(name, self.settings.get("pull") or "missing", self.settings.get("platform"))
                self._images[name] = Image(self.engine, name, id)
            image = self._images[name]
            if kind == "container":
                return image, None
            try:
                return image, self._agents.of(image, self.settings.get("platform"))
            except Failed as failed:
                if failed.reason != "no-interpreter" or kind not in WITHOUT_PYTHON:
                    raise
                return image, None

    def open(self, kind: Kind, resources: Table, does: str) -> Room | Image:
        """A container that waits for its call; where no agent can be inside, the image. Raises Failed and OSError.

        resources: limits of the container; does: the kind of step that it is for."""
        if self.engine.podman and resources.get("gpu"):
            raise Failed("never-started", "Podman gives no graphics processor to those who ask as Docker's clients do")
        image, agent = self.find(kind[0], does)
        if agent is None:
            return image
        room = Room(kind, image, os.path.join(self._place, f"{os.urandom(6).hex()}.room"))
        os.makedirs(room.home)
        call = {**self._common, "resources": resources}
        catalog = catalog_of(call, self.root)
        if catalog:
            os.makedirs(catalog, exist_ok=True)
        made = spec(call, image.id, self.settings, self._around(agent, room.folder))
        room.id = self.engine.create(made, self.settings.get("platform"))
        try:
            room.stream = self.engine.attach(room.id)
            self.engine.start(room.id)
        except BaseException:
            self.close(room)
            raise
        return room

    def told(self, box: Box, image: Image) -> Table:
        """A call as its agent hears it. Raises Failed."""
        return moved(box.call, image.workdir) if self._inside else box.call

    def close(self, room: Room) -> None:
        """Remove a container and what it had."""
        if room.stream is not None:
            room.stream.close()
        self.engine.remove(room.id)
        shutil.rmtree(room.folder, ignore_errors=True)

    def carry(self, box: Box, image: Image | None) -> None:
        """Start an attempt that has no agent inside, None: nor a container; it may end at once. Raises Failed and
        OSError."""
        call = box.call
        found = image or Image(self.engine, "", "")
        box.folder = call["scratch"] + ".box"
        shutil.rmtree(box.folder, ignore_errors=True)
        os.makedirs(os.path.join(box.folder, "home"))
        call["scratch"] = os.path.join(box.folder, "work")
        box.log = call["log"]
        os.makedirs(os.path.dirname(box.log), exist_ok=True)

        def make(what: Bare) -> str:
            made = bare(call, found.id, self.settings, self._around("", box.folder), what)
            box.id = self.engine.create(made, self.settings.get("platform"))
            return box.id

        told = call
        if self._inside:
            call["project"] = []  # an image that stays as it is holds none
            if call["kind"] in WITHOUT_PYTHON:
                folder = self._agents.beside(found, "code")
                call["project"] = brought(found, self.settings.get("platform"), folder)
                told = {**call, "root": folder}
        box.carried = Carried(told, box.secrets, self.catalog, self.host, found, make)
        box.carried.start()

    def _around(self, agent: str, folder: str) -> Around:
        owner = f"{os.getpid()}:{born(os.getpid())}"
        return Around(self.root, self.engine.user, user(), owner, agent, folder, self.engine.cpus())

"""A container for every step: the project read-only, a folder to work in, and the catalog; all at their own paths.

While a command runs, the container of the attempt that comes next is made ready; it waits for its call.
"""

from __future__ import annotations

import os
import select
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner.agent.exits import limit_of
from runner.agent.stage import StageError, fetch, project_files, strays
from runner.agent.unstarted import not_started
from runner.rules.keys import key_of
from runner.run.elsewhere import note
from runner_executors.docker_box import NOTHING_RUNS, Box, Boxes, sweep
from runner_executors.docker_code import stored
from runner_executors.docker_engine import Engine, Failed
from runner_executors.docker_hands import Hands
from runner_executors.docker_image import Image
from runner_executors.docker_lodging import Lodging
from runner_executors.docker_room import Room

Table = dict[str, Any]
NO_MEMORY = "its container had no more memory"


class Docker:
    """Traverser of containers on one Docker Engine. Raises Refused where there is no engine."""

    here = True

    def __init__(
        self,
        settings: Any = None,
        catalog: Any = None,
        lines: Callable[[Box, str], None] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.settings: Table = settings or {}
        self.catalog = catalog
        self.engine = Engine.reached(os.environ if environ is None else environ)
        self.hands = Hands()
        self._lodging: Lodging | None = None
        self._poll = select.poll()
        self._poll.register(self.hands.fileno(), select.POLLIN)
        self._next: Box | None = None  # prepared and not started
        self._carried: dict[int, Box] = {}
        self._ended: list[tuple[Box, Table]] = []
        self._note: Path | None = None  # that there are containers
        self._project: list[str] | None = None
        self._linked: Table = {}

    @staticmethod
    def builder(settings: Table, environ: Mapping[str, str]) -> Any:
        """What makes images for it. Raises Refused where there is no engine."""
        from runner_executors.docker_build import Builder

        return Builder(Engine.reached(environ), settings)

    @staticmethod
    @contextmanager
    def images(profile: Table, root: str, environ: Mapping[str, str]) -> Iterator[Callable[[str], str]]:
        """What tells the id of an image that steps name, "" for none, without fetching or making it. Raises Refused."""
        from runner_executors.docker_build import Builder

        settings = profile["executor"]
        builder = Builder(Engine.reached(environ), {**settings, "pull": "never"})
        own = settings.get("image") or (builder.there(profile["build"], root) if "build" in profile else "")
        try:
            yield lambda name: builder.engine.known(name or own)
        finally:
            builder.close()

    def ready(self, plan: Table, secrets: list[str]) -> None:
        """Take `[volumes]` of the profile."""
        self.settings = {**self.settings, "volumes": plan["profile"].get("volumes")}

    def place(self) -> str:
        """The engine, and what its machine has. Raises Refused."""
        there = self.stock()
        return f"{self.engine.version()}, {there['cpu']:g} processors, {there['memory'] / 2**30:.1f} GiB of memory"

    @staticmethod
    def sweep(root: str, environ: Mapping[str, str]) -> None:
        """Remove containers of runs of a project that were killed. Raises Refused where there is no engine."""
        engine = Engine.reached(environ)
        try:
            sweep(engine, root)
        finally:
            engine.close()

    @staticmethod
    def room() -> int:
        """How many steps at once: the engine has its own limits."""
        return 1 << 10

    def stock(self) -> dict[str, float]:
        """What steps may take in all: what the engine's machine has."""
        return self.engine.stock()

    def image(self, call: Table) -> str:
        """The id of the image of an attempt; "" where it is not here yet."""
        return self.engine.known(call.get("image") or self.settings.get("image") or "")

    def prepare(self, call: Table, secrets: Mapping[str, str]) -> Box:
        """An attempt that may be started; nothing is touched for it."""
        env = call["env"]
        if call.get("runtime") and env.get("PATH", "").startswith(call["runtime"]):
            env = {name: text for name, text in env.items() if name != "PATH"}  # images have their own
        more: Table = {"env": env, "isolate": True, "remote": True}
        if "python" in call:
            more["python"] = [self.settings.get("python") or "python3"]
        call.update(more)
        self._next = Box(call, secrets, call.get("image") or self.settings.get("image") or "")
        return self._next

    def expect(self, do: Table) -> None:
        """An attempt that does this is likely to start next: its container can be made before its values are known."""
        image = do.get("image") or self.settings.get("image") or ""
        if isinstance(image, str):
            self._next = Box({"kind": do.get("kind"), "resources": do.get("resources")}, {}, image)

    def start(self, box: Box) -> None:
        """Start an attempt in a container that waits, or that is made for it; its end comes from `poll`."""
        if self._next is not None and self._next.kind == box.kind:
            self._next = None
        try:
            lodging = self._lodging = self._lodging or self._begin(box)
            self._give(box.call)
            if box.call["kind"] in NOTHING_RUNS:
                self._carry(box, None)
            else:
                lodging.take(box)
        except (Failed, OSError) as problem:
            self._finish(box, self._unmade(box, problem))

    def poll(self, timeout: float) -> list[tuple[Box, Table]]:
        """Wait for ends, at most `timeout` seconds."""
        fds, wait = self.waits(timeout)
        woken = {fd for fd, _ in self._poll.poll(wait * 1000)} & {*fds}
        for fd in woken & set(self._rooms()):
            self._listen(self._rooms()[fd])
        now = time.monotonic()
        due = [box for box, at in self._due().items() if at <= now]
        for box in dict.fromkeys([*(self._carried[fd] for fd in woken if fd in self._carried), *due]):
            self._look(box)
        if self.hands.fileno() in woken:
            self.hands.heard()
            self._opened()
        ends, self._ended = self._ended, []
        return ends

    def waits(self, timeout: float) -> tuple[list[int], float]:
        """What to wait for instead of `poll`: descriptors, and at most how many seconds."""
        if self._next is not None and self._lodging is not None and self._lodging.foresee(self._next):
            self._next = None
        now = time.monotonic()
        first = min([timeout, *(at - now for at in self._due().values())])
        fds = [self.hands.fileno(), *self._rooms(), *self._carried]
        return fds, 0.0 if self._ended else max(0.0, first)

    def _rooms(self) -> dict[int, Room]:
        return self._lodging.rooms if self._lodging is not None else {}

    def _due(self) -> dict[Box, float]:
        """When attempts without an agent must be looked at."""
        return {box: at for box in self._carried.values() if box.carried and (at := box.carried.wake()) is not None}

    def stop(self, box: Box, why: str = "cancelled", hard: bool = False) -> None:
        """End an attempt: its agent gives the command its grace; hard: at once."""
        box.stopped = box.stopped or why
        if box.carried is not None:
            box.carried.stop(why, hard)
        elif box.room is not None and hard:
            self.hands.do(self.engine.kill, box.room.id, "KILL")
        elif box.room is not None:
            box.room.stop()
        elif self._lodging is not None and self._lodging.withdraw(box):
            self._finish(box, self._silent(box))

    def close(self) -> None:
        """Kill what still runs, and leave no container behind."""
        limit = time.monotonic() + 10
        for box in list(self._carried.values()):
            self.stop(box, hard=True)
        while self._carried and time.monotonic() < limit:
            self.poll(0.05)
        if self._lodging is not None:
            self._lodging.close()
        self.hands.close()
        if self._note is not None:
            self._note.unlink(missing_ok=True)
        self.engine.close()

    def _begin(self, box: Box) -> Lodging:
        boxes = Boxes(self.engine, self.settings, box.call, self.catalog)
        self.hands.do(sweep, self.engine, boxes.root)
        self._note = note(boxes.root, "docker")
        return Lodging(boxes, self.hands, self._poll, bool(self.settings.get("warm")))

    def _opened(self) -> None:
        for box, found in self._lodging.opened() if self._lodging is not None else ():
            try:
                if not isinstance(found, Image):
                    raise found
                self._carry(box, found)
            except (Failed, OSError) as problem:
                self._finish(box, self._unmade(box, problem))

    def _listen(self, room: Room) -> None:
        """Hear what an agent says: that its attempt has ended, or by its silence that it has itself."""
        assert self._lodging is not None
        alive, box = room.heard(), room.box
        if box is None:
            if not alive:
                self._lodging.left(room, well=False)
            return
        record = room.record()
        if record is not None or not alive:
            end = self._end(box, room, record)
            self._lodging.left(room, well=alive and end["status"] == "succeeded")
            self._finish(box, end)

    def _carry(self, box: Box, image: Image | None) -> None:
        assert self._lodging is not None
        self._lodging.boxes.carry(box, image)
        if box.stream is not None:
            self._carried[box.stream.socket.fileno()] = box
            self._poll.register(box.stream.socket.fileno(), select.POLLIN)
        self._look(box)

    def _look(self, box: Box) -> None:
        """Whether an attempt without an agent has ended."""
        end = box.carried.poll() if box.carried is not None else None
        if box.carried is not None and end is not None:
            self._finish(box, self._brought(box, end))

    def _give(self, call: Table) -> None:
        """Tell an attempt of the project's files. What links lead to outside its folder goes by the catalog: of the
        rest of this machine a container sees nothing."""
        root = call["root"]
        if self.settings.get("code") == "image":
            call["stored"] = stored(call, self.catalog)
            return
        if self._project is None:
            self._project = project_files(root)
            links = (path for path in self._project if os.path.islink(os.path.join(root, path)))
            self._linked = {path: self.catalog.put(os.path.join(root, path)) for path in strays(root, links)}
        linked = {path: self.catalog.put(os.path.join(root, path)) for path in strays(root, call["inputs"])}
        call.update(project=self._project, stored={**self._linked, **linked, **(call.get("stored") or {})})

    def _end(self, box: Box, room: Room, end: Table | None) -> Table:
        """The record of an attempt: its agent's, or what the silence of that means."""
        if end is not None and end["reason"] != "signal":
            return {**self._brought(box, end), "via": "container"}
        room.hang_up()
        code, out_of_memory = self.engine.ended(room.id)
        if end is not None:
            if out_of_memory:  # of the step: its agent may not see its own control group
                said = f"{end['error']['message']}; {NO_MEMORY}{limit_of(box.call)}"
                end.update(reason="oom", error={"type": "oom", "message": said})
            return {**self._brought(box, end), "via": "container"}
        if box.stopped is not None:
            return self._silent(box)
        if out_of_memory:
            return self._unborn(box, "oom", f"{NO_MEMORY}{limit_of(box.call)}", "failed")
        if code is None:
            return self._unborn(box, "lost", f"the engine has lost the container `{room.id[:12]}`")
        said = room.said()
        if code in (126, 127) and not said:
            said = "the image has no Python"
        return self._unborn(
            box, "lost", f"its agent ended without a record: exit code {code}{f', {said}' if said else ''}"
        )

    def _silent(self, box: Box) -> Table:
        """Of an attempt that was stopped before its agent could tell."""
        why = box.stopped or "cancelled"
        return self._unborn(box, why, "its container was ended", "failed" if why == "timeout" else "cancelled")

    def _brought(self, box: Box, end: Table) -> Table:
        """The record, its files in the project: they are written here, so they belong to who runs the pipeline."""
        try:
            for file in end["files"]:
                fetch(self.catalog, file["sha256"], os.path.join(box.call["root"], file["path"]), file.get("mode"))
        except StageError as error:
            problem = {"type": "StageError", "message": str(error)}
            return {**end, "status": "errored", "reason": "stage-out", "error": problem}
        return end

    def _unmade(self, box: Box, problem: Failed | OSError) -> Table:
        """Of an attempt that has no container."""
        if isinstance(problem, Failed):
            return self._unborn(box, problem.reason, str(problem))
        return self._unborn(box, "never-started", problem.strerror or str(problem))

    def _unborn(self, box: Box, reason: str, why: str, status: str = "errored") -> Table:
        call = box.call
        spot = (call["path"], call["id"], key_of(call["key"]), call["n"], call["attempt"], time.time())
        return not_started(*spot, status, reason, why)

    def _finish(self, box: Box, end: Table) -> None:
        if box.carried is not None:
            box.carried.close()
        if box.stream is not None:
            fd = box.stream.socket.fileno()
            if self._carried.pop(fd, None) is not None:
                self._poll.unregister(fd)
            box.stream.close()
        if box.id:
            self.hands.do(self.engine.remove, box.id)
        box.put_log()
        if box.folder:
            shutil.rmtree(box.folder, ignore_errors=True)
        self._ended.append((box, end))

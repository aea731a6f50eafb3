"""A container for every step: the project read-only, a folder to work in, and the catalog; all at their own paths."""

from __future__ import annotations

import os
import select
import shutil
import time
from collections.abc import Callable, Mapping
from typing import Any

from runner.agent.exits import limit_of
from runner.agent.stage import StageError, fetch, project_files, strays
from runner.agent.unstarted import not_started
from runner.rules.keys import key_of
from runner_executors.docker_box import Box, Boxes
from runner_executors.docker_code import stored
from runner_executors.docker_engine import Engine, Failed

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
        self._boxes: Boxes | None = None
        self._poll = select.poll()
        self._running: dict[int, Box] = {}
        self._ended: list[tuple[Box, Table]] = []
        self._project: list[str] | None = None
        self._linked: Table = {}
        self._old: list[str] = []

    @staticmethod
    def builder(settings: Table, environ: Mapping[str, str]) -> Any:
        """What makes images for it. Raises Refused where there is no engine."""
        from runner_executors.docker_build import Builder

        return Builder(Engine.reached(environ), settings)

    def ready(self, plan: Table, secrets: list[str]) -> None:
        """Take `[volumes]` of the profile."""
        self.settings = {**self.settings, "volumes": plan["profile"].get("volumes")}

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
        return Box(call, secrets, call.get("image") or self.settings.get("image") or "")

    def start(self, box: Box) -> None:
        """Start the container of an attempt; its end comes from `poll`."""
        try:
            if self._boxes is None:
                self._boxes = Boxes(self.engine, self.settings, box.call["root"], self.catalog)
                self._boxes.sweep()
            self._give(box.call)
            self._boxes.open(box)
            if box.stream is not None:
                self._running[box.stream.socket.fileno()] = box
                self._poll.register(box.stream.socket.fileno(), select.POLLIN)
            self._look(box)
        except Failed as failed:
            self._finish(box, self._unborn(box, failed.reason, str(failed)))
        except OSError as error:
            self._finish(box, self._unborn(box, "never-started", error.strerror or str(error)))

    def poll(self, timeout: float) -> list[tuple[Box, Table]]:
        """Wait for ends, at most `timeout` seconds."""
        self._clear()
        woken = [self._running[fd] for fd, _ in self._poll.poll(self.waits(timeout)[1] * 1000)]
        now = time.monotonic()
        for box in dict.fromkeys([*woken, *(box for box, at in self._due().items() if at <= now)]):
            if box.carried is not None:
                self._look(box)
            elif not box.heard():
                self._finish(box, self._end(box))
        ends, self._ended = self._ended, []
        return ends

    def _look(self, box: Box) -> None:
        """Whether an attempt without an agent has ended."""
        end = box.carried.poll() if box.carried is not None else None
        if box.carried is not None and end is not None:
            self._finish(box, self._brought(box, end))

    def waits(self, timeout: float) -> tuple[list[int], float]:
        """What to wait for instead of `poll`: descriptors, and at most how many seconds."""
        now = time.monotonic()
        first = min([timeout, *(at - now for at in self._due().values())])
        return list(self._running), 0.0 if self._ended else max(0.0, first)

    def _due(self) -> dict[Box, float]:
        """When attempts without an agent must be looked at."""
        return {box: at for box in self._running.values() if box.carried and (at := box.carried.wake()) is not None}

    def stop(self, box: Box, why: str = "cancelled", hard: bool = False) -> None:
        """End an attempt: its agent gives the command its grace; hard: at once."""
        box.stopped = box.stopped or why
        if box.carried is not None:
            box.carried.stop(why, hard)
        elif box.id:
            self.engine.kill(box.id, "KILL" if hard else "TERM")

    def close(self) -> None:
        """Kill what still runs, and leave no container behind."""
        limit = time.monotonic() + 10
        for box in list(self._running.values()):
            self.stop(box, hard=True)
        while self._running and time.monotonic() < limit:
            self.poll(0.05)
        self._clear()
        if self._boxes is not None:
            self._boxes.host.close()
        self.engine.close()

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

    def _clear(self) -> None:
        """Remove containers that have ended: now, while others run, nobody waits for it."""
        while self._old:
            self.engine.remove(self._old.pop())

    def _end(self, box: Box) -> Table:
        """The record of a container that has ended: its agent's, or what its silence means."""
        code, out_of_memory = self.engine.ended(box.id)
        end = box.record()
        if end is not None:
            if out_of_memory and end["reason"] == "signal":  # of the step: its agent may not see its own control group
                said = f"{end['error']['message']}; {NO_MEMORY}{limit_of(box.call)}"
                end.update(reason="oom", error={"type": "oom", "message": said})
            return {**self._brought(box, end), "via": "container"}
        if box.stopped is not None:
            status = "failed" if box.stopped == "timeout" else "cancelled"
            return self._unborn(box, box.stopped, "its container was ended", status)
        if out_of_memory:
            return self._unborn(box, "oom", f"{NO_MEMORY}{limit_of(box.call)}", "failed")
        if code is None:
            return self._unborn(box, "lost", f"the engine has lost the container `{box.id[:12]}`")
        said = box.said()
        if code in (126, 127) and not said:
            said = "the image has no Python"
        return self._unborn(
            box, "lost", f"its agent ended without a record: exit code {code}{f', {said}' if said else ''}"
        )

    def _brought(self, box: Box, end: Table) -> Table:
        """The record, its files in the project: they are written here, so they belong to who runs the pipeline."""
        try:
            for file in end["files"]:
                fetch(self.catalog, file["sha256"], os.path.join(box.call["root"], file["path"]), file.get("mode"))
        except StageError as error:
            problem = {"type": "StageError", "message": str(error)}
            return {**end, "status": "errored", "reason": "stage-out", "error": problem}
        return end

    def _unborn(self, box: Box, reason: str, why: str, status: str = "errored") -> Table:
        call = box.call
        spot = (call["path"], call["id"], key_of(call["key"]), call["n"], call["attempt"], time.time())
        return not_started(*spot, status, reason, why)

    def _finish(self, box: Box, end: Table) -> None:
        if box.carried is not None:
            box.carried.close()
        if box.stream is not None:
            fd = box.stream.socket.fileno()
            if self._running.pop(fd, None) is not None:
                self._poll.unregister(fd)
            box.stream.close()
        if box.id:
            self._old.append(box.id)
        box.put_log()
        if box.folder:
            shutil.rmtree(box.folder, ignore_errors=True)
        self._ended.append((box, end))

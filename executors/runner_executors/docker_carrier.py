"""An attempt in an image that has nothing of ours: this process stages, hands over and judges; only the program of the
step runs inside, below the engine's own init process."""

from __future__ import annotations

import errno
import os
import shlex
import time
from collections.abc import Callable, Mapping
from typing import Any

from runner.agent import outcome
from runner.agent.attempt import Attempt
from runner.agent.catalog import Catalog
from runner.agent.command import LONGEST, interpreted
from runner.agent.host import Host
from runner.agent.stage import StageError
from runner_executors.docker_engine import Failed, Stream
from runner_executors.docker_image import Image
from runner_executors.docker_running import Frames, Running
from runner_executors.docker_spec import Bare

Table = dict[str, Any]
Make = Callable[[Bare], str]
EACH = 9  # bytes that the kernel counts beside a word
AGAIN = 1.0  # seconds between two attempts to kill
WITH = ("sh", "-c", '. "$0"; exec "$@"')  # secrets as variables: from a file in memory, never by the configuration
GROUP = {"TINI_KILL_PROCESS_GROUP": "1"}  # the init process hands signals to the whole group, as we do (N42)


class Within:
    """A catalog that takes files of one folder only: what a container names or links to elsewhere is not on this
    machine, or is something else here."""

    def __init__(self, catalog: Catalog, folder: str) -> None:
        self._folder = os.path.join(os.path.realpath(folder), "")
        self._catalog = catalog

    def put(self, path: str) -> Table:
        """As of the catalog. Raises OSError."""
        if not os.path.realpath(path).startswith(self._folder):
            raise OSError(f"`{path}` is not in the folder that the step works in")
        return self._catalog.put(path)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._catalog, name)


class Inside:
    """The host of one attempt: whether memory ran out, its container says."""

    def __init__(self, host: Host, attempt: Carried) -> None:
        self._host, self._attempt = host, attempt

    def out_of_memory(self) -> bool:
        """As of the host."""
        return self._attempt.process is not None and self._attempt.process.out_of_memory

    def __getattr__(self, name: str) -> Any:
        return getattr(self._host, name)


class Carried(Attempt):
    """Of kind `shell`, `command` or `container`, and what runs nothing. make:
    makes the container, and gives its id (Failed)."""

    process: Running | None  # type: ignore[assignment]

    def __init__(
        self,
        call: Table,
        secrets: Mapping[str, str],
        catalog: Catalog,
        host: Host,
        image: Image,
        make: Make,
    ) -> None:
        super().__init__(call, secrets, Within(catalog, os.path.dirname(call["scratch"])), host)
        self.host: Any = Inside(host, self)
        self._apart = True
        self._image, self._make = image, make
        self._frames = Frames()
        self._hidden: dict[str, str] = {}
        self._words: list[str] = []
        self._path = ""

    def stop(self, why: str = "cancelled", hard: bool = False) -> None:
        """As of any attempt; what is left inside ends with the container."""
        if self._end is not None or self.process is None or self.exit is not None:
            return
        self._deadline = None
        if self._why is None:
            self._why = why
            if not hard:
                self._image.engine.kill(self.process.id, "TERM")
                self._kill_at = time.monotonic() + self.call.get("grace", 5.0)
        if hard:
            self._kill()

    @property
    def stream(self) -> Stream | None:
        """What its container prints; None where there is none."""
        return self.process.stream if self.process is not None else None

    def _secret_variables(self) -> dict[str, str]:
        found = super()._secret_variables()
        files = {secret["env"] for secret in self.call.get("secrets") or () if secret.get("file")}
        self._hidden = {name: text for name, text in found.items() if name not in files}
        return {name: text for name, text in found.items() if name in files}

    def _command(self, kind: str, env: Mapping[str, str]) -> tuple[str, list[str]]:
        call, config = self.call, self._image.config
        argv: list[str] = list(call.get("argv") or ())
        if kind == "shell":
            keep = os.path.join(call["scratch"], "script")
            argv = interpreted(call.get("interpreter") or ["bash"], call["script"], keep)
        elif call.get("entry_point"):
            argv = [*(config.get("Entrypoint") or ()), *(argv or config.get("Cmd") or ())]
        if not argv or not argv[0]:
            raise StageError("exit", f"there is no command in the step or in the image `{self._image.name}`", exit=127)
        self._path = env.get("PATH", "")
        self._words = argv
        if self._hidden:
            lines = [f"export {name}={shlex.quote(text)}\n" for name, text in self._hidden.items()]
            argv = [*WITH, self._in_memory("variables", "".join(lines)), *argv]
        return argv[0], argv

    def _spawn(self, program: str, argv: list[str], env: dict[str, str]) -> None:
        assert self.log is not None
        words = [*argv, *(f"{name}={text}" for name, text in env.items()), *(self._image.config.get("Env") or ())]
        sizes = [len(word.encode("utf-8", "surrogateescape")) + EACH for word in words]
        if sum(sizes) > os.sysconf("SC_ARG_MAX") or max(sizes) > LONGEST:
            error = OSError(errno.E2BIG, "")  # the init process would say so, and end with a code of its own
            raise outcome.not_spawned(error, argv, self._params, self.call.get("env") or {})
        self._out = os.open(self.log.path, os.O_WRONLY | os.O_APPEND)
        try:
            id = self._make(Bare(argv, {**env, **GROUP}, self.work.cwd, self._memory))
            self._check(id)
            stream = self._image.engine.attach(id, stdin=False)
            self.started, self._began = self.host.clock.now(), time.monotonic()
            self._ended = self._began
            self.process = Running(self._image.engine, id, stream, self.call["kind"] == "shell")
            self._image.engine.start(id)
        except Failed as failed:
            raise StageError(failed.reason, str(failed), "errored") from None
        finally:
            self._forget()
        if self.call.get("timeout") is not None:
            self._deadline = self._began + self.call["timeout"]

    def _forget(self) -> None:
        """Take secrets away: the container has them by now, or never will."""
        while self._memory:
            os.unlink(self._memory.pop())

    def _drain(self, rounds: int) -> None:
        while self.process is not None and not self.process.over and rounds:
            rounds -= 1
            data = self.process.heard()
            if data is None:
                return
            text = self._frames.feed(data)
            self._write(text if self.redactor is None else self.redactor.feed(text))

    def _left(self) -> list[Any]:
        return []

    def _kill(self) -> None:
        assert self.process is not None
        self._image.engine.kill(self.process.id, "KILL")
        self._kill_at = time.monotonic() + AGAIN

    def _finish(self) -> None:
        for name in ("returns", "metrics", "puts"):  # a link made inside would lead elsewhere here
            path = os.path.join(self.call["scratch"], name)
            if os.path.islink(path):
                os.unlink(path)
        assert self.process is not None and self.exit is not None
        if self._why is not None or self.exit[:2] != (None, None):
            super()._finish()
            return
        self._shut()
        problem = StageError("lost", f"the engine has lost the container `{self.process.id[:12]}`", "errored")
        self._end = outcome.never_ran(self, problem)
        self.close()

    def _check(self, container: str) -> None:
        """Whether what is to be started is there. Raises StageError: an init process would have one code for it all."""
        if self._hidden and not self._image.has(WITH[0], container, self._path):
            hint = f'`{next(iter(self._hidden))} = {{ name = "...", file = true }}`'
            text = f"the image `{self._image.name}` has no `sh`, so secrets can only be files there: {hint}"
            raise StageError("no-interpreter", text)
        word = self._words[0]
        if self._image.has(word, container, self._path, self.work.cwd):
            return
        if self.call["kind"] == "shell":
            other = "another" if word == "sh" else '`interpreter = "sh"` or another'
            text = f"the image `{self._image.name}` has no `{word}`: set `interpreter` of this step, {other}"
            raise StageError("no-interpreter", text)
        raise StageError("exit", f"`{word}`: no such command on PATH of the image `{self._image.name}`", exit=127)

"""One attempt of one task, from its call to its end record; never waits, so that one loop can drive many."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from runner.agent import outcome, spawn
from runner.agent.catalog import Catalog, NoCatalog
from runner.agent.command import interpreted, missing, needs_shell, plain_words
from runner.agent.environ import Parameter, fits, is_object, keep_params, parameters, params_file, variables
from runner.agent.host import Host
from runner.agent.slots import Log
from runner.agent.stage import StageError, fetch, no_folder, place, prepare

if TYPE_CHECKING:
    from runner.agent.forked import Forked
    from runner.agent.tasks import Task

_CHUNK = 1 << 18
_UNKILLABLE = 5.0  # seconds after a SIGKILL that did not help
_LOOK = 0.02  # seconds between two looks at processes that nothing wakes us for


class Attempt:
    """Runs a Call. `ready()` if there is time before it, `start()`, then `poll()` until it gives the End record.

    secrets: values by secret name; those the call does not name are only masked. Wake up for `fileno()` (the command
    ended), `pipe()` (it printed) and at `wake()`.
    """

    def __init__(
        self,
        call: Mapping[str, Any],
        secrets: Mapping[str, str],
        catalog: Catalog | None = None,
        host: Host | None = None,
    ) -> None:
        self.call = call
        self.host = host or Host()
        self.catalog: Catalog = catalog or NoCatalog()
        self.redactor = self.host.redactor(secrets.values())
        self._apart = self.redactor is not None or bool(call.get("remote"))  # a log of its own from the start
        self.work = place(call)
        self.process: spawn.Process | Forked | None = None
        self.exit: spawn.Exit | None = None
        self.unset: list[str] = []  # parameters too large for a variable
        self.started = 0.0
        self.on_close: Callable[[int], None] | None = None  # told of a descriptor before it is closed
        self._secrets = secrets
        self._began = self._ended = time.monotonic()
        self._out = self._pipe = -1
        self.log: Log | None = None
        self._why: str | None = None
        self._kill_at: float | None = None
        self._deadline: float | None = None
        self._killed: float | None = None
        self._look = 0.0
        self._family: list[spawn.Member] = []
        self._alone = False  # nothing of it was left when the command ended
        self._memory: list[str] = []
        self._params: Mapping[str, Parameter] = {}
        self._env: dict[str, str] | None = None
        self._task: Task | None = None
        self._end: dict[str, Any] | None = None
        self._given = self._closed = False
        self.cut: OSError | None = None  # why a part of the log is not there
        self.silent = False  # nothing was left in the scratch folder

    def ready(self) -> None:
        """Work out beforehand what needs nothing of the disk. What is wrong with it is found again by `start`."""
        found = self.call.get("params") or {}
        many = (one for value in found.values() for one in (value if isinstance(value, list) else (value,)))
        if not any(map(is_object, many)) and not any(secret.get("file") for secret in self.call.get("secrets") or ()):
            with contextlib.suppress(StageError):
                self._env = self._environment()

    def start(self) -> None:
        """Stage in and start the command; whatever goes wrong is told by `poll`."""
        self.started = self.host.clock.now()
        try:
            kind = self.call["kind"]
            if kind in ("stub", "reduce"):
                self._end = outcome.without_process(self)
                return
            self.host.slots.folder(self.call["scratch"], time.time_ns())
            self.work = prepare(self.call, self.work, self.catalog)
            env = self._env or self._environment()
            keep_params(params_file(self.call, self._params), self._params)
            program, argv = self._command(kind, env)
            self.log = self.host.slots.log(self.call["scratch"], self.call["log"], fresh=self._apart)
            self._spawn(program, argv, env)
        except StageError as error:
            self._end = outcome.never_ran(self, error)
        except OSError as error:
            self._end = outcome.never_ran(self, StageError("stage-in", outcome.say(error), "errored"))
        if self._end is not None:
            self.close()

    def fileno(self) -> int:
        """The pidfd, readable when the command has ended; -1 when there is none."""
        return self.process.pidfd if self.process and self.exit is None else -1

    def pipe(self) -> int:
        """The read end of the log pipe, -1 when the command writes to its log file itself."""
        return self._pipe

    def wake(self) -> float | None:
        """The monotonic time at which `poll` has something to do even if nothing becomes readable."""
        if self._end is not None:
            return 0.0
        if self.exit is not None or self.fileno() < 0:
            return self._look
        times = [t for t in (self._kill_at, self._deadline) if t is not None]
        return min(times) if times else None

    def poll(self) -> dict[str, Any] | None:
        """The end record, once; None while the attempt goes on or after it was given."""
        if self._given:
            return None
        if self._end is None:
            self._advance()
            self._look = time.monotonic() + _LOOK
        if self._end is not None:
            self._given = True
        return self._end

    def stop(self, why: str = "cancelled", hard: bool = False) -> None:
        """End the command: TERM to its group, KILL after the grace of the call; hard: KILL now (N42)."""
        if self._end is not None or self.process is None:
            return
        if self.exit is None:
            if self.process.withdrawn():  # a fork that has not come yet
                self._why = self._why or why
            self.exit = self.process.reap()
            if self.exit is not None:  # it ended by itself just before
                self._ended_now()
                return
            now = spawn.table()
            leader = self.process.pid
            mark = "RUNNER_RETURNS=" + os.path.join(self.call["scratch"], "returns")
            self._family = spawn.far(leader, now, mark)
            self._deadline = None
            if self._why is None:
                self._why = why
                if not hard:
                    spawn.send_group(leader, signal.SIGTERM)
                    spawn.send([m for m in spawn.of_session(leader, now) if m.group != leader], signal.SIGTERM)
                    self._kill_at = time.monotonic() + self.call.get("grace", 5.0)
        if hard:
            self._kill_at = time.monotonic()
            self._kill()

    def show(self) -> None:
        """Give the log its name if something was printed, for those who read it while the command runs."""
        if self.log is not None and self.log.size():
            self.log.show()

    def last_line(self) -> str:
        """The last line printed so far, as text without control characters."""
        tail = self.log.tail(2048) if self.log is not None and self._end is None else b""
        lines = tail.replace(b"\r", b"\n").split(b"\n")
        text = next((line for line in reversed(lines) if line.strip()), b"").decode("utf-8", "replace")
        return "".join(c for c in text if c.isprintable())

    # What follows is the life of the process.

    def _environment(self) -> dict[str, str]:
        self._params = parameters(self.call, self.work, lambda sha, path: fetch(self.catalog, sha, path))
        self.unset = [name for name, param in self._params.items() if not fits(param.text or "")]
        return {**self.host.environ, **variables(self.call, self.work, self._params), **self._secret_variables()}

    def _command(self, kind: str, env: Mapping[str, str]) -> tuple[str, list[str]]:
        call, path, cwd = self.call, env.get("PATH", os.defpath), self.work.cwd
        find = self.host.finder.which
        if kind == "shell":
            interpreter = call.get("interpreter") or ["bash"]
            words = plain_words(call["script"]) if os.path.basename(interpreter[0]) in ("bash", "sh") else None
            if words and not needs_shell(words[0], env):
                program = find(words[0], path, cwd)
                if program:
                    return program, words
            argv = interpreted(interpreter, call["script"], os.path.join(call["scratch"], "script"))
            program = find(argv[0], path, cwd)
            if program is None:
                raise StageError("no-interpreter", f"`{argv[0]}` is not on PATH: set `interpreter` of this step")
            return program, argv
        if kind in ("command", "container"):
            argv = list(call["argv"])
            program = find(argv[0], path, cwd) if argv and argv[0] else None
            if program is None:
                why, code = missing(argv[0] if argv else "", cwd)
                raise StageError("exit", why, exit=code)
            return program, argv
        if kind in ("python", "notebook"):
            from runner.agent.tasks import python_task

            self._task = python_task(call, self.work, self._params)
            argv = [*(call.get("python") or [sys.executable]), *self._task.words]
            program = find(argv[0], path, cwd)
            if program is None:
                why = f"there is no Python at `{argv[0]}`: make that environment, or set `runtime` of this step"
                raise StageError("no-interpreter", why)
            return program, argv
        raise StageError("never-started", f"a step of kind `{kind}` can't run here", "errored")

    def _secret_variables(self) -> dict[str, str]:
        env = {}
        for secret in self.call.get("secrets") or ():
            text = self._secrets.get(secret["name"], "")
            if not text:
                raise StageError("stage-in", f"the secret `{secret['name']}` has no value", "errored")
            if "\0" in text:
                raise StageError("bad-param", f"the secret `{secret['name']}` holds a NUL")
            if secret.get("file"):
                text = self._in_memory(secret["env"], text)
            env[secret["env"]] = text
        return env

    def _in_memory(self, name: str, text: str) -> str:
        folder = "/dev/shm" if os.access("/dev/shm", os.W_OK) else self.call["scratch"]
        path = os.path.join(folder, f"runner-{os.getpid()}-{os.urandom(6).hex()}-{name}")
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        self._memory.append(path)
        with open(fd, "wb") as file:
            file.write(text.encode("utf-8", "surrogateescape"))
        return path

    def _spawn(self, program: str, argv: list[str], env: dict[str, str]) -> None:
        assert self.log is not None
        out: int | str = self.log.path
        if self.redactor is not None:
            self._out = os.open(self.log.path, os.O_WRONLY | os.O_APPEND)
            self._pipe, out = os.pipe()
            os.set_blocking(self._pipe, False)
        self.started, self._began = self.host.clock.now(), time.monotonic()
        try:
            try:
                self.process = self._made(program, argv, env, out)
            except FileNotFoundError:
                if isinstance(out, int) or os.path.exists(out):
                    raise
                self.log = self.host.slots.again(self.log, self.call["scratch"])
                self.process = self._made(program, argv, env, self.log.path)
        except OSError as error:
            if not os.path.isdir(self.work.cwd):
                raise no_folder(self.work.cwd) from error
            raise outcome.not_spawned(error, argv, self._params, self.call.get("env") or {}) from error
        except ValueError as error:  # a NUL
            raise StageError("bad-param", f"an argument can't be handed over: {error}") from error
        finally:
            if isinstance(out, int):
                os.close(out)
        if self.call.get("timeout") is not None:
            self._deadline = self._began + self.call["timeout"]

    def _made(self, program: str, argv: list[str], env: dict[str, str], out: int | str) -> spawn.Process | Forked:
        how = (program, argv, env, out, self.work.cwd)
        if self._task is not None:
            forked = self.host.fork(self.call, self._task, how, self.on_close)
            if forked is not None:
                return forked
            self._task.keep()
        return spawn.spawn(*how)

    def _advance(self) -> None:
        if self.process is None:
            return
        self._drain(4)
        now = time.monotonic()
        if self.exit is None:
            self.exit = self.process.reap()
            if self.exit is not None:
                self._ended_now()
            elif self._deadline is not None and now >= self._deadline and self._why is None:
                self.stop("timeout")
        if self._kill_at is not None and now >= self._kill_at:
            self._kill()
        if self.exit is not None and (self._alone or not self._left() or self._given_up(now)):
            self._finish()

    def _given_up(self, now: float) -> bool:
        """Some processes can't be killed (another user's, or waiting for a disk): the step does not wait for ever."""
        return self._killed is not None and now >= self._killed + _UNKILLABLE

    def _ended_now(self) -> None:
        """The command ended; what is left in its session is asked to end too."""
        self._ended = time.monotonic()
        left = self._left()
        self._alone = not left
        if left:
            spawn.send(left, signal.SIGTERM)
            self._kill_at = self._ended + self.call.get("grace", 5.0)

    def _left(self) -> list[spawn.Member]:
        assert self.process is not None
        if not self._family and not spawn.anything_left(self.process.pid, self.host.probe):
            return []
        now = spawn.table()
        sessions = {m.session for m in self._family}  # with what their members have forked since
        later = [m for m in now if m.session in sessions and m.state not in "ZX"]
        return [*spawn.of_session(self.process.pid, now), *later, *spawn.still(self._family, now)]

    def _kill(self) -> None:
        assert self.process is not None
        if self.exit is None:
            below = spawn.descendants([self.process.pid], spawn.table())
            spawn.send_group(self.process.pid, signal.SIGKILL)  # first: a shell must not go on when its child is gone
            spawn.send(below, signal.SIGKILL)
        spawn.send(self._left(), signal.SIGKILL)
        if self.exit is not None and self._killed is None:
            self._killed = time.monotonic()
        self._kill_at = time.monotonic() + 0.1  # who was being forked meanwhile gets the next one

    def _drain(self, rounds: int) -> None:
        """Take from the pipe what is there, but not for ever: others wait too."""
        while self._pipe >= 0 and rounds:
            rounds -= 1
            try:
                data = os.read(self._pipe, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                self._shut_pipe()
                return
            assert self.redactor is not None
            self._write(self.redactor.feed(data))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._out, view) :]
        except OSError as error:  # a full disk must not stop the step
            self.cut = self.cut or error

    def _finish(self) -> None:
        self._drain(1 << 10)  # what a pipe holds, at most; a stranger may keep the other end
        if self.redactor is not None:
            self._write(self.redactor.flush())
        self._shut()
        self.silent = self.host.slots.untouched(self.call["scratch"])
        try:
            self._end = outcome.of_process(self)
        finally:
            if self._end is None or self._end["status"] != "succeeded" or self._end["log"]["bytes"]:
                self.close()

    def _shut_pipe(self) -> None:
        if self._pipe >= 0:
            if self.on_close is not None:
                self.on_close(self._pipe)
            os.close(self._pipe)
            self._pipe = -1

    def _shut(self) -> None:
        self._shut_pipe()
        if self._out >= 0:
            os.close(self._out)
            self._out = -1

    def close(self) -> None:
        """Give back what it held. Of an attempt with an end, in good time before another one has its slot."""
        if self._closed:
            return
        self._closed = True
        self._shut()
        if self.log is not None:
            end = self._end
            self.host.slots.close(self.log, end is None or end["status"] != "succeeded" or end["log"]["bytes"] > 0)
            self.log = None
        if self.process is not None and self.process.pidfd >= 0:
            if self.on_close is not None:
                self.on_close(self.process.pidfd)
            self.process = self.process.closed()
        for path in self._memory:
            with contextlib.suppress(OSError):
                os.unlink(path)
        self.host.slots.give_back(self.call["scratch"], self.silent)

    @property
    def why(self) -> str | None:
        """Why we ended it ourselves: None, "timeout", "cancelled"."""
        return self._why

    @property
    def via(self) -> str:
        """How its process came to be: "fresh", "fork0", "fork1"."""
        return self.process.via if self.process is not None else "fresh"

    @property
    def run_s(self) -> float:
        """Seconds that the command ran."""
        return self._ended - self._began

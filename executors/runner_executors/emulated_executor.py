"""The pod protocol without a pod: every attempt is `execute-node` in a process and a folder of its own."""

from __future__ import annotations

import json
import os
import select
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

from runner.agent import spawn
from runner.agent.environ import inherited
from runner.agent.unstarted import not_started
from runner.rules.keys import key_of
from runner.run.limits import allowed
from runner.run.packed import message, packed

Table = dict[str, Any]
TOLD = 3  # the descriptor under which the agent finds what it is told
EXTRA = ("attempt", "n", "fingerprint", "code_digest", "failed", "finally", "grace", "facts", "statuses")


class Pod:
    """One attempt. folder: all that it has of this machine, gone with it."""

    def __init__(self, call: Table, secrets: Mapping[str, str]) -> None:
        self.call, self.secrets = call, secrets
        self.folder = ""
        self.process: spawn.Process | None = None
        self.failed = ""  # why its agent did not start
        self.stopped: str | None = None

    def end(self, exit: spawn.Exit | None) -> Table:
        """The record that counts: the agent's own, or what its silence means."""
        try:
            with open(os.path.join(self.folder, "end.json"), "rb") as file:
                found: Table = json.loads(file.read())
            return found
        except (OSError, ValueError):
            pass
        call, now = self.call, time.time()
        spot = (call["path"], call["id"], key_of(call["key"]), call["n"], call["attempt"], now)
        if self.stopped is not None:
            status = "failed" if self.stopped == "timeout" else "cancelled"
            return not_started(*spot, status, self.stopped, "its agent was ended")
        if self.failed:
            return not_started(*spot, "errored", "never-started", self.failed)
        return not_started(*spot, "errored", "lost", f"its agent ended without a record: {self._said(exit)}")

    def _said(self, exit: spawn.Exit | None) -> str:
        try:
            with open(os.path.join(self.folder, "agent.log"), encoding="utf-8", errors="replace") as file:
                said = file.read().strip().splitlines()
        except OSError:
            said = []
        code = (
            "no exit code"
            if exit is None
            else f"exit code {exit.code}"
            if exit.signal is None
            else f"signal {exit.signal}"
        )
        return f"{code}, {said[-1]}" if said else code


class Emulated:
    """Traverser of agents on this machine; all that a step takes goes through run log and catalog."""

    def __init__(
        self,
        settings: Any = None,
        catalog: Any = None,
        lines: Callable[[Pod, str], None] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self._environ = inherited(os.environ if environ is None else environ)
        self._poll = select.poll()
        self._running: dict[int, Pod] = {}
        self._ended: list[tuple[Pod, Table]] = []
        self._home = ""
        spawn.seal()

    @staticmethod
    def room() -> int:
        """How many steps the limits of this process allow at once."""
        return allowed(1 << 16)

    def stock(self) -> dict[str, float] | None:
        """What steps may take in all: not counted, a pod has its own."""
        return None

    def image(self, call: Table) -> None:
        """None: steps run on this machine itself."""

    def prepare(self, call: Table, secrets: Mapping[str, str]) -> Pod:
        """An attempt that may be started; nothing is touched for it."""
        return Pod(call, secrets)

    def start(self, pod: Pod) -> None:
        """Start the agent of an attempt; its end comes from `poll`."""
        try:
            self._start(pod)
        except OSError as error:
            pod.failed = error.strerror or str(error)
            self._finish(pod, None)

    def poll(self, timeout: float) -> list[tuple[Pod, Table]]:
        """Wait for ends, at most `timeout` seconds."""
        for fd, _ in self._poll.poll(0 if self._ended else max(0.0, timeout) * 1000):
            pod = self._running[fd]
            assert pod.process is not None
            exit = pod.process.reap()
            if exit is not None:
                self._poll.unregister(fd)
                del self._running[fd]
                pod.process.closed()
                self._finish(pod, exit)
        ends, self._ended = self._ended, []
        return ends

    def waits(self, timeout: float) -> tuple[list[int], float]:
        """What to wait for instead of `poll`: descriptors, and at most how many seconds."""
        return list(self._running), 0.0 if self._ended else timeout

    def stop(self, pod: Pod, why: str = "cancelled", hard: bool = False) -> None:
        """End an attempt: its agent gives the command its grace; hard: at once, with all below it."""
        pod.stopped = pod.stopped or why
        if pod.process is None:
            return
        if hard:
            below = spawn.descendants([pod.process.pid], spawn.table())
            spawn.send_group(pod.process.pid, 9)
            spawn.send(below, 9)
        else:
            spawn.send_group(pod.process.pid, 15)

    def close(self) -> None:
        """Kill what still runs."""
        limit = time.monotonic() + 5
        for pod in list(self._running.values()):
            self.stop(pod, hard=True)
        while self._running and time.monotonic() < limit:
            self.poll(0.05)
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)

    def _agent(self) -> str:
        """The path of the agent, written once for all steps."""
        if not self._home:
            self._home = tempfile.mkdtemp(prefix="runner-agent-")
            with open(os.path.join(self._home, "agent.pyz"), "wb") as file:
                file.write(packed())
        return os.path.join(self._home, "agent.pyz")

    def _start(self, pod: Pod) -> None:
        call = pod.call
        pod.folder = tempfile.mkdtemp(prefix="runner-pod-")
        log = os.path.join(pod.folder, "agent.log")
        open(log, "wb").close()
        inner = os.path.join(pod.folder, "work")
        os.mkdir(inner)
        told = {name: call[name] for name in EXTRA if call.get(name) is not None}
        told.update({name: call["run"][name] for name in ("run-log", "plan")}, runtimes=True)
        words = {
            "run": call["run"]["id"], "node": call["id"], "key": call["key"], "root": call["root"],
            "folder": inner, "logs": os.path.dirname(call["log"]), "report": pod.folder, "told": str(TOLD),
        }  # fmt: skip
        argv = [sys.executable, self._agent(), "execute-node"]
        for name, value in words.items():
            argv += [f"--{name}", value]
        fd = os.memfd_create("runner-told")
        try:
            with open(fd, "wb", closefd=False) as file:
                file.write(message({**told, "secrets": dict(pod.secrets)}))
            os.lseek(fd, 0, os.SEEK_SET)
            pod.process = spawn.spawn(sys.executable, argv, self._environ, log, pod.folder, (fd, TOLD))
        finally:
            os.close(fd)
        self._running[pod.process.pidfd] = pod
        self._poll.register(pod.process.pidfd, select.POLLIN)

    def _finish(self, pod: Pod, exit: spawn.Exit | None) -> None:
        self._ended.append((pod, pod.end(exit)))
        if pod.folder:
            shutil.rmtree(pod.folder, ignore_errors=True)

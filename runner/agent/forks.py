"""The fork servers of a driver (PROTOCOL 3): one for each interpreter, and a few that have imported a module.

Nothing waits for a server: one with a module is used once it is ready, and a step that was not forked starts afresh.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from runner.agent import spawn
from runner.agent.forked import Again, Forked
from runner.agent.forkserver import CONTROL
from runner.agent.link import Link
from runner.agent.stamp import PADDING
from runner.agent.tasks import Task
from runner.agent.unpack import HERE

_ROOM = 1024  # bytes for the RUNNER_RETURNS of a step in the server's environment
# what an interpreter reads when it starts: a step that sets its own starts its own
_AT_START = ("PYTHON", "LD_", "DYLD_", "LC_", "MALLOC_", "GLIBC_", "COV")
_AT_START_TOO = frozenset(("LANG", "LANGUAGE", "HOME", "TZ", "TZDIR", "__PYVENV_LAUNCHER__"))
_LOOKED_ON = frozenset(
    """COVERAGE_PROCESS_START COVERAGE_PROCESS_CONFIG COV_CORE_DATAFILE PYTHONTRACEMALLOC PYTHONPROFILEIMPORTTIME
    PYTHONVERBOSE PYTHONINSPECT PYTHONDEVMODE PYTHONDUMPREFS PYTHONDUMPREFSFILE PYTHONMALLOCSTATS PYTHONPERFSUPPORT
    PYTHON_PERF_JIT_SUPPORT""".split()  # noqa: SIM905
)

Call = Mapping[str, Any]


class Forks:
    """Asks servers for the processes of steps, and starts and ends the servers.

    after: at which step of a module a server imports it; patience: seconds to wait for that (tests do);
    most: servers with a module at once, the least recently used ends; tries: how often a server may be started.
    """

    after, patience, most, tries = 2, 0.0, 8, 3

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.usable = (
            sys.platform.startswith("linux") and hasattr(os, "pidfd_open") and not _LOOKED_ON.intersection(environ)
        )
        self._bare: dict[Any, Link] = {}
        self._warm: dict[Any, Link] = {}
        self._steps: dict[Any, int] = {}
        self._failed: dict[Any, int] = {}

    def start(
        self, call: Call, task: Task, how: tuple[Any, ...], on_close: Callable[[int], None] | None = None
    ) -> Forked | None:
        """A process for a step; None: start it afresh. how: as for spawn. Raises FileNotFoundError without its log."""
        again = Again(*how)
        if not self._fit(call, again):
            return None
        key = (again.program, again.argv[0], again.env.get("RUNNER_RUN_ID"))
        bare = self._bare_link(key, again)
        if bare is None:
            return None
        asked = {"task": task.table, "cwd": again.cwd}
        if isinstance(again.out, int):  # a pipe: what a module has a hold of may be made for a file
            return self._asked(((bare, "fork0"),), asked, again.out, again, task, on_close)
        warm = self._warm_link(key, bare, call, again.env, asked)
        out = os.open(again.out, os.O_WRONLY | os.O_APPEND)
        try:
            return self._asked(((warm, "fork1"), (bare, "fork0")), asked, out, again, task, on_close)
        finally:
            os.close(out)

    def _asked(
        self,
        links: Iterable[tuple[Link | None, str]],
        asked: Mapping[str, Any],
        out: int,
        again: Again,
        task: Task,
        on_close: Callable[[int], None] | None,
    ) -> Forked | None:
        for link, via in links:
            if link is not None:
                with contextlib.suppress(OSError):
                    return Forked(link, via, link.slip(again.env, asked), out, again, task, on_close)
        return None

    def close(self) -> None:
        """End all servers."""
        for link in (*self._warm.values(), *self._bare.values()):
            link.close(now=True)
        self._warm.clear()
        self._bare.clear()

    def _fit(self, call: Call, again: Again) -> bool:
        """Would an interpreter that was started before do the same as one that is started now?"""
        if not self.usable or call["kind"] != "python" or len(again.argv) != 3 or not os.path.isabs(again.program):
            return False
        own = [*(call.get("env") or ()), *(secret["env"] for secret in call.get("secrets") or ())]
        return not any(
            (name.startswith(_AT_START) or name in _AT_START_TOO) and again.env.get(name) != self.environ.get(name)
            for name in own
        )

    def _bare_link(self, key: Any, again: Again) -> Link | None:
        link = self._bare.get(key)
        if link is not None:
            link.listen()
            if link.unsafe is None and not link.stale():
                return link
            self._drop(self._bare, key, final=link.unsafe is not None and not link.ready)
        if self._failed.get(key, 0) >= self.tries:
            return None
        base = {**self.environ, "RUNNER_RUN_ID": again.env.get("RUNNER_RUN_ID", ""), os.fsdecode(PADDING): "x" * _ROOM}
        words = [again.argv[0], os.path.join(HERE, "child.py"), "--serve"]
        try:
            link, out = Link(base), os.memfd_create("runner-start")
        except OSError:
            return None
        try:
            link.process = spawn.spawn(again.program, words, base, out, again.cwd, (link.theirs.fileno(), CONTROL))
        except (OSError, ValueError):
            link.close()
            return None
        finally:
            os.close(out)
        link.theirs.close()
        self._bare[key] = link
        return link

    def _warm_link(
        self, of_bare: Any, bare: Link, call: Call, env: Mapping[str, str], asked: Mapping[str, Any]
    ) -> Link | None:
        """A ready server that has imported the module of a step; where there is none, one is started for later."""
        own = any(name != "PATH" for name in call.get("env") or ())  # PATH is that of a runtime
        if own or call.get("secrets") or call.get("isolate") or "module" not in asked["task"]:
            return None
        key = (of_bare, asked["task"]["root"], asked["cwd"], asked["task"]["module"], env.get("PATH"))
        link = self._warm.get(key)
        if link is not None:
            link.listen()
            if link.unsafe is None and not link.stale():
                self._warm[key] = self._warm.pop(key)  # the last one used
                return link if link.ready else None
            self._drop(self._warm, key, final=link.unsafe is not None and not link.ready)
        self._steps[key] = self._steps.get(key, 0) + 1
        if self._steps[key] < self.after or self._failed.get(key, 0) >= self.tries:
            return None
        with contextlib.suppress(OSError):
            link = self._import(bare, env, asked)
            self._warm[key] = link
            if len(self._warm) > self.most:
                self._warm.pop(next(iter(self._warm))).close()
            if self.patience:
                link.listen(self.patience)
                return link if link.ready else None
        return None

    def _import(self, bare: Link, env: Mapping[str, str], asked: Mapping[str, Any]) -> Link:
        link = Link(dict(env))
        try:
            slip = bare.slip(env, asked)
            try:
                bare.ask(b"W", link.theirs.fileno(), slip)
            finally:
                os.close(slip)
        except OSError:
            link.close(now=True)
            raise
        link.theirs.close()
        return link

    def _drop(self, links: dict[Any, Link], key: Any, final: bool) -> None:
        """Let a server go. final: another one would be no better."""
        links.pop(key).close()
        self._failed[key] = self.tries if final else self._failed.get(key, 0) + 1

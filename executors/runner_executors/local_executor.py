"""The local executor: every attempt a process of this machine, all of them driven by one loop without threads."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Mapping
from typing import Any

from runner.agent import spawn
from runner.agent.attempt import Attempt
from runner.agent.catalog import Catalog
from runner.agent.host import Host
from runner.plugins import find, load
from runner.run.limits import allowed

_SEEN = 0.1  # seconds between two looks at what running steps printed, when somebody wants to see it
_POLL = 0.01  # between two looks at a process that has no descriptor


class Local:
    """Traverser of the machine it runs on.

    settings: of the profile's `[executor]`; catalog: where outputs go, else the call's own settings decide;
    lines: called with a handle and the last line that its step printed, when that changed.
    """

    here = True

    def __init__(
        self,
        settings: Any = None,
        catalog: Catalog | None = None,
        lines: Callable[[Attempt, str], None] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self.lines = lines
        self._catalog = catalog
        self._catalogs: dict[str, Catalog] = {}
        self._host = Host(environ, fork=(settings or {}).get("python") != "fresh")
        self._epoll = hasattr(select, "epoll")
        self._poller: Any = select.epoll() if self._epoll else select.poll()
        self._scale = 1 if self._epoll else 1000  # seconds, or milliseconds
        self._running: dict[Attempt, str] = {}  # and the last line seen
        self._ready: list[Attempt] = []  # ended without a process, or to be looked at for another reason
        self._watched: dict[int, Attempt] = {}
        self._timed: set[Attempt] = set()  # those of `_running` that must be looked at by a time
        self._ended: dict[str, Attempt] = {}  # by scratch folder: to be closed while others run
        self._looked = 0.0
        spawn.seal()

    @staticmethod
    def room() -> int:
        """How many steps the limits of this process allow at once (N41)."""
        return allowed(1 << 16)

    def stock(self) -> dict[str, float]:
        """What the steps that run may take in all (`resources`): as the settings say, else what the machine has."""
        from runner.model.units import bytes_of
        from runner.run.capacity import capacity

        said = self.settings or {}
        found = capacity(os.environ)
        found.update({kind: float(said[kind]) for kind in ("cpu", "gpu") if kind in said})
        if "memory" in said:
            found["memory"] = bytes_of(said["memory"])
        return found

    def image(self, call: Mapping[str, Any]) -> None:
        """None: steps run on this machine itself."""

    def prepare(self, call: dict[str, Any], secrets: Mapping[str, str]) -> Attempt:
        """An attempt that may be started, now or later; nothing is touched for it."""
        attempt = Attempt(call, secrets, self._catalog or self._catalog_of(call), self._host)
        attempt.on_close = self._forget
        attempt.ready()
        return attempt

    def start(self, attempt: Attempt) -> None:
        """Start an attempt; its end, whatever it is, comes from `poll`."""
        if len(self._ended) > 1 or attempt.call["scratch"] in self._ended:  # they hold descriptors
            self._tidy()
        attempt.start()
        self._running[attempt] = ""
        self._watch(attempt)

    def poll(self, timeout: float) -> list[tuple[Attempt, dict[str, Any]]]:
        """Wait for ends, at most `timeout` seconds; a wait may end early with none."""
        self._tidy()
        now = time.monotonic()
        due = self._due(now + timeout)
        woken: dict[Attempt, None] = dict.fromkeys(self._ready)
        self._ready.clear()
        for fd, _ in self._poller.poll(0 if woken else max(0.0, due - now) * self._scale):
            attempt = self._watched[fd]
            woken[attempt] = None
            if not self._epoll and fd == attempt.fileno():  # it stays readable: from here on `wake` tells
                self._forget(fd)
        now = time.monotonic()
        for attempt in self._timed:
            at = attempt.wake()
            if at is not None and at <= now + _POLL:
                woken[attempt] = None
        ends = []
        for attempt in woken:
            if attempt in self._running:
                end = attempt.poll()
                if end is None:
                    self._watch(attempt, again=True)  # its command may have been started anew
                else:
                    del self._running[attempt]
                    self._timed.discard(attempt)
                    self._ended[attempt.call["scratch"]] = attempt
                    ends.append((attempt, end))
        if now - self._looked >= _SEEN:
            self._looked = now
            for attempt in self._running:
                attempt.show()
            if self.lines is not None:
                self._tell()
        return ends

    def waits(self, timeout: float) -> tuple[list[int], float]:
        """What to wait for instead of `poll`: descriptors, and at most how many seconds."""
        if not self._epoll:
            return list(self._watched), min(timeout, _POLL)
        now = time.monotonic()
        return [self._poller.fileno()], 0.0 if self._ready else max(0.0, self._due(now + timeout) - now)

    def stop(self, handle: Attempt, why: str = "cancelled", hard: bool = False) -> None:
        """End an attempt; its end record comes from `poll`."""
        handle.stop(why, hard)
        if handle in self._running:
            self._ready.append(handle)

    def close(self) -> None:
        """Kill what still runs and give the descriptors back."""
        for attempt in list(self._running):
            attempt.stop(hard=True)
        limit = time.monotonic() + 5
        while self._running and time.monotonic() < limit:
            self.poll(0.05)
        self._tidy()
        if hasattr(self._poller, "close"):
            self._poller.close()
        self._host.close()

    def _tidy(self) -> None:
        while self._ended:
            self._ended.popitem()[1].close()

    def _watch(self, attempt: Attempt, again: bool = False) -> None:
        end = attempt.fileno()
        for fd in (end, attempt.pipe()):
            once = select.EPOLLONESHOT if self._epoll and fd == end else 0  # it stays readable
            if fd >= 0 and fd not in self._watched:
                self._poller.register(fd, select.POLLIN | once)
                self._watched[fd] = attempt
            elif fd >= 0 and again and once:
                self._poller.modify(fd, select.POLLIN | once)
        at = attempt.wake()
        if at is not None:
            self._timed.add(attempt)
            if at == 0.0:
                self._ready.append(attempt)

    def _due(self, limit: float) -> float:
        for attempt in self._timed:
            at = attempt.wake()
            if at is not None and at < limit:
                limit = at
        if self.lines is not None and self._running:
            limit = min(limit, self._looked + _SEEN)
        return limit

    def _forget(self, fd: int) -> None:
        """Stop watching a descriptor; must come before it is closed: a child may have it for a moment longer."""
        if self._watched.pop(fd, None) is not None:
            self._poller.unregister(fd)

    def _tell(self) -> None:
        assert self.lines is not None
        for attempt, before in self._running.items():
            line = attempt.last_line()
            if line != before:
                self._running[attempt] = line
                self.lines(attempt, line)

    def _catalog_of(self, call: Mapping[str, Any]) -> Catalog:
        settings = call.get("catalog") or {}
        name = repr(sorted(settings.items())) + os.fspath(call["root"])
        if name not in self._catalogs:
            flavor = find("catalogs", settings.get("type", "file-system"))
            self._catalogs[name] = load(flavor).open(settings, call["root"])
        return self._catalogs[name]

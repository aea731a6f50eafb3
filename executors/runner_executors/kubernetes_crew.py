"""Threads that talk to the cluster, so that the driver of a run never waits for it: a queue tells what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, NamedTuple

from runner_executors.kubernetes_cluster import Change, Cluster, Refusal, Unreachable

if TYPE_CHECKING:
    from concurrent.futures import Future

THREADS = 8
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)  # seconds before a call that got no answer is made again; then the last


class Told(NamedTuple):
    """What came of a call, or what a watch has seen. fault: Unreachable or Refusal, None where all is well."""

    about: Any
    value: Any
    fault: Exception | None = None


class Crew:
    """Makes calls side by side, each again until it is answered, and watches pods."""

    def __init__(self, cluster: Cluster, clock: Callable[[], float] = time.monotonic) -> None:
        from concurrent.futures import ThreadPoolExecutor  # dear, and not for those that only render

        self.cluster, self._clock = cluster, clock
        self._told: SimpleQueue[Told] = SimpleQueue()
        self._over = Event()
        self._pool = ThreadPoolExecutor(THREADS, "cluster")
        self.silent: float | None = None  # since when nothing was answered
        self.why = ""

    def call(self, about: Any, what: Callable[[], Any]) -> None:
        """Do it, now or when the cluster answers again; then `told` has it."""
        self._pool.submit(self._call, about, what).add_done_callback(_raise)

    def watch(self, labels: str, kind: str = "pod") -> None:
        """Tell every change of objects with these labels; `about` is None for pods, else the kind."""
        Thread(target=self._watch, args=(labels, kind), name="watch", daemon=True).start()

    def told(self, timeout: float) -> list[Told]:
        """All that has come, after at most `timeout` seconds."""
        found: list[Told] = []
        try:
            found.append(self._told.get(timeout=max(0.0, timeout)) if timeout > 0 else self._told.get_nowait())
            while True:
                found.append(self._told.get_nowait())
        except Empty:
            return found

    def again(self, about: Any, value: Any = None) -> None:
        """Tell it as if it had just come."""
        self._told.put(Told(about, value))

    def close(self, wait: bool) -> None:
        """Stop; wait: for what was asked, each call once."""
        self._over.set()
        self._pool.shutdown(wait=wait, cancel_futures=not wait)

    def _call(self, about: Any, what: Callable[[], Any]) -> None:
        for pause in _pauses():
            try:
                value = what()
            except Unreachable as fault:
                self._quiet(fault)
                if self._over.wait(pause):
                    self._told.put(Told(about, None, fault))
                    return
            except Refusal as fault:
                self._heard()
                self._told.put(Told(about, None, fault))
                return
            else:
                self._heard()
                self._told.put(Told(about, value))
                return

    def _watch(self, labels: str, kind: str) -> None:
        pauses = _pauses()
        while not self._over.is_set():
            try:
                for change in self.cluster.watch(kind, labels):
                    self._heard()
                    pauses = _pauses()
                    self._told.put(Told(None if kind == "pod" else kind, change))
                    if self._over.is_set():
                        return
            except (Unreachable, Refusal) as fault:
                self._quiet(fault)
                self._over.wait(next(pauses))

    def _quiet(self, fault: Exception) -> None:
        self.why = str(fault)
        if self.silent is None:
            self.silent = self._clock()

    def _heard(self) -> None:
        self.silent = None


def _pauses() -> Any:
    yield from PAUSES
    while True:
        yield PAUSES[-1]


def _raise(done: Future[None]) -> None:
    """A fault of ours is not to be lost in a thread."""
    if not done.cancelled():
        done.result()


__all__ = ["Change", "Crew", "Told"]

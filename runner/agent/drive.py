"""One attempt whose call is made, driven to its end by a process that has nothing else to do."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from runner.agent.attempt import Attempt
from runner.agent.catalog import Catalog
from runner.agent.host import Host

if TYPE_CHECKING:
    from runner.agent.inbox import Inbox

Table = dict[str, Any]
AGAIN = 75  # the exit code of an end that may be tried again


def run_call(
    call: Table,
    catalog: Catalog,
    secrets: Mapping[str, str],
    environ: Mapping[str, str],
    inbox: Inbox | None = None,
    host: Host | None = None,
) -> Table:
    """Run an attempt from its start to its end record; nothing is committed. Raises OSError.

    inbox: who asked for it may have it stopped, and is gone when it ends; host: of all attempts of this process.
    """
    os.makedirs(os.path.dirname(call["log"]), exist_ok=True)
    ours = host or Host(environ)
    attempt = Attempt(call, secrets, catalog, ours)
    with _Stopped() as stopped:
        attempt.start()
        echo = _echo(attempt) if call.get("echo") else None
        try:
            while True:
                end = attempt.poll()
                if echo is not None:
                    echo.more()
                if end is not None:
                    return end
                if stopped.now(inbox):
                    attempt.stop("cancelled")
                _wait(attempt, inbox)
        finally:
            if echo is not None:
                echo.close()
            attempt.close()
            if host is None:
                ours.close()


def _echo(attempt: Attempt) -> Any:
    from runner.agent.echo import Echo  # for pods

    return Echo(attempt)


def _wait(attempt: Attempt, inbox: Inbox | None) -> None:
    poll = select.poll()
    for fd in (attempt.fileno(), attempt.pipe(), inbox.fileno() if inbox is not None else -1):
        if fd >= 0:
            poll.register(fd, select.POLLIN)
    wake = attempt.wake()
    poll.poll(100 if wake is None else max(0, min(100, (wake - time.monotonic()) * 1000)))


class _Stopped:
    """Whether we are asked to end, told once: by a signal, or by who gave us the call."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> _Stopped:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def now(self, inbox: Inbox | None) -> bool:
        """Look."""
        told, self.asked = self.asked, False
        return (inbox is not None and inbox.stop()) or told

    def _note(self, number: int, frame: object) -> None:
        self.asked = True

"""What all attempts of one driver share: environment, programs found, redactors, slots."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from runner.agent import spawn
from runner.agent.clock import Clock
from runner.agent.command import Finder
from runner.agent.environ import inherited
from runner.agent.slots import Slots

if TYPE_CHECKING:
    from runner.agent.forked import Forked
    from runner.agent.forks import Forks
    from runner.agent.redact import Redactor
    from runner.agent.tasks import Task


class Host:
    """What attempts of one driver share: the environment to inherit and the programs found so far.

    fork: Python steps are forked from servers where that makes no difference to them.
    """

    def __init__(self, environ: Mapping[str, str] | None = None, fork: bool = False) -> None:
        self.environ = inherited(os.environ if environ is None else environ)
        self._may_fork = fork
        self._forks: Forks | None = None
        self.finder = Finder()
        self.slots = Slots()
        self.probe = os.open(os.devnull, os.O_RDONLY)
        self.clock = Clock()
        self._redactors: dict[tuple[str, ...], Redactor] = {}
        self.oom_kills = spawn.oom_kills()

    def close(self) -> None:
        """End the servers of Python steps and give the descriptors back; no attempt runs any more."""
        if self._forks is not None:
            self._forks.close()
        self.slots.end()
        os.close(self.probe)

    def fork(
        self, call: Mapping[str, Any], task: Task, how: tuple[Any, ...], on_close: Callable[[int], None] | None
    ) -> Forked | None:
        """A Python step in a forked process; None where it must start afresh, which is the same but slower."""
        if not self._may_fork:
            return None
        if self._forks is None:
            from runner.agent.forks import Forks

            self._forks = Forks(self.environ)
        return self._forks.start(call, task, how, on_close)

    def redactor(self, values: Iterable[str]) -> Redactor | None:
        """What masks these values, None when there is nothing to mask."""
        given = list(values)
        if not given:
            return None
        from runner.agent.redact import Redactor, maskable  # not needed by the many runs without secrets

        key = tuple(sorted(maskable(given)))
        if not key:
            return None
        if key not in self._redactors:
            self._redactors[key] = Redactor(key)
        return self._redactors[key].fresh()

    def out_of_memory(self) -> bool:
        """Has the kernel killed something of ours for want of memory since this was asked last?"""
        before, self.oom_kills = self.oom_kills, spawn.oom_kills()
        return self.oom_kills > before

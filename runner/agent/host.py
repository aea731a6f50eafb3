"""What all attempts of one driver share: environment, programs found, redactors, slots."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

from runner.agent import spawn
from runner.agent.clock import Clock
from runner.agent.command import Finder
from runner.agent.environ import inherited
from runner.agent.redact import Redactor, maskable
from runner.agent.slots import Slots


class Host:
    """What attempts of one driver share: the environment to inherit and the programs found so far."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ = inherited(os.environ if environ is None else environ)
        self.finder = Finder()
        self.slots = Slots()
        self.probe = os.open(os.devnull, os.O_RDONLY)
        self.clock = Clock()
        self._redactors: dict[tuple[str, ...], Redactor] = {}
        self.oom_kills = spawn.oom_kills()

    def close(self) -> None:
        """Give the descriptors back; no attempt runs any more."""
        self.slots.end()
        os.close(self.probe)

    def redactor(self, values: Iterable[str]) -> Redactor | None:
        """What masks these values, None when there is nothing to mask."""
        key = tuple(sorted(maskable(values)))
        if not key:
            return None
        if key not in self._redactors:
            self._redactors[key] = Redactor(key)
        return self._redactors[key].fresh()

    def out_of_memory(self) -> bool:
        """Has the kernel killed something of ours for want of memory since this was asked last?"""
        before, self.oom_kills = self.oom_kills, spawn.oom_kills()
        return self.oom_kills > before

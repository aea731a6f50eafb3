"""What all attempts of one driver share: environment, programs found, redactors, scratch folders."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping

from runner.agent import spawn
from runner.agent.command import Finder
from runner.agent.environ import inherited
from runner.agent.redact import Redactor, maskable


class Host:
    """What attempts of one driver share: the environment to inherit and the programs found so far."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        self.environ = inherited(os.environ if environ is None else environ)
        self.finder = Finder()
        self._folders: dict[str, list[str]] = {}
        self._redactors: dict[tuple[str, ...], Redactor] = {}
        self.oom_kills = spawn.oom_kills()

    def folder(self, wanted: str) -> str:
        """An empty scratch folder: one that an earlier attempt left as it was, else a new one at `wanted`."""
        beside = self._folders.setdefault(os.path.dirname(wanted), [])
        if beside:
            return beside.pop()
        os.makedirs(wanted, exist_ok=True)
        return wanted

    def give_back(self, folder: str, untouched: bool) -> None:
        """The attempt has ended: its folder serves again when nothing was left in it."""
        if untouched:
            self._folders.setdefault(os.path.dirname(folder), []).append(folder)
        else:
            shutil.rmtree(folder, ignore_errors=True)

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

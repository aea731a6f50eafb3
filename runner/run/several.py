"""The executors of a run whose profile sends steps to other profiles, driven as one."""

from __future__ import annotations

import math
import os
import select
import time
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

from runner.agent.catalog import Catalog
from runner.agent.stage import StageError, fetch
from runner.agent.unstarted import not_started
from runner.rules.keys import key_of
from runner.run.joints import Traverser
from runner.run.stock import Pool

Table = dict[str, Any]
LOOK = 0.02  # seconds between two looks at an executor that has no descriptor to wait for


class Member(NamedTuple):
    """An executor of the run. grace: of its steps, seconds; apart: its steps work out of run log and catalog, so that
    what they make is not in the project."""

    executor: Traverser
    grace: float
    apart: bool = False


class Sent:
    """An attempt, the profile that runs it, and what that one's executor calls it."""

    def __init__(self, name: str, call: Table, handle: Any) -> None:
        self.name, self.call, self.handle = name, call, handle


class Several:
    """Traverser of several. members: by name of the profile, "" for the run's own; sent: id of a step -> that name.

    What a step made apart comes into the project when one that works there takes it."""

    def __init__(self, members: Mapping[str, Member], sent: Mapping[str, str], catalog: Catalog) -> None:
        self.members, self.sent, self.catalog = members, sent, catalog
        self.lost_attempts = max(getattr(member.executor, "lost_attempts", 0) for member in members.values())
        self._running: dict[tuple[str, Any], Sent] = {}
        self._ended: list[tuple[Sent, Table]] = []
        self._apart: dict[str, Table] = {}  # by path, files that are not in the project

    def room(self) -> int:
        """How many steps at once: what each of them could take."""
        return min(member.executor.room() for member in self.members.values())

    def pools(self) -> list[Pool]:
        """What steps may take; those of executors on one machine, the least that any of them says of it."""
        here: dict[str, float] = {}
        names: list[str] = []
        found: list[Pool] = []
        for name, member in self.members.items():
            stock = member.executor.stock()
            if not stock:
                continue
            if getattr(member.executor, "here", False):
                names.append(name)
                here.update({kind: min(amount, here.get(kind, amount)) for kind, amount in stock.items()})
            else:
                found.append(Pool((name,), stock))
        return [Pool(tuple(names), here), *found] if names else found

    def ready(self, plan: Table, secrets: list[str]) -> None:
        """Have each look for what it needs. Raises Refused."""
        for name, member in self.members.items():
            if hasattr(member.executor, "ready"):
                member.executor.ready(_as_of(plan, name), secrets)

    def begin(self, plan: Table, text: bytes, run: Table, adopted: Mapping[str, Mapping[Any, Table]]) -> None:
        """Have each bring what it needs to where it runs. Raises Refused."""
        for name, member in self.members.items():
            if hasattr(member.executor, "begin"):
                member.executor.begin(_as_of(plan, name), text, run, adopted)

    def known(self, record: Table, maker: str | None = None) -> None:
        """Tell of a commit those that have not made it. maker: the name of who has."""
        for name, member in self.members.items():
            if name != maker and hasattr(member.executor, "known"):
                member.executor.known(record)

    def after(self, record: Table) -> None:
        """Tell its executor that an attempt has ended."""
        member = self.members[self.sent[record["id"]]].executor
        if hasattr(member, "after"):
            member.after(record)

    def image(self, call: Table) -> str | None:
        """As its executor says."""
        return self._member(call).executor.image(call)

    def prepare(self, call: Table, secrets: Mapping[str, str]) -> Sent:
        """An attempt that may be started."""
        member = self._member(call)
        call["grace"] = member.grace
        return Sent(self.sent[call["id"]], call, member.executor.prepare(call, secrets))

    def start(self, sent: Sent) -> None:
        """Start an attempt; its end comes from `poll`."""
        member = self.members[sent.name]
        try:
            for path in sent.call["inputs"] if not member.apart else ():
                self._bring(path, sent.call["root"])
        except StageError as error:
            call = sent.call
            spot = (call["path"], call["id"], key_of(call["key"]), call["n"], call["attempt"], time.time())
            self._ended.append((sent, not_started(*spot, "errored", "stage-in", str(error))))
            return
        self._running[sent.name, sent.handle] = sent
        member.executor.start(sent.handle)

    def poll(self, timeout: float) -> list[tuple[Sent, Table]]:
        """Wait for ends of any of them, at most `timeout` seconds."""
        limit = time.monotonic() + timeout
        ends = self._look()
        while not ends and time.monotonic() < limit:
            self._wait(limit - time.monotonic())
            ends = self._look()
        return ends

    def stop(self, sent: Sent, why: str = "cancelled", hard: bool = False) -> None:
        """End an attempt."""
        self.members[sent.name].executor.stop(sent.handle, why, hard)

    def close(self) -> None:
        """End what still runs; each of them, though another fails."""
        with ExitStack() as stack:
            for member in self.members.values():
                stack.callback(member.executor.close)

    def _member(self, call: Table) -> Member:
        return self.members[self.sent[call["id"]]]

    def _look(self) -> list[tuple[Sent, Table]]:
        ends, self._ended = self._ended, []
        for name, member in self.members.items():
            for handle, end in member.executor.poll(0):
                ends.append((self._running.pop((name, handle)), end))
                if end["status"] == "succeeded":
                    self.known(end, name)
                for file in end["files"]:
                    self._apart.pop(file["path"], None)
                    if member.apart:
                        self._apart[file["path"]] = file
        return ends

    def _wait(self, timeout: float) -> None:
        """Until one of them has something to tell, perhaps."""
        poller = select.poll()
        for name in {name for name, _ in self._running}:
            waits = getattr(self.members[name].executor, "waits", None)
            fds, timeout = waits(timeout) if waits is not None else ((), min(timeout, LOOK))
            for fd in fds:
                poller.register(fd, select.POLLIN)
        poller.poll(math.ceil(timeout * 1000))

    def _bring(self, path: str, root: str) -> None:
        """A file that a step made apart, into the project. Raises StageError."""
        if path in self._apart:
            file = self._apart[path]
            fetch(self.catalog, file["sha256"], os.path.join(root, path), file.get("mode"))
            del self._apart[path]


def _as_of(plan: Table, name: str) -> Table:
    """The plan as the executor of one of its profiles reads it."""
    return {**plan, "profile": {**plan["profile"], **plan["profiles"][name]}} if name else plan

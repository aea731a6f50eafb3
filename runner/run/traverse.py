"""Walks a plan with an executor: the machine says what to do, this loop does it and tells what came of it."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from heapq import heappop, heappush
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

from runner.agent.call import Place, make_call
from runner.agent.clock import Clock
from runner.agent.deadlines import Deadlines, reason_of
from runner.agent.slots import remove
from runner.agent.unstarted import not_started
from runner.rules import answers
from runner.rules.bind import Failure, Key, Values, part_of
from runner.rules.expr import ExprError
from runner.rules.keys import attempt_key, digest, done_key, dumps, run_key, scope_key, start_key, ulid
from runner.rules.labels import Labels
from runner.rules.last import is_last
from runner.run.aftermath import Aftermath
from runner.run.ahead import Ahead
from runner.run.blobs import json_blob
from runner.run.cache import Asked, Cache
from runner.run.ends import commit
from runner.run.events import Address, Event
from runner.run.expansion import counted_anew, note
from runner.run.fold import end_facts, ended, file_facts
from runner.run.hashes import Hashes
from runner.run.joints import Blobs, Eyes, Signals, Store, Traverser
from runner.run.machine import Decide, Expand, Machine, Start, Stop, Wake
from runner.run.records import Records
from runner.run.resume import Adoption, Parent, inputs_digest
from runner.run.services import Services
from runner.run.statuses import Statuses
from runner.run.stock import Pool

Table = dict[str, Any]
TICK = 0.1  # seconds; how often a live view is redrawn and signals are looked at


class Wanted(NamedTuple):
    """What the user asked of this walk. limit: attempts at once; selected: ids that run, None for all; stock: what the
    steps that run may take in all (`resources`)."""

    limit: int
    fail_fast: bool = False
    selected: frozenset[str] | None = None
    timeout: float | None = None
    stock: Sequence[Pool] | None = None


class Driver:
    """One run of one plan. `walk()` returns its status; everything it learns is in the store."""

    def __init__(
        self,
        plan: Table,
        run: Table,
        services: Services,
        store: Store,
        place: Place,
        eyes: Eyes,
        wanted: Wanted,
        adopted: Mapping[str, Mapping[Key, Table]] | None = None,
        parent: Parent | None = None,
    ) -> None:
        self.plan, self.run, self.store, self.place, self.wanted = plan, run, store, place, wanted
        self.executor: Traverser = services.executor
        self.catalog: Blobs = services.catalog
        self.secrets = services.secrets
        self.eyes = eyes
        self._seen: list[Event] = []  # to be shown when there is nothing better to do
        self.see = self._seen.append
        self.timed_out = False
        self._noted: tuple[str | None, bool] = (None, False)
        self.done: dict[str, dict[Key, Table]] = {id: dict(found) for id, found in (adopted or {}).items()}
        self.items: dict[str, dict[Key, list[Table]]] = {}
        self.ends: list[Table] = []  # of attempts that did not commit
        self.aftermath = Aftermath(plan["nodes"], self.ends, place.folder)
        chosen = set(wanted.selected) if wanted.selected is not None else None
        more: Table = {"stock": wanted.stock, "lost_attempts": getattr(self.executor, "lost_attempts", 0)}
        self.machine = Machine(plan, limit=wanted.limit, fail_fast=wanted.fail_fast, selected=chosen, **more)
        expect = getattr(self.executor, "expect", None)
        self.ahead = Ahead(self.machine, self._make_ahead, lambda made: heappush(self._free, made[0]["slot"]), expect)
        self.facts: Table = {**run["first"], "date": run["date"], "scheduled": run["scheduled"]}
        self.hashes = Hashes(Path(place.root))
        records = [record for found in (adopted or {}).values() for record in found.values()]
        self.put = {file["path"]: file["sha256"] for record in records for file in record.get("files", ())}
        self.adoption = Adoption(parent, Path(place.root), services.catalog, self.hashes) if parent else None
        self.statuses = Statuses(self.machine.statuses)
        ways: Table = {"blob": self.blob, "status": self.statuses, "read": self._read, "over": self._of_file}
        self.values = Values(plan, run["params"], self.facts, self.done, self.items, **ways)
        self.labels = Labels(plan["nodes"], lambda id, key: self.items.get(id, {}).get(tuple(key)))
        self._written: dict[tuple[str, str], Key] = {}  # (step, path) -> the item that writes it
        self.deadlines = Deadlines(plan["nodes"], self._scope_begins)
        self.cache = Cache(Path(place.root), self.hashes, services.catalog, plan["name"])
        self._asked: dict[Address, Asked] = {}  # of attempts that are under way
        self._handles: dict[Address, Any] = {}
        self._running: dict[Any, tuple[Address, Table]] = {}
        self._slots = count()
        self._free: list[int] = []  # slots that nobody uses any more
        self._pid = os.getpid()
        self.clock = Clock()
        self._wake: float | None = None
        self._stops, self._shown = 0, 0.0

    def walk(self, signals: Signals) -> str:
        """Run to the end. One signal: no new steps, the running ones are stopped, then `[finally]`; two: at once."""
        try:
            return self._walk(signals)
        finally:
            self._show(self.clock.now())

    def _walk(self, signals: Signals) -> str:
        machine, began = self.machine, self.clock.now()
        told = {"run": self.run["run"], "name": self.run["name"], "plan": self.plan, "root": self.place.root}
        self.see(Event(began, "run-start", None, told))
        deadline = began + self.wanted.timeout if self.wanted.timeout else None
        while True:
            now = self.clock.now()
            if signals.count > self._stops:
                self._stops = signals.count
                self._cancel(now, "cancelled", hard=self._stops > 1)
            if deadline is not None and now >= deadline:
                deadline, self.timed_out = None, True
                self._cancel(now, "timeout")
            busy = self._turn(now)
            self._note_stop(now)
            self.store.flush()
            self._tell()
            if machine.done and not self._running:
                return machine.status
            if not busy or now >= self._shown + TICK:
                self._show(now)
            if not busy:
                self.ahead.look()
                self._collect(now, deadline)

    def _show(self, now: float) -> None:
        """Let the view see what happened: here, while commands run, it delays nothing."""
        seen, see = self._seen, self.eyes.see
        for event in seen:
            see(event)
        seen.clear()
        self.eyes.tick(now)
        self._shown = now

    def close(self, status: str, at: float) -> Table:
        """Note the end in the store, give everything back; the Run, as `fold` tells it of the store."""
        end = {"v": 1, "status": status, "at": at}
        self.store.put(run_key(self.run["run"], "end"), dumps(end))
        self.store.flush()
        self.executor.close()
        self.hashes.save()
        with suppress(OSError):
            remove(os.path.join(self.place.folder, "work"))
        return ended(self.plan, Records.of(self.run, end, self.done, self.ends, self.items), self.machine, self.blob)

    def _cancel(self, now: float, why: str, hard: bool = False) -> None:
        self.machine.cancel(now, hard=hard, why=why)
        self._note_stop(now)

    def _note_stop(self, now: float) -> None:
        """Put on record why the machine starts nothing more: asked to stop, out of time, or the first failure."""
        why, hard = said = (self.machine.why, self._stops > 1)
        if said != self._noted and why is not None:
            self._noted = said
            self.store.put(run_key(self.run["run"], "cancel"), dumps({"v": 1, "at": now, "why": why, "hard": hard}))
            self.see(Event(now, "stop", None, {"why": why, "hard": hard, "grace": self.place.grace}))
            if hasattr(self.executor, "halt"):
                self.executor.halt(hard)

    def _turn(self, now: float) -> bool:
        """Do what the machine says now; whether anything was answered at once, so that it may say more.

        Records are written before commands start: what a command stands on, and that it starts, is never lost.
        """
        answered = False
        ready: list[tuple[Address, Table, Any]] = []
        stops: list[Stop] = []
        for todo in self.machine.next(now):
            if isinstance(todo, Start):
                made = self._prepare(todo, now)
                ready += [(todo.address, *made)] if made else []
                answered |= made is None
            elif isinstance(todo, Decide):
                self.machine.decided(todo.address, self._decide(todo), now)
                answered = True
            elif isinstance(todo, Expand):
                self.machine.expanded(todo.address, self._expand(todo.address), now)
                answered = True
            elif isinstance(todo, Stop):
                stops.append(todo)
            elif isinstance(todo, Wake):
                self._wake = todo.at
        if ready:
            self.store.flush()
            self._tell()
        for address, call, handle in ready:
            self.see(Event(now, "start", address, {name: call[name] for name in ("n", "log", "scratch")}))
            self._handles[address] = handle
            self._running[handle] = (address, call)
            self.executor.start(handle)
        for stop in stops:
            if stop.address in self._handles:
                self.executor.stop(self._handles[stop.address], stop.why, hard=self._stops > 1)
        return answered

    def _collect(self, now: float, deadline: float | None) -> None:
        until = [now + TICK] + [at for at in (self._wake, deadline) if at is not None]
        wait = max(0.0, min(until) - self.clock.now())
        if self._wake is not None and self._wake <= now:
            self._wake = None
        for handle, end in self.executor.poll(wait):
            address, call = self._running.pop(handle)
            del self._handles[address]
            heappush(self._free, call["slot"])
            self._ended(address, call, end, self.clock.now())

    def _make(self, address: Address, n: int, now: float) -> Table:
        """The call of an attempt, with a slot of its own. Raises ExprError."""
        slot = heappop(self._free) if self._free else next(self._slots)
        try:
            ways = (self.values, *address, n, ulid(now), slot, self.place, self.labels.label)
            self.statuses.asked = []
            call = make_call(*ways)
            call["statuses"] = self.statuses.asked
            self._own_paths(address, call)
            self.deadlines.limit(call, *address, now)
        except ExprError:
            heappush(self._free, slot)
            raise
        return call

    def _make_ahead(self, address: Address) -> tuple[Table, Any] | None:
        if self.deadlines.around(address.id):  # what is left is known when it starts
            return None
        try:
            call = self._make(address, 1, self.clock.now())
        except ExprError:  # it is told when the attempt starts
            return None
        return call, self.executor.prepare(call, self.secrets)

    def _prepare(self, todo: Start, now: float) -> tuple[Table, Any] | None:
        """An attempt to be started, its start on record: call and handle; None when it has ended at once."""
        address = todo.address
        if self._last(address.id):
            self._facts_of_the_end()
        try:
            call, handle = self.ahead.take(address) or (self._make(address, todo.n, now), None)
        except ExprError as error:
            path, attempt = self.plan["nodes"][address.id]["path"], ulid(now)
            end = not_started(path, *address, todo.n, attempt, now, "failed", reason_of(error), str(error))
            self._ended(address, {}, end, now)
            return None
        known, note = self._known(address, call)
        if known is not None:
            heappush(self._free, call["slot"])
            self._ended(address, call, known, now, note=note)
            if hasattr(self.executor, "known"):
                self.executor.known(known)
            return None
        self._about_failure(call, address)
        start = f'{{"at":{now!r},"n":{todo.n},"pid":{self._pid},"slot":{call["slot"]},"v":1}}'
        self.store.put(start_key(self.run["run"], *address, call["attempt"]), start.encode())
        return call, handle or self.executor.prepare(call, self.secrets)

    def _known(self, address: Address, call: Table) -> tuple[Table | None, str | None]:
        """The end that an attempt need not run for, and what is to be said of it: adopted, or from the cache."""
        do = self._do(address)
        code = self.cache.identity(do, self.executor.image(call))
        call["inputs_digest"] = inputs_digest(call, self.put, self.hashes)
        if code is not None:
            call["code_digest"] = digest(code)
        found = self.adoption.find(call) if self.adoption else None
        if self.adoption and found:
            return found, self.adoption.note(call, found)
        asked = self.cache.ask(call, do, self.put, code or {}, call["inputs_digest"])
        named = self.adoption and self.adoption.anew(call)  # it was asked for again
        hit = self.cache.find(asked, call, do) if asked and not named else None
        if hit is None:
            if asked:
                self._asked[address], call["fingerprint"] = asked, asked.fingerprint
            if self.adoption and call["n"] == 1:
                self.adoption.carry(call)
        return hit, None

    def _own_paths(self, address: Address, call: Table) -> None:
        """No two items of a map write one path (N46); rounds and attempts do. Raises ExprError."""
        if not address.key or call["round"] is not None:
            return
        for output in call["outputs"]:
            path = os.path.normpath(output["path"])
            owner = self._written.setdefault((address.id, path), address.key)
            if owner != address.key and not output.get("glob"):
                raise ExprError(f"`{path}` is written by {self.labels.label(address.id, owner)} already")

    def _ended(self, address: Address, call: Table, end: Table, now: float, note: str | None = None) -> None:
        """Commit a success (exclusive), record any other end, tell the machine (PROTOCOL R1)."""
        if call.get("item"):
            end.setdefault("item", call["item"])
        run = self.run["run"]
        asked = self._asked.pop(address, None)
        if asked is not None:
            end = {**end, "fingerprint": asked.fingerprint}
        changed = end["status"] == "succeeded" and "adopted" not in end and self._changed(address, call)
        if "code_digest" in call and "adopted" not in end:
            end = {**end, "code": {"digest": call["code_digest"]}}
        if changed:
            said = ["its code or inputs changed while it ran, so the cache does not keep it"] if asked else []
            code = {**end.get("code", {}), "dirty": True}
            end = {**end, "code": code, "warnings": [*end.get("warnings", ()), *said]}
        if end["status"] in ("succeeded", "cached"):
            if not commit(self.store, done_key(run, *address), end):
                end = {**end, "status": "succeeded", "superseded_by": "an earlier attempt"}
                self.store.put(attempt_key(run, *address, end["attempt"]), dumps(end))
            else:
                self.done.setdefault(address.id, {})[address.key] = end
                if asked is not None and not changed:
                    self.cache.keep(asked, call, self._do(address), self.put, end)
                self.put.update((file["path"], file["sha256"]) for file in end.get("files", ()))
        else:
            self.ends.append(end)
            self.store.put(attempt_key(run, *address, end["attempt"]), dumps(end))
        final = end["status"] == "failed" and self.deadlines.over(*address, now)
        self.machine.ended(address, {**end, "note": note, "final": final} if note or final else end, now)
        if hasattr(self.executor, "after"):
            self.executor.after(end)

    def _changed(self, address: Address, call: Table) -> bool:
        """Whether what was hashed of code and inputs is another now that the attempt has ended (N37)."""
        code = self.cache.identity(self._do(address), self.executor.image(call)) if "code_digest" in call else None
        if code is not None and call["code_digest"] != digest(code):
            return True
        return bool(call.get("inputs")) and inputs_digest(call, self.put, self.hashes) != call["inputs_digest"]

    def _do(self, address: Address) -> Table:
        do: Table = part_of(self.plan["nodes"][address.id], address.key)["do"]
        return do

    def _decide(self, todo: Decide) -> Any:
        id, key = todo.address
        if self._last(id):
            self._facts_of_the_end()
        return answers.answer(self.values, todo.what, id, key)

    def _expand(self, address: Address) -> Any:
        """The items of a map; those that the plan did not know are recorded (PROTOCOL 2.1)."""
        id, key = address
        items = answers.items(self.values, id, key)
        if isinstance(items, Failure):
            return items
        self.items.setdefault(id, {})[key] = items
        part = part_of(self.plan["nodes"][id], key)
        told: Table = {"count": len(items)}
        if counted_anew(part):
            told["items"] = items
            note(self.store, self.run["run"], id, key, items)
        self.see(Event(self.clock.now(), "expand", address, told))
        return len(items)

    def _about_failure(self, call: Table, address: Address) -> None:
        """What a handler is told of the step that it stands by (N29), and `[finally]` of the run (N30)."""
        if handler := self.aftermath.handler_of(address):
            call["failed"] = self.aftermath.failed(handler, self.machine.statuses)
        elif self._last(address.id):
            call["finally"] = self.aftermath.over(self.facts, self.machine.statuses, address)

    def _facts_of_the_end(self) -> None:
        if "failed" not in self.facts and self.machine.main_status is not None:
            self.facts.update(end_facts(self.plan, self.machine.main_status, self.machine.statuses))

    def _last(self, id: str) -> bool:
        return is_last(self.plan["nodes"][id]["path"])

    def _of_file(self, last: str, key: Key) -> Table:
        return file_facts(self.plan["nodes"], last, key, self.machine.statuses)

    def _tell(self) -> None:
        for event in self.machine.events():
            self.see(event)

    def _scope_begins(self, id: str, key: Key, at: float) -> float:
        self.store.create(scope_key(self.run["run"], id, key), dumps({"v": 1, "at": at}))
        return at

    def blob(self, sha: str) -> Any:
        """A large return, by its hash."""
        return json_blob(self.catalog, sha)

    def _read(self, path: str) -> str:
        try:
            with open(os.path.join(self.place.root, path), encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeDecodeError) as error:
            raise ExprError(f"can't read the items of `{path}`: {error}") from None

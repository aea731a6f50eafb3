"""Going on from an earlier run: a new run that adopts what its parent has done (PROTOCOL R8, N49)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from runner.agent.call import taken_digest
from runner.rules.keys import digest, dumps, run_key
from runner.rules.paths import matches
from runner.run import index
from runner.run.begin import finish
from runner.run.hashes import Hashes
from runner.run.records import Records, read
from runner.run.restore import Catalog, restored
from runner.run.services import Plugins, open_store
from runner.store.journal import Busy
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]
NEVER = ("!on-failure", "!finally")  # handlers and `[finally]` are each run's own (N49)
LAST = "@last"
Again = frozenset[tuple[str, str]]  # node ids and keys
NOTHING: Again = frozenset()
PATIENCE = 5.0  # seconds; a claim takes milliseconds


class Parent(NamedTuple):
    """The run that is resumed: its `run.json`, its line of the index, its done-records and the ends of its failed
    attempts by node id, newest first. changed: code has to be as it was, too; again: what is done anew all the same."""

    run: Table
    meta: Table
    done: dict[str, list[Table]]
    ends: dict[str, list[Table]]
    damaged: int = 0  # stretches of its log that hold no records
    changed: bool = False
    again: Again = NOTHING


def open_parent(root: Path, text: str, pipeline: str, plugins: Plugins = None) -> Parent:
    """The run that `--resume` means, or the last of those that resumed it; no driver of it is alive.

    `@last`: the newest run of the pipeline. Raises Refused: there is none, it still runs, its log can't be read.
    """
    if text == LAST:
        meta = next(index.newest(root, pipeline), None)
        if meta is None:
            raise Refused([diagnose("E930", None, text="--resume", why=f"no run of `{pipeline}` yet")])
    else:
        meta = index.find(root, text)
    if meta.get("pipeline") != pipeline:
        raise Refused([diagnose("E935", None, name=meta.get("name"), other=meta.get("pipeline"), pipeline=pipeline)])
    if meta.get("mock"):
        raise Refused([diagnose("E939", None, name=meta.get("name"))])
    known = {entry["run"]: entry for entry in index.runs(root)}
    while True:
        if index.alive(meta):
            raise Refused([diagnose("E707", None, name=meta.get("name"), pid=meta.get("pid"))])
        records, heir = _read(meta, root, plugins)
        following = known.get(heir or "") or _chosen(records, meta, known, root, plugins)
        if following is None:
            break
        meta = following
    if not records.run:
        raise Refused([diagnose("E706", None, name=meta.get("name"), why="it has no run.json")])
    return Parent(records.run, meta, *_attempts(records, known, root, plugins), records.damaged)


def _read(meta: Table, root: Path, plugins: Plugins) -> tuple[Records, str | None]:
    """The records of a run, and the run that resumed it."""
    store = open_store(meta["store"], root, meta["run"], plugins, write=False)
    try:
        heir = store.get(run_key(meta["run"], "heir"))
        records = Records(read(store, meta["run"]))
        records.damaged = getattr(store, "damaged", 0)
        return records, json.loads(heir)["run"] if heir else None
    finally:
        store.close()


def _chosen(records: Records, meta: Table, known: Mapping[str, Table], root: Path, plugins: Plugins) -> Table | None:
    """The heir of this run's parent, where that is another run: two were asked to go on at once, this one was late."""
    parent = known.get(records.run.get("parent") or "")
    if parent is None:
        return None
    try:
        _, heir = _read(parent, root, plugins)
    except Refused:
        return None
    return known.get(heir) if heir is not None and heir != meta["run"] else None


def _attempts(
    records: Records, known: Mapping[str, Table], root: Path, plugins: Plugins
) -> tuple[dict[str, list[Table]], dict[str, list[Table]]]:
    """Done-records and other ends of a run and of all that it goes on from, newest first: it may have died before it
    adopted all."""
    done: dict[str, list[Table]] = {}
    ends: dict[str, list[Table]] = {}
    seen: set[str] = set()
    while True:
        for id, found in records.done.items():
            done.setdefault(id, []).extend(found.values())
        for address, failed in records.ends.items():
            ends.setdefault(address.id, []).extend(reversed(failed))
        parent = records.run.get("parent")
        if parent is None or parent in seen or parent not in known:
            return done, ends
        seen.add(parent)
        try:
            records, _ = _read(known[parent], root, plugins)
        except Refused:  # its log is gone: what was adopted from it stands in its heirs
            return done, ends


def claim(parent: Parent, run: Table, root: Path, plugins: Plugins = None) -> None:
    """Note the heir in the parent, exclusively. Raises Refused when another run was first."""
    store = _taken(parent, root, plugins)
    try:
        key = run_key(parent.meta["run"], "heir")
        if not store.create(key, dumps({"v": 1, "run": run["run"]})):
            winner = json.loads(store.get(key))["run"]
            names = {entry["run"]: entry["name"] for entry in index.runs(root)}
            finish({"run": run["run"]}, "cancelled", root)
            raise Refused([diagnose("E708", None, name=parent.run.get("name"), heir=names.get(winner, winner))])
        store.flush()
    finally:
        store.close()


def _taken(parent: Parent, root: Path, plugins: Plugins) -> Any:
    """The log of the parent, to write; another run that claims it at this moment is waited for."""
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            return open_store(parent.meta["store"], root, parent.meta["run"], plugins)
        except Refused as refused:
            if not isinstance(refused.__cause__, Busy) or time.monotonic() > limit:
                raise
            time.sleep(0.01)


def inputs_digest(call: Table, put: Mapping[str, str], hashes: Hashes) -> str:
    """As `taken_digest`. put: path -> hash of what this run has put; other files are project files."""
    return taken_digest(call, lambda path: put.get(path) or hashes.of(path))


def same_code(record: Table, call: Table) -> bool:
    """Whether a record was made by the code as it lies now; one that does not say was made by none."""
    said: str | None = (record.get("code") or {}).get("digest")
    return said == call.get("code_digest")


def _code(record: Table, call: Table) -> Table:
    """What an adopted record says of its code: that of its making, and whether it lies there otherwise now."""
    if "code" not in record and "code_digest" not in call:
        return {}
    code = {name: said for name, said in (record.get("code") or {}).items() if name != "changed"}
    return {"code": code if same_code(record, call) else {**code, "changed": True}}


class Adoption:
    """Finds for an attempt the record that its parent committed, if it is still the same work."""

    def __init__(self, parent: Parent, root: Path, catalog: Catalog, hashes: Hashes) -> None:
        self.parent, self.root, self.catalog, self.hashes = parent, root, catalog, hashes
        self._left: dict[str, dict[str, list[Table]]] = {}  # node id -> digest of the item -> records in order
        self._named: dict[str, tuple[set[str], set[str]]] = {}  # node id -> keys and digests of items of `again`

    def find(self, call: Table) -> Table | None:
        """The parent's record of the same node and item, with equal definition and inputs, its files back in place."""
        if any(mark in call["path"] for mark in NEVER) or self.anew(call):
            return None
        if call["id"] not in self._left:
            self._left[call["id"]] = by_item(self.parent.done.get(call["id"], ()))
        records = self._left[call["id"]].get(digest(call.get("item") or {}), [])
        for record in records:
            same = record.get("definition") == call["definition"] and record.get("inputs") == call["inputs_digest"]
            if self.parent.changed and not same_code(record, call):
                continue
            if same and self.back(record):
                records.remove(record)
                origin = record.get("adopted") or {"run": record.get("run"), "attempt": record.get("attempt")}
                mine = {"run": call["run"]["id"], "key": call["key"], "adopted": origin, **_code(record, call)}
                return {**record, **mine}
        return None

    def back(self, record: Table) -> bool:
        """Whether the files of a record are in place, or could be brought back."""
        return restored(record, self.root, self.hashes, self.catalog)

    def anew(self, call: Table) -> bool:
        """Whether this was named to be done again: the instance of a step; of a map its item, wherever that stands."""
        if not self.parent.again:
            return False
        id = call["id"]
        if id not in self._named:
            keys = {key for node, key in self.parent.again if node == id}
            known: dict[str, Table] = {}
            for record in (*self.parent.done.get(id, ()), *self.parent.ends.get(id, ())):
                known.setdefault(record["key"], record)
            self._named[id] = keys, {digest(known[key].get("item") or {}) for key in keys if key in known}
        keys, items = self._named[id]
        return digest(call["item"]) in items if call.get("item") else call["key"] in keys

    def note(self, call: Table, record: Table) -> str:
        """What is said of an adopted record: whose it is, and whether its code has changed since."""
        since = "" if same_code(record, call) else ", but its code has changed since: `--changed` runs it again"
        return f"kept from {self.parent.run['name']}{since}"

    def carry(self, call: Table) -> None:
        """Checkpoints that are not there any more come back as the newest attempt of the same item left them (N48)."""
        item = call.get("item") or {}
        for path in (output["path"] for output in call["outputs"] if output.get("carry")):
            for end in self.parent.ends.get(call["id"], ()):
                files = [file for file in end.get("files", ()) if matches(path, file["path"])]
                if files and (end.get("item") or {}) == item:
                    if not any(os.path.lexists(self.root / file["path"]) for file in files):
                        restored({"files": files}, self.root, self.hashes, self.catalog)
                    break


def by_item(records: Iterable[Table]) -> dict[str, list[Table]]:
    """Records of one node by the digest of their item, in order."""
    found: dict[str, list[Table]] = {}
    for record in records:
        found.setdefault(digest(record.get("item") or {}), []).append(record)
    return found

"""A run that nobody here has followed to its end: what its pods have put on record since is brought here."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from runner.agent.folder import Folder
from runner.agent.unstarted import not_started
from runner.rules.keys import attempt_key, dumps, plan_key, run_key
from runner.run import index
from runner.run.begin import finish
from runner.run.fold import fold
from runner.run.mutex import mutex
from runner.run.reached import Reach, unseen
from runner.run.records import Records, read
from runner.run.services import Plugins, open_store
from runner.text.diagnostics import Refused

Table = dict[str, Any]
HERE = {"type": "chunked-fs"}  # `.runner` itself: records, and logs where those of every run lie
PARTS = ("n", "logs", "end.json", "cancel.json")


def catch_up(entry: Table, root: Path, plugins: Plugins = None) -> Table:
    """The line of a run in the index as it stands after that; others are left as they are. Raises Refused (E741)."""
    if entry.get("status") is not None or entry.get("caught") or index.alive(entry):
        return entry
    reach = reach_of(entry, root, plugins)
    return entry if reach is None else _caught(entry, reach, root, plugins)


def reach_of(entry: Table, root: Path, plugins: Plugins, service: str = "run-log") -> Reach | None:
    """The way to a run whose log (or catalog) this machine does not see; None for others."""
    try:
        store = open_store(entry["store"], root, entry["run"], plugins, write=False)
    except Refused:
        return None
    try:
        run = json.loads(store.get(run_key(entry["run"], "run")) or b"{}")
        plan = json.loads(store.get(plan_key(str(run.get("plan")))) or b"{}")
    finally:
        store.close()
    if "profile" not in plan or not unseen(plan["profile"], service, plugins):
        return None
    return Reach(entry, run, plan, plugins, os.environ)


def _caught(entry: Table, reach: Reach, root: Path, plugins: Plugins) -> Table:
    progress = reach.progress()  # asked first: what was put until then is brought
    entry = reach.entry
    reach.bring("run-log", f"runs/{reach.place}", PARTS, root / ".runner" / "runs" / entry["run"])
    log = Folder.open(HERE, str(root), entry["run"])
    if entry["store"] != HERE:
        _own(entry, log, root, plugins, bool(reach.kind.copies))
    own = entry.get("own")
    if own and "own" not in reach.run:
        first = reach.run["first"] if reach.run.get("parent") else {"id": own["uid"], "name": own["workflow"]}
        log.put(run_key(entry["run"], "run"), dumps({**reach.run, "own": own, "first": first}))
    told = {**entry, "store": HERE}
    if progress == "running":
        return _noted(told if reach.kind.copies else {**told, "detached": True}, root)
    if reach.kind.copies:  # its driver is lost, and so is the run
        return _noted({**told, "caught": True}, root)
    now = time.time()
    plan = json.loads(log.get(plan_key(reach.run["plan"])) or b"{}")
    if progress == "cancelled":
        _cancelled(entry["run"], log, plan["nodes"])
        log.create(run_key(entry["run"], "cancel"), dumps({"v": 1, "at": now, "why": "cancelled", "hard": False}))
    key = run_key(entry["run"], "end")
    if log.get(key) is None:
        log.create(key, dumps({"v": 1, "at": now, "lost": []}))
    status = fold(plan, read(log, entry["run"]))["status"]
    log.flush()
    at = float(json.loads(log.get(key) or b"{}").get("at") or now)
    finish(told, str(status), root, at)
    return {**told, "status": status, "end": at}


def _cancelled(run: str, log: Folder, nodes: Table) -> None:
    """What an agent calls lost, since nobody told it why it is to end, and what had no time for an end: cancelled."""
    records = Records(read(log, run))
    error = {"type": "cancelled", "message": "it was cancelled"}
    mine = {"status": "cancelled", "reason": "cancelled", "error": error}
    for address, ends in records.ends.items():
        for end in ends:
            if (end["status"], end["reason"]) == ("errored", "lost"):
                log.put(attempt_key(run, address.id, address.key, end["attempt"]), dumps({**end, **mine}))
    for address in list(records.starts):
        for start in records.dangling(address):
            words = (start["n"], start["attempt"], start["at"], "cancelled", "cancelled", "it was cancelled")
            end = not_started(nodes[address.id]["path"], address.id, address.key, *words)
            log.put(attempt_key(run, address.id, address.key, start["attempt"]), dumps({**end, **mine}))


def _own(entry: Table, log: Folder, root: Path, plugins: Plugins, copies: bool) -> None:
    """Put beside it what only this machine has on record. copies: attempts have the same names here and there."""
    store = open_store(entry["store"], root, entry["run"], plugins, write=False)
    try:
        for key in store.list(f"runs/{entry['run']}/"):
            if copies or "/a/" not in key:
                log.create(key, bytes(store.get(key) or b""))
        plan = plan_key(json.loads(store.get(run_key(entry["run"], "run")))["plan"])
        log.create(plan, bytes(store.get(plan) or b""))
    finally:
        store.close()
    log.flush()


def _noted(entry: Table, root: Path) -> Table:
    with mutex(root):
        index.note(root, entry)
    return entry

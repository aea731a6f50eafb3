"""The beginning of a run: its id and name, `run.json`, the plan, a line in the index (PROTOCOL 2.1)."""

from __future__ import annotations

import os
import pwd
import sys
import time
from pathlib import Path
from typing import Any, Protocol

from runner import __version__
from runner.plan.mocked import all_mocked
from runner.rules.answers import parameters
from runner.rules.day import day_of
from runner.rules.keys import dumps, plan_key, run_key, ulid
from runner.run import index
from runner.run.mutex import mutex
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]


class Creates(Protocol):
    """The part of a store that a beginning needs."""

    def create(self, key: str, value: bytes) -> bool: ...
    def flush(self) -> None: ...


def new_run(
    plan: Table, root: Path, name: str | None, selected: frozenset[str] | None, ask: Table, parent: Table | None = None
) -> Table:
    """What `run.json` holds. ask: the words that asked for it; parent: `run.json` of the run that is resumed.

    In references a resumed run keeps id, name and dates of the first of the chain (N49). Raises Refused (E932) when the
    name is taken. Call it inside `mutex`, as `begin`.
    """
    now = time.time()
    if name is not None and any(entry.get("name") == name for entry in index.runs(root)):
        raise Refused([diagnose("E932", None, name=name)])
    run: Table = {
        "v": 1,
        "run": ulid(now).lower(),
        "name": name or index.new_name(root),
        "pipeline": plan["name"],
        "plan": plan["digest"],
        "parent": parent["run"] if parent else None,
        "ask": ask,
        "executor": plan["profile"]["executor"],
        "profile": plan["profile"]["name"],
        "start": now,
        "date": parent["date"] if parent else day_of(now, None, plan["profile"].get("schedule")),
        "scheduled": parent["scheduled"] if parent else None,
        "selected": sorted(selected) if selected is not None else None,
        "created": {"host": os.uname().nodename, "pid": os.getpid(), "user": user()},
        "runner_version": __version__,
        "python": sys.version.split()[0],
    }
    run["first"] = parent["first"] if parent else {"id": run["run"], "name": run["name"]}
    facts = {**run["first"], "date": run["date"], "scheduled": run["scheduled"]}
    run["params"] = parameters(plan, facts)
    return run


def user() -> str:
    """Whose process this is: USER may be unset, or what `su` left there."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # an image with a number for a user
        return os.environ.get("USER") or str(os.getuid())


def begin(plan: Table, text: bytes, run: Table, store: Creates, root: Path, file: str) -> Table:
    """Make the run known: the plan, `run.json` (exclusively), then the line in the index: what it names can be read.

    text: the plan as JSON. Gives that line.
    """
    store.create(plan_key(plan["digest"]), text)
    store.create(run_key(run["run"], "run"), dumps(run))
    store.flush()
    entry = {key: run[key] for key in ("run", "name", "pipeline", "profile", "start")}
    entry.update(
        parent=run["parent"],
        file=file,
        path=os.path.relpath(file, root),
        store=plan["profile"]["run-log"],
        pid=os.getpid(),
        born=index.born(os.getpid()),
    )
    if all_mocked(plan):
        entry["mock"] = True
    entry["host"] = run["created"]["host"]
    index.note(root, entry)
    return entry


def finish(entry: Table, status: str, root: Path, at: float | None = None) -> None:
    """Note the end in the index, beside all that its line said: somebody may have removed it. Raises OSError."""
    with mutex(root):
        index.note(root, {**entry, "status": status, "end": time.time() if at is None else at})

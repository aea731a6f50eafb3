"""`execute-node`: one attempt of one node with nothing but plan, store and catalog (PROTOCOL 2.6)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any, Callable, NamedTuple

from runner.agent.call import DEFAULT_GRACE, Place, make_call, taken_digest
from runner.agent.catalog import Catalog, digest_of
from runner.agent.committed import ByNode, Expansions, Instances, Store, record
from runner.agent.deadlines import Deadlines, reason_of, shorten
from runner.agent.drive import AGAIN, run_call
from runner.agent.inherit import inherited_from
from runner.agent.unstarted import not_started
from runner.rules.bind import Key, Values, part_of
from runner.rules.decide import FINAL_EXIT, SUCCESS, retryable
from runner.rules.expr import ABSENT, ExprError
from runner.rules.keys import (
    attempt_key,
    done_key,
    dumps,
    key_text,
    node_prefix,
    parse,
    run_key,
    scope_key,
    start_key,
    ulid,
)
from runner.rules.labels import Labels

Table = dict[str, Any]
Ask = Callable[["str", "Key"], "str | None"]
TOLD = ("failed", "finally", "echo")


class Job(NamedTuple):
    """Which attempt. folder: where it may write, gone afterwards; root: the project's files, only read; logs: where its
    log goes; told: what a driver knows that no record says (`attempt n fingerprint code_digest failed finally grace
    facts statuses parent`; `until`: when the time of the run is over; `echo`: what is printed goes to our own too;
    `runtimes`: it is no image that it runs in)."""

    plan: Table
    run: str
    id: str
    key: Key
    root: str
    folder: str
    logs: str
    told: Table


class Ended(NamedTuple):
    """How it ended: the record, and the exit code that an orchestrator acts on (0, 75 again, 78 never again)."""

    end: Table
    code: int


def execute(
    job: Job,
    store: Store,
    catalog: Catalog,
    secrets: Mapping[str, str],
    environ: Mapping[str, str],
    status: Ask | None = None,
) -> Ended:
    """Run the attempt to its end and record it; a node that has committed is left as it is. status: asked of others
    that have no done-record. Raises OSError."""
    before = record(store, done_key(job.run, job.id, job.key))
    if before is not None:
        return Ended(before, 0)
    run = record(store, run_key(job.run, "run")) or {}
    earlier = list(_ends(job, store))
    attempt = job.told.get("attempt") or ulid(time.time())
    n = job.told.get("n") or _begun(job, store) + 1
    try:
        call = call_of(job, run, store, catalog, n, attempt, environ, status)
    except ExprError as error:
        path = job.plan["nodes"][job.id]["path"]
        end = not_started(path, job.id, job.key, n, attempt, time.time(), "failed", reason_of(error), str(error))
    else:
        kept = inherited_from(job.told["parent"], call, store, catalog) if job.told.get("parent") else None
        if kept is not None:
            return Ended(*_recorded(job, store, kept, earlier))
        start = {"v": 1, "at": time.time(), "n": n, "pid": os.getpid()}
        store.put(start_key(job.run, job.id, job.key, attempt), dumps(start))
        store.flush()
        end = run_call(call, catalog, secrets, environ)
        if end["status"] == "cancelled" and record(store, run_key(job.run, "cancel")) is None:
            why = {"type": "lost", "message": "its place was ended, and nobody has cancelled the run"}
            end.update(status="errored", reason="lost", error=why)
    if "fingerprint" in job.told:
        end["fingerprint"] = job.told["fingerprint"]
    if "code_digest" in job.told:
        end["code"] = {"digest": job.told["code_digest"]}
    return Ended(*_recorded(job, store, end, earlier))


def values_of(
    plan: Table, run: Table, id: str, store: Store, catalog: Catalog, told: Table, status: Ask | None = None
) -> Values:
    """Values from records alone, each read when it is asked for. run: `run.json`; id: its own; told: as in a Job;
    status: asked of instances that have no done-record."""
    facts = {**run.get("first", {}), "date": run.get("date"), "scheduled": run.get("scheduled")}
    facts.update(told.get("facts") or {})
    over = told.get("finally") or {}  # how the run ended, or the file that this belongs to (N30)
    facts.update((name, over[name]) for name in ("status", "failed") if name in over)
    done, items = ByNode(Instances, store, id), ByNode(Expansions, store, id)

    def blob(sha: str) -> Any:
        try:
            return json.loads(catalog.read(sha))
        except (OSError, LookupError, ValueError):
            return ABSENT

    ended = {(id, tuple(key)): status for id, key, status in told.get("statuses") or ()}

    def known(id: str, key: Key) -> str | None:
        if (id, key) in ended:
            return str(ended[id, key])
        found = done[id].get(key)
        return found["status"] if found else status(id, key) if status else None

    return Values(plan, run.get("params", {}), facts, done, items, blob=blob, status=known)


def call_of(
    job: Job,
    run: Table,
    store: Store,
    catalog: Catalog,
    n: int,
    attempt: str,
    environ: Mapping[str, str],
    status: Ask | None = None,
) -> Table:
    """The call of the attempt, from records alone. Raises ExprError."""
    values = values_of(job.plan, run, job.run, store, catalog, job.told, status)

    def expanded(id: str, key: Key) -> list[Table] | None:
        try:
            return values.items(id, tuple(key))
        except (ExprError, LookupError):
            return None

    labels = Labels(job.plan["nodes"], expanded)
    ids = {"id": job.run, "name": run.get("name", "")}
    profile = job.plan["profile"]
    grace, own = job.told.get("grace", DEFAULT_GRACE), bool(job.told.get("runtimes"))
    place = Place(job.root, job.folder, profile["catalog"], ids, grace, True, environ, own)
    call = make_call(values, job.id, job.key, n, attempt, 0, place, labels.label)
    now = time.time()
    Deadlines(job.plan["nodes"], lambda *spot: _begin(job, store, *spot)).limit(call, job.id, job.key, now)
    if job.told.get("until"):
        shorten(call, job.told["until"] - now, "the run has a timeout, and it is over")
    call["log"] = os.path.join(job.logs, f"{job.id}.{key_text(job.key)}.{n}")
    call["remote"] = True
    call["stored"] = {path: file for path, file in put_before(job.id, values).items() if path in call["inputs"]}
    call["inputs_digest"] = taken_digest(call, lambda path: _hash(job, call, path))
    for name in TOLD:
        if job.told.get(name) is not None:
            call[name] = job.told[name]
    return call


def _begin(job: Job, store: Store, id: str, key: Key, now: float) -> float:
    """When an instance began that has a limit of time: whoever was first has written it down."""
    name = scope_key(job.run, id, key)
    store.create(name, dumps({"v": 1, "at": now}))
    store.flush()
    return float((record(store, name) or {}).get("at", now))


def put_before(id: str, values: Values) -> Table:
    """What the steps that a node comes after have put, by path; what comes last counts."""
    found: Table = {}
    at: str | None = id
    while at is not None:
        node = values.nodes[at]
        for other in (*node.get("needs", ()), *node.get("after", ())):
            for one in values.records_below(other):
                found.update({file["path"]: file for file in one.get("files", ())})
        at = node.get("parent")
    return found


def _hash(job: Job, call: Table, path: str) -> str | None:
    if path in call["stored"]:
        return str(call["stored"][path]["sha256"])
    try:
        return str(digest_of(os.path.join(job.root, path))["sha256"])
    except OSError:
        return None


def _begun(job: Job, store: Store) -> int:
    """How many attempts there were before; one may have left nothing but its start."""
    spots = map(parse, store.list(f"{node_prefix(job.run, job.id, job.key)}a/"))
    return len({spot.name for spot in spots if spot is not None})


def _ends(job: Job, store: Store) -> Iterator[Table]:
    """The ends of earlier attempts."""
    for text in store.list(f"{node_prefix(job.run, job.id, job.key)}a/"):
        spot = parse(text)
        found = record(store, text) if spot is not None and spot.what == "attempt" else None
        if found is not None:
            yield found


def _recorded(job: Job, store: Store, end: Table, earlier: list[Table]) -> tuple[Table, int]:
    """Commit a success, record any other end; both are on the disk. What counts, and the exit code for it."""
    if end["status"] in SUCCESS:
        if store.create(done_key(job.run, job.id, job.key), dumps(end)):
            store.flush()
            return end, 0
        won = record(store, done_key(job.run, job.id, job.key))
        store.put(
            attempt_key(job.run, job.id, job.key, end["attempt"]), dumps({**end, "superseded_by": won["attempt"]})
        )
        store.flush()
        return won, 0
    store.put(attempt_key(job.run, job.id, job.key, end["attempt"]), dumps(end))
    store.flush()
    part = part_of(job.plan["nodes"][job.id], job.key)
    ends = [*earlier, end]
    counts = [sum(one["status"] == status for one in ends) for status in ("failed", "errored")]
    again = retryable(end, part.get("retry") or {}, counts[0], counts[1], job.told.get("lost_attempts", 0))
    return end, AGAIN if again else FINAL_EXIT

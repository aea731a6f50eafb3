"""What a resumed run keeps of those before it, where no driver adopts it: each task looks for its own (R8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.agent.catalog import Catalog
from runner.agent.committed import Instances, Store, record
from runner.rules.keys import digest, key_of, run_key

Table = dict[str, Any]
NEVER = ("!on-failure", "!finally")  # handlers and `[finally]` are each run's own (N49)


def inherited_from(parent: str, call: Table, store: Store, catalog: Catalog) -> Table | None:
    """The commit of the same node and item in an earlier run, by equal definition and inputs, whose files are all in
    the catalog; as this run's own. parent: the id of the run that is resumed. Raises OSError."""
    if any(mark in call["path"] for mark in NEVER):
        return None
    item = digest(call.get("item") or {})
    for found in _commits(parent, call, store):
        same = found.get("definition") == call["definition"] and found.get("inputs") == call["inputs_digest"]
        if same and digest(found.get("item") or {}) == item and all(map(catalog.has, _contents(found))):
            origin = found.get("adopted") or {"run": found.get("run"), "attempt": found.get("attempt")}
            return {**found, "run": call["run"]["id"], "key": call["key"], "adopted": origin}
    return None


def _commits(parent: str | None, call: Table, store: Store) -> Iterator[Table]:
    """Of one node in the runs before, the nearest first: at its own key, then wherever an item moved from."""
    seen: set[str] = set()
    while parent and parent not in seen:
        seen.add(parent)
        done = Instances(store, parent, call["id"])
        own = key_of(call["key"])
        if own in done:
            yield done[own]
        if call.get("item"):
            yield from (done[key] for key in done if key != own)
        parent = (record(store, run_key(parent, "run")) or {}).get("parent")


def _contents(found: Table) -> Iterator[str]:
    """Digests of all that a record refers to."""
    yield from (file["sha256"] for file in found.get("files", ()))
    yield from (given["sha256"] for given in found.get("returns", {}).values() if "sha256" in given)

"""The items of a map on record: shards of them, and their count (PROTOCOL 2.1)."""

from __future__ import annotations

from typing import Any, Protocol

from runner.rules.keys import Key, dumps, items_key

Table = dict[str, Any]
SHARD = 256  # items of one record


class Puts(Protocol):
    """The part of a store that this needs."""

    def put(self, key: str, value: bytes) -> None: ...


def counted_anew(part: Table) -> bool:
    """Whether the plan leaves the items of a map to the run."""
    return "filter" in part or any(isinstance(one, list) and one[0] != "lit" for one in part["each"].values())


def note(store: Puts, run: str, id: str, key: Key, items: list[Table]) -> None:
    """Record the items of an instance of a map; the count comes last, so that who sees it sees all."""
    for number in range(0, len(items), SHARD):
        store.put(items_key(run, id, key, str(number // SHARD)), dumps(items[number : number + SHARD]))
    store.put(items_key(run, id, key), dumps({"v": 1, "count": len(items)}))

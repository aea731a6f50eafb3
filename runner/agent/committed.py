"""What a run has committed so far, as an agent sees it: each record is read when it is asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from runner.rules.keys import Key, done_key, items_key, key_text, node_prefix, parse

Table = dict[str, Any]
PAUSES = (0.02, 0.1, 0.3, 1.0, 2.0)  # seconds before half a record is read again


class Store(Protocol):
    """The part of a run log that agents use; safe for many of them."""

    def get(self, key: str) -> bytes | None: ...
    def list(self, prefix: str) -> list[str]: ...
    def put(self, key: str, value: bytes) -> None: ...
    def create(self, key: str, value: bytes) -> bool: ...
    def flush(self) -> None: ...


def record(store: Store, key: str) -> Any:
    """The record under a key, None where there is none or none that is whole. A share may show a file before all that
    is in it: that is waited for."""
    for pause in (*PAUSES, None):
        data = store.get(key)
        if data is None:
            return None
        try:
            return json.loads(data)
        except ValueError:
            if pause is not None:
                time.sleep(pause)
    return None


class Instances(Mapping[Key, Table]):
    """The done-records of one node by key."""

    def __init__(self, store: Store, run: str, id: str) -> None:
        self._store, self._run, self._id = store, run, id
        self._known: dict[Key, Table] = {}  # a commit never changes

    def __getitem__(self, key: Key) -> Table:
        if key not in self._known:
            found = record(self._store, done_key(self._run, self._id, key))
            if found is None:
                raise KeyError(key)
            self._known[key] = found
        return self._known[key]

    def __iter__(self) -> Iterator[Key]:
        keys = map(parse, self._store.list(node_prefix(self._run, self._id)))
        return iter(sorted(key.key for key in keys if key is not None and key.what == "done"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Expansions(Mapping[Key, "list[Table]"]):
    """The recorded items of one map by key; a map that the plan knows has none on record."""

    def __init__(self, store: Store, run: str, id: str) -> None:
        self._store, self._run, self._id = store, run, id

    def __getitem__(self, key: Key) -> list[Table]:
        if record(self._store, items_key(self._run, self._id, key)) is None:
            raise KeyError(key)
        shards = self._store.list(f"{node_prefix(self._run, self._id)}{key_text(key)}/items/")
        names = [
            spot.name for spot in map(parse, shards) if spot is not None and spot.key == key and spot.name.isdigit()
        ]
        found = (record(self._store, items_key(self._run, self._id, key, name)) for name in sorted(names, key=int))
        return [item for shard in found for item in shard or ()]

    def __iter__(self) -> Iterator[Key]:
        keys = map(parse, self._store.list(node_prefix(self._run, self._id)))
        return iter(sorted(spot.key for spot in keys if spot is not None and spot.name == "meta"))

    def __len__(self) -> int:
        return sum(1 for _ in self)


class ByNode(Mapping[str, Any]):
    """Node id -> what `of` makes of it, made once."""

    def __init__(self, of: Any, store: Store, run: str) -> None:
        self._of, self._store, self._run = of, store, run
        self._known: dict[str, Any] = {}

    def __getitem__(self, id: str) -> Any:
        if id not in self._known:
            self._known[id] = self._of(self._store, self._run, id)
        return self._known[id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

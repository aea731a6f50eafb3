"""The records of one run as the store holds them, sorted by what they say: the set that a Run is folded from (R9)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from runner.rules.decide import SUCCESS
from runner.rules.keys import Key, key_of, parse
from runner.run.events import Address

Table = dict[str, Any]


class Reads(Protocol):
    """The part of a store that a reader needs."""

    def get(self, key: str) -> bytes | None: ...
    def list(self, prefix: str) -> list[str]: ...


def read(store: Reads, run: str) -> dict[str, Any]:
    """Key -> record, for every record of a run. What is no JSON is left out: it was never written whole."""
    found: dict[str, Any] = {}
    for key in store.list(f"runs/{run}/"):
        value = store.get(key) if key.endswith(".json") else None
        if value is not None:
            try:
                found[key] = json.loads(value)
            except ValueError:
                continue
    return found


class Records:
    """Records by kind and address. done: commits; ends: attempts that did not commit, in order; starts: of attempts."""

    def __init__(self, records: Mapping[str, Any]) -> None:
        self.run: Table = {}
        self.cancel: Table | None = None
        self.end: Table | None = None
        self.done: dict[str, dict[Key, Table]] = {}
        self.items: dict[str, dict[Key, list[Table]]] = {}
        self.ends: dict[Address, list[Table]] = {}
        self.starts: dict[Address, dict[str, Table]] = {}
        shards: dict[Address, dict[str, Any]] = {}
        for text, record in records.items():
            key = parse(text)
            if key is None:
                continue
            address = Address(key.id, key.key)
            if key.what == "done":
                self.done.setdefault(key.id, {})[key.key] = record
            elif key.what == "attempt":
                self.ends.setdefault(address, []).append(record)
            elif key.what == "start":
                self.starts.setdefault(address, {})[key.name] = {"attempt": key.name, **record}
            elif key.what == "items":
                shards.setdefault(address, {})[key.name] = record
            elif key.what == "run":
                self.run = record
            elif key.what in ("cancel", "end"):
                setattr(self, key.what, record)
        for ends in self.ends.values():
            ends.sort(key=_order)
        for address, parts in shards.items():
            if "meta" in parts:
                order = sorted((name for name in parts if name.isdigit()), key=int)
                self.items.setdefault(address.id, {})[address.key] = [item for name in order for item in parts[name]]

    @classmethod
    def of(cls, run: Table, end: Table, done: dict[str, dict[Key, Table]], ends: Iterable[Table]) -> Records:
        """Those of a run that has just ended, from the memory of its driver. ends: in order."""
        found = cls({})
        found.run, found.end, found.done = run, end, done
        for one in ends:
            found.ends.setdefault(Address(one["id"], key_of(one["key"])), []).append(one)
        return found

    def committed(self, address: Address) -> Table | None:
        """The done-record of an instance."""
        return self.done.get(address.id, {}).get(address.key)

    def last_end(self, address: Address) -> Table | None:
        """The end that counts of an instance that did not commit: its last one. A success that lost is none."""
        ends = [end for end in self.ends.get(address, ()) if end["status"] not in SUCCESS]
        return ends[-1] if ends else None

    def dangling(self, address: Address) -> list[Table]:
        """Starts without an end, in order."""
        starts = self.starts.get(address)
        if not starts:
            return []
        done = self.committed(address)
        ended = {end.get("attempt") for end in self.ends.get(address, ())} | {done.get("attempt") if done else None}
        return sorted((start for name, start in starts.items() if name not in ended), key=_order)

    def attempts(self, address: Address) -> list[Table]:
        """All attempts of an instance in order: ends, and starts without one (no `status`)."""
        done = self.committed(address)
        found = [*self.ends.get(address, ()), *([done] if done else []), *self.dangling(address)]
        return sorted(found, key=_order)

    def addresses(self) -> Iterable[Address]:
        """Every instance that something was recorded of."""
        for id, found in self.done.items():
            yield from (Address(id, key) for key in found)
        yield from self.ends
        yield from self.starts


def _order(record: Mapping[str, Any]) -> tuple[int, float, str]:
    return int(record.get("n") or 0), float(record.get("start") or record.get("at") or 0), str(record.get("attempt"))

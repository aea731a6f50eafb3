"""The records of one run as the store holds them, sorted by what they say: the set that a Run is folded from (R9)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol, Union

from runner.rules.decide import SUCCESS
from runner.rules.keys import Key, StoreKey, key_of, parse
from runner.run.events import Address

Table = dict[str, Any]
Value = Union[bytes, memoryview]
AT_ONCE = 1000  # records that are decoded as one text
START, DONE = ".start.json", "/done.json"


class Reads(Protocol):
    """The part of a store that a reader needs."""

    def get(self, key: str) -> bytes | None: ...
    def list(self, prefix: str) -> list[str]: ...


def read(store: Reads, run: str) -> dict[str, Any]:
    """Key -> record, for every record of a run that tells more than others: the start of an attempt that committed is
    left out, and what is no JSON, as it was never written whole."""
    prefix = f"runs/{run}/"
    take = getattr(store, "take", None)  # a store that can give all at once
    values = take(prefix) if take else {key: store.get(key) for key in store.list(prefix)}
    found: dict[str, Any] = {}
    starts = [key for key in values if key.endswith(START)]
    _decode(found, [key for key in values if key.endswith(".json") and not key.endswith(START)], values)
    if starts:
        done = {record["attempt"] for key, record in found.items() if key.endswith(DONE) and "attempt" in record}
        _decode(found, [key for key in starts if key[: -len(START)].rpartition("/")[2] not in done], values)
    return found


def _decode(found: dict[str, Any], keys: list[str], values: Mapping[str, Value | None]) -> None:
    for at in range(0, len(keys), AT_ONCE):
        some = [(key, value) for key in keys[at : at + AT_ONCE] if (value := values[key]) is not None]
        records = decoded([value for _, value in some])
        found.update((key, record) for (key, _), record in zip(some, records) if record is not None)


def decoded(values: Sequence[Value]) -> list[Any]:
    """What some JSON texts say, None for what is none; as one text if they are whole, which is quicker by half."""
    try:
        found = json.loads(b"[" + b",".join(values) + b"]")
        if len(found) == len(values):
            return list(found)
    except ValueError:
        pass
    return [_record(value) for value in values]


def _record(value: Value) -> Any:
    try:
        return json.loads(bytes(value))
    except ValueError:
        return None


class Records:
    """Records by kind and address. done: commits; ends: attempts that did not commit, in order;
    starts: of attempts that are not the committed one."""

    def __init__(self, records: Mapping[str, Any]) -> None:
        self.run: Table = {}
        self.damaged = 0  # stretches of the run log that hold no records
        self.cancel: Table | None = None
        self.end: Table | None = None
        self.done: dict[str, dict[Key, Table]] = {}
        self.items: dict[str, dict[Key, list[Table]]] = {}
        self.ends: dict[Address, list[Table]] = {}
        self.starts: dict[Address, dict[str, Table]] = {}
        shards: dict[Address, dict[str, Any]] = {}
        starts: list[tuple[StoreKey, Table]] = []
        for text, record in records.items():
            key = parse(text)
            if key is None:
                continue
            what, _, id, spot, name = key
            if what == "done":
                self.done.setdefault(id, {})[spot] = record
            elif what == "start":
                starts.append((key, record))
            elif what == "attempt":
                self.ends.setdefault(Address(id, spot), []).append(record)
            elif what == "items":
                shards.setdefault(Address(id, spot), {})[name] = record
            elif what == "run":
                self.run = record
            elif what in ("cancel", "end"):
                setattr(self, what, record)
        for (_, _, id, spot, name), record in starts:
            done = self.done[id].get(spot) if id in self.done else None
            if done is None or done.get("attempt") != name:  # else the commit tells all of it
                self.starts.setdefault(Address(id, spot), {})[name] = {"attempt": name, **record}
        for ends in self.ends.values():
            ends.sort(key=_order)
        for address, parts in shards.items():
            if "meta" in parts:
                order = sorted((name for name in parts if name.isdigit()), key=int)
                self.items.setdefault(address.id, {})[address.key] = [item for name in order for item in parts[name]]

    @classmethod
    def of(
        cls,
        run: Table,
        end: Table,
        done: dict[str, dict[Key, Table]],
        ends: Iterable[Table],
        items: dict[str, dict[Key, list[Table]]],
    ) -> Records:
        """Those of a run that has just ended, from the memory of its driver. ends: in order."""
        found = cls({})
        found.run, found.end, found.done, found.items = run, end, done, items
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
        if done is not None and address not in self.ends and address not in self.starts:
            return [done]
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

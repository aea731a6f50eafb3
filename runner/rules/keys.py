"""Names of things: ids of nodes, keys of instances, keys of the store, ids of attempts, and the one form of JSON."""

from __future__ import annotations

import hashlib
import json
import os
import re
from typing import Any, NamedTuple

Key = tuple[int, ...]

_SLUG = 30
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [first + second for first in _CROCKFORD for second in _CROCKFORD]
_FORM: Any = {"check_circular": False, "sort_keys": True, "separators": (",", ":"), "allow_nan": False}
_ENCODE = json.JSONEncoder(ensure_ascii=False, **_FORM).encode
_ESCAPED = json.JSONEncoder(**_FORM).encode


def dumps(value: Any) -> bytes:
    """Canonical JSON: sorted keys, compact, UTF-8; text that UTF-8 can't hold (odd file names) is escaped.

    Raises ValueError for NaN and Infinity, TypeError for what is not JSON."""
    try:
        return _ENCODE(value).encode("utf-8")
    except UnicodeEncodeError:
        return _ESCAPED(value).encode("ascii")


def written(value: Any) -> bytes:
    """JSON that keeps the order of keys, compact. Raises as `dumps`."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False, check_circular=False).encode("ascii")


def digest(value: Any) -> str:
    """SHA-256 of a value's canonical JSON, in hex."""
    return hashlib.sha256(dumps(value)).hexdigest()


def node_id(path: str) -> str:
    """The id of a static path: a slug of at most 30 characters, DNS-1123, and 8 hex digits of the path's hash."""
    slug = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:_SLUG].rstrip("-")
    mark = hashlib.sha256(path.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return (slug + "-" if slug else "") + mark


def key_text(key: Key) -> str:
    """(2, 0) -> `2.0`; `-` at the top."""
    return ".".join(map(str, key)) if key else "-"


def key_of(text: str) -> Key:
    """`2.0` -> (2, 0). Raises ValueError for anything that `key_text` does not write."""
    if text == "-":
        return ()
    parts = text.split(".")
    if not all(part.isascii() and part.isdigit() and (part == "0" or part[0] != "0") for part in parts):
        raise ValueError(f"`{text}` is no key")
    return tuple(map(int, parts))


def ulid(now: float, after: str = "") -> str:
    """An id of an attempt that sorts by time; always above the last one, given as `after`, whatever the clock does."""
    number = (int(now * 1000) & ((1 << 48) - 1)) << 80 | int.from_bytes(os.urandom(10), "big")
    if after:
        last = 0
        for letter in after:
            last = last << 5 | _CROCKFORD.index(letter)
        if number <= last:
            number = last + 1
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


class StoreKey(NamedTuple):
    """A key of a run taken apart; what: `run`, `cancel`, `heir`, `end`, `done`, `start`, `attempt`, `items`, `scope`.

    name: the attempt's ulid, or the shard (`meta`, `00`...) of items."""

    what: str
    run: str
    id: str = ""
    key: Key = ()
    name: str = ""


def run_key(run: str, what: str) -> str:
    """`run`, `cancel`, `heir` or `end` of a run."""
    return f"runs/{run}/{what}.json"


def node_prefix(run: str, id: str = "", key: Key | None = None) -> str:
    """What the keys of a run's nodes begin with; of one node, with `id`; of one instance, with `key`."""
    if not id:
        return f"runs/{run}/n/"
    return f"runs/{run}/n/{id}/" if key is None else f"runs/{run}/n/{id}/{key_text(key)}/"


def done_key(run: str, id: str, key: Key) -> str:
    """The commit of an instance."""
    return f"runs/{run}/n/{id}/{key_text(key)}/done.json"


def start_key(run: str, id: str, key: Key, attempt: str) -> str:
    """The start record of an attempt."""
    return f"runs/{run}/n/{id}/{key_text(key)}/a/{attempt}.start.json"


def attempt_key(run: str, id: str, key: Key, attempt: str) -> str:
    """The end record of an attempt that did not commit."""
    return f"runs/{run}/n/{id}/{key_text(key)}/a/{attempt}.json"


def scope_key(run: str, id: str, key: Key) -> str:
    """The start of an instance that has a limit of time for all inside."""
    return f"runs/{run}/n/{id}/{key_text(key)}/scope.json"


def items_key(run: str, id: str, key: Key, shard: str = "meta") -> str:
    """The expansion of a map: `meta`, or one shard of 256 items."""
    return f"runs/{run}/n/{id}/{key_text(key)}/items/{shard}.json"


def plan_key(plan: str) -> str:
    """A plan by its digest."""
    return f"plans/{plan}/plan.json"


def cache_key(fingerprint: str) -> str:
    """A cache entry."""
    return f"cache/{fingerprint}.json"


def parse(text: str) -> StoreKey | None:
    """A key of a run taken apart; None for keys of other things and for what nobody writes."""
    parts = text.split("/")
    if len(parts) < 3 or parts[0] != "runs" or not text.endswith(".json"):
        return None
    run, last = parts[1], parts[-1][:-5]
    if len(parts) == 3:
        return StoreKey(last, run) if last in ("run", "cancel", "heir", "end") else None
    if len(parts) not in (6, 7) or parts[2] != "n":
        return None
    try:
        key = () if parts[4] == "-" else key_of(parts[4])
    except ValueError:
        return None
    id = parts[3]
    if len(parts) == 6:
        return StoreKey(last, run, id, key) if last in ("done", "scope") else None
    if parts[5] == "a":
        if last.endswith(".start"):
            return StoreKey("start", run, id, key, last[:-6])
        return StoreKey("attempt", run, id, key, last)
    return StoreKey("items", run, id, key, last) if parts[5] == "items" else None

"""What happened, for eyes: views see events, the fold never does."""

from __future__ import annotations

from typing import Any, NamedTuple


class Address(NamedTuple):
    """One instance of a node: its id and the indexes and rounds around it, outer to inner."""

    id: str
    key: tuple[int, ...]


class Event(NamedTuple):
    """what and its data: run-start(run, name, plan, root); start(n, log, scratch); line(text), which views make of a
    log; end(status, reason, exit, signal, n, run_s, final, error); expand(count); retry(n, at); state(status, reason,
    handled, error): nodes that never ran, or whose end follows from others; stop(why, hard, grace): nothing more is
    started; note(text); run-end(status, counts)."""

    at: float
    what: str
    address: Address | None
    data: dict[str, Any]

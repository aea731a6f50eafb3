"""What a driver asks of executors, stores, catalogs and views: all that it knows of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from runner.run.events import Event

Table = dict[str, Any]


class Traverser(Protocol):
    """An executor that runs one attempt at a time it is given; it never waits but in `poll`.

    What `prepare` gives is the handle of the attempt: it has no effect yet, and is perhaps never started. `image`: the
    digest of the image that an attempt would run in, "" where it is not known, None where it runs in none. `room`: how
    many attempts it takes at once; `stock`: what they may take in all (`resources`), None where that is not counted.

    `expect(do)`, where there is one, is told of an attempt that is likely to start next and can't be prepared yet.

    Those whose steps run far away have more words: `ready(plan, secrets)` looks for what a plan asks of the place,
    before there is a run (secrets: their names); `begin(plan, text, run, adopted)` brings it there, and gives what
    `run.json` is to hold of that; both raise Refused.
    `known(record)` tells them of a commit that no attempt of this run has made.

    One that has noted that it has something elsewhere (`run/elsewhere.py`) removes that of processes that are gone, by
    `sweep(root, environ)` of the class.

    One that starts nothing itself, but follows what a platform starts, has `halt(hard)`: end it there, hard: without
    `[finally]`.

    Two more help where a run has several executors: `waits(timeout)` gives descriptors, one of which is readable when
    `poll` has something to tell, and in how many seconds it has in any case; `here` is true of one whose steps take of
    the machine that we are on.
    """

    def room(self) -> int: ...
    def stock(self) -> Mapping[str, float] | None: ...

    def image(self, call: Table) -> str | None: ...
    def prepare(self, call: Table, secrets: Mapping[str, str]) -> Any: ...
    def start(self, handle: Any) -> None: ...
    def poll(self, timeout: float) -> list[tuple[Any, Table]]: ...
    def stop(self, handle: Any, why: str, hard: bool = False) -> None: ...
    def close(self) -> None: ...


class Store(Protocol):
    """The part of a run log that the driver writes."""

    def create(self, key: str, value: bytes) -> bool: ...
    def get(self, key: str) -> bytes | None: ...
    def put(self, key: str, value: bytes) -> None: ...
    def flush(self) -> None: ...


class Blobs(Protocol):
    """The part of a catalog that the driver reads: returns that are too large for a record."""

    def read(self, sha: str) -> bytes: ...


class Eyes(Protocol):
    """Who watches: a view."""

    def see(self, event: Event) -> None: ...
    def tick(self, now: float) -> None: ...


class Signals(Protocol):
    """How often somebody asked to stop, and with which signal."""

    count: int


class Image(NamedTuple):
    """An image that was asked for: name with a tag made of the ingredients, id, whether it was made just now."""

    name: str
    id: str
    made: bool
    ingredients: Table


class NotBuilt(Exception):
    """Why there is no image. key: of `[build]`, where that is to blame; said: the last lines of the build, the
    instruction first; step: its number in a Dockerfile of the user's own, from 1, else 0."""

    def __init__(self, key: str, why: str, said: tuple[str, ...] = (), step: int = 0) -> None:
        super().__init__(why)
        self.key, self.said, self.step = key, said, step

"""What a driver asks of executors, stores, catalogs and views: all that it knows of them."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from runner.contracts import Traverser as Traverser
from runner.run.events import Event

Table = dict[str, Any]


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
    """An image that was asked for: name with the tag asked for or else one made of the ingredients, id, whether it was
    made just now."""

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

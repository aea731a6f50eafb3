"""What a plug-in of each kind has to have: one small class of methods each, all that the rest of the program calls.

A plug-in need not derive from them. `CONTRACT` counts their versions: a flavor says with which it was written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import IO, TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from runner.run.events import Event

Table = dict[str, Any]
CONTRACT = 1


class Traverser(Protocol):
    """An executor that runs one attempt at a time it is given; it never waits but in `poll`. Made by
    `Class(settings=, catalog=, environ=)`. One that hands commands to a queue derives from `runner.run.queue.Queue`,
    and writes three methods instead of these.

    What `prepare` gives is the handle of the attempt: it has no effect yet, and is perhaps never started. `image`: the
    digest of the image that an attempt would run in, "" where it is not known, None where it runs in none. `room`: how
    many attempts it takes at once; `stock`: what they may take in all (`resources`), None where that is not counted.

    `expect(do)`, where there is one, is told of an attempt that is likely to start next and can't be prepared yet.

    Those whose steps run far away have more words: `ready(plan, secrets)` looks for what a plan asks of the place,
    before there is a run (secrets: their names); `begin(plan, text, run, adopted)` brings it there, and gives what
    `run.json` is to hold of that; both raise Refused.
    `known(record)` tells them of a commit that no attempt of this run has made.

    `place()` says in words what answers there, with its version: `runner doctor` prints it. Raises Refused.

    `after(record)` is called once the end of an attempt is on record: for costs, audits, alerts.

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


class Emitter(Protocol):
    """An executor that writes the plan as files of a platform: `runner render`. Its flavor says `form` among `more`,
    and in `gaps` the path of a function that tells, of a plan, what the platform can't do: (code, id, keys, args)."""

    def emit(self, plan: Table) -> Mapping[str, Sequence[Table]]:
        """File name -> the documents in it; no platform and no client of it is needed. Raises Refused."""


class RunLog(Protocol):
    """Where the records of one run are: objects by key. `Class.open(settings, root, run, write)` gives one.

    Any method may raise OSError. `create` is the commit of a step: of several writers exactly one gets True.
    """

    def create(self, key: str, value: bytes) -> bool:
        """Put an object that must not be there yet; False when it is."""

    def put(self, key: str, value: bytes) -> None:
        """Put an object in place of what was there."""

    def get(self, key: str) -> bytes | None:
        """An object, whole; None when there is none."""

    def list(self, prefix: str) -> Sequence[str]:
        """All keys that begin with `prefix`, sorted."""

    def flush(self) -> None:
        """What was written is kept when this returns, whatever happens to the process or the machine."""

    def close(self) -> None:
        """Flush, and give everything back."""


class Catalog(Protocol):
    """Where the content of files is, by its sha256 in hex. `Class.open(settings, root)` gives one.

    Any method may raise OSError; `get` and `read` runner.agent.catalog.MissingBlob, for what is not there.
    """

    def put(self, path: str) -> Table:
        """Keep the content of a file, links followed: {sha256, size, mode}."""

    def put_bytes(self, data: bytes) -> Table:
        """Keep bytes: {sha256, size, mode}."""

    def get(self, sha: str, dest: str, mode: int | None = None) -> None:
        """Put it at a path, whole or not at all; folders are made, a link there is replaced."""

    def read(self, sha: str) -> bytes:
        """The content."""

    def has(self, sha: str) -> bool:
        """Whether it is there."""


class Provider(Protocol):
    """Where secrets come from; made by `Class(settings, root, environ)` when a run begins that declares some."""

    def get(self, name: str) -> str:
        """Its value. Raises runner.resolve.secrets.SecretError, in a sentence that names it and shows no value."""


class Serialiser(Protocol):
    """How objects go between Python steps: a module, or an object in one, with two functions, as `pickle` has.

    It is imported where steps run, and nowhere else."""

    def dump(self, value: Any, file: IO[bytes]) -> None:
        """Write an object."""

    def load(self, file: IO[bytes]) -> Any:
        """Read it back."""


class View(Protocol):
    """Who watches a run; made by `Class(stream, environ)`, and entered as a context while the run goes on."""

    def see(self, event: Event) -> None:
        """What happened: every event, in order."""

    def tick(self, now: float) -> None:
        """A moment, in seconds since the epoch, in which there is time to draw."""


BY_GROUP: dict[str, tuple[type, ...]] = {
    "executors": (Traverser, Emitter),
    "run_logs": (RunLog,),
    "catalogs": (Catalog,),
    "secrets": (Provider,),
    "serialisers": (Serialiser,),
    "views": (View,),
}
"""What an implementation has to be: one of these."""


OPENED = ("run_logs", "catalogs")


def lacking(group: str, implementation: Any) -> list[str]:
    """The methods that an implementation does not have; of several contracts, those of the nearest."""
    found = []
    for one in BY_GROUP.get(group, ()):
        names = [name for name in vars(one) if not name.startswith("_")]
        missing = [name for name in names if not callable(getattr(implementation, name, None))]
        found.append((len(missing) / len(names), missing))
    opened = group in OPENED and not callable(getattr(implementation, "open", None))
    return [*min(found, key=lambda one: one[0], default=(0.0, []))[1], *(["open"] if opened else [])]

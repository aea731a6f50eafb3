"""What an import left behind, and what it took from its moment: reasons not to fork after it."""

from __future__ import annotations

import _signal  # type: ignore[import-not-found] # `signal` brings more than this
import dis
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType
    from typing import Any

_MOMENT = frozenset(
    """now utcnow today getpid perf_counter perf_counter_ns monotonic monotonic_ns time_ns localtime gmtime strftime
    process_time uuid1 uuid4 urandom token_hex token_bytes token_urlsafe getrandbits times""".split()  # noqa: SIM905
)
_OPTIMISED = 1  # a flag of the code of functions, which does not run at import
_SIGNALS = [s for s in range(1, 65) if s not in (9, 19, 32, 33)]
_UNDRAWN = (623, 624)  # where numpy's generator stands before the first number
_MAKERS = ("Generator", "RandomState")


class State:
    """What an import must leave as it is; take one before."""

    def __init__(self) -> None:
        self.descriptors = set(os.listdir("/proc/self/fd"))
        self.folder = os.getcwd()
        self.environ: dict[bytes, bytes] = dict(os.environ._data)  # type: ignore[attr-defined]
        self.streams = sys.stdin, sys.stdout, sys.stderr
        self.handlers = [_signal.getsignal(number) for number in _SIGNALS]
        self.mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, ())

    def left(self) -> str | None:
        """What the import left; None when nothing."""
        now = State()
        if now.descriptors != self.descriptors:
            return "its import leaves an open file or socket"
        if now.environ != self.environ or now.folder != self.folder:
            return "its import changes the environment"
        if (now.handlers, now.mask) != (self.handlers, self.mask) or _signal.getitimer(_signal.ITIMER_REAL)[0]:
            return "its import handles signals"
        if any(one is not other for one, other in zip(now.streams, self.streams)):
            return "its import replaces a stream"
        if sys.gettrace() is not None or sys.getprofile() is not None:
            return "it is traced"
        return children() or cuda() or threads()


def children() -> str | None:
    """Has this process children, or had it?"""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None
    return "its import starts a process"


def cuda() -> str | None:
    """A device can't be used on both sides of a fork."""
    torch = sys.modules.get("torch.cuda")
    if torch is not None and torch.is_initialized():
        return "its import initialises CUDA"
    return None


def threads() -> str | None:
    """Are there threads that a fork would lose? Libraries such as OpenBLAS end theirs by themselves before a fork."""
    threading = sys.modules.get("threading")
    if threading is not None and threading.active_count() > 1:
        return "its import leaves a thread"
    if len(os.listdir("/proc/self/task")) > 1:
        try:
            pid = os.fork()
        except Warning:  # made an error by `-W error`
            return "its import leaves a thread"
        if not pid:
            os._exit(0)
        os.waitpid(pid, 0)
        if len(os.listdir("/proc/self/task")) > 1:
            return "its import leaves a thread"
    return None


def moments(sources: Iterable[str]) -> str | None:
    """Does the code of these modules ask for time, pid or randomness when it is imported?"""
    for name in sources:
        spec = getattr(sys.modules.get(name), "__spec__", None)
        try:
            code = spec.loader.get_code(name)  # type: ignore[union-attr]
        except (AttributeError, ImportError, OSError):
            continue
        for one in at_import(code) if code is not None else ():
            asked = taken(one)
            if asked:
                return f"its import asks for `{asked}`"
    return None


def at_import(code: CodeType) -> Iterator[CodeType]:
    """The code of a module and of the classes in it."""
    yield code
    for one in code.co_consts:
        if hasattr(one, "co_flags") and not one.co_flags & _OPTIMISED:
            yield from at_import(one)


def taken(code: CodeType) -> str | None:
    """The first name of _MOMENT that the code uses itself."""
    if not _MOMENT.union(("time",)).intersection(code.co_names):
        return None
    before = None
    for step in reversed(list(dis.get_instructions(code))):
        attribute = step.opname in ("LOAD_ATTR", "LOAD_METHOD")
        if step.argval in _MOMENT and (attribute or step.opname in ("LOAD_NAME", "LOAD_GLOBAL")):
            return str(step.argval)
        if step.argval == "time" and (attribute or (step.opname == "LOAD_NAME" and not before)):
            return "time"
        before = attribute
    return None


def generators(objects: Iterable[Any], random: Any, drawn: Any) -> str | None:
    """Random numbers: drawn, seeded, or a generator kept, each process would have the same.

    random: the module, drawn: its state before the import.
    """
    if random is not None and random.getstate() != drawn:
        return "its import draws or seeds random numbers"
    numpy = sys.modules.get("numpy.random.mtrand")
    kept = getattr(numpy, "_rand", None)
    if kept is not None:
        bits = kept._bit_generator
        if getattr(bits, "_seed_seq", bits) is None or bits.state.get("state", {}).get("pos") not in _UNDRAWN:
            return "its import draws or seeds random numbers of numpy"
    for one in objects:
        kind = type(one)
        if random is not None and isinstance(one, random.Random):
            if one is not random._inst and not isinstance(one, random.SystemRandom):
                return "its import makes a random generator"
        elif kind.__name__ in _MAKERS and str(kind.__module__).startswith("numpy.random") and one is not kept:
            return "its import makes a random generator"
    return None


def reseed() -> None:
    """In the process of a step: numbers of its own. `random` does so by itself after a fork."""
    numpy = sys.modules.get("numpy.random.mtrand")
    if numpy is not None:
        numpy.seed()

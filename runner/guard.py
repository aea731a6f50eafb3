"""Stands before what strangers wrote: whatever they raise is a sentence that names distribution and method."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from runner.text.diagnostics import Refused, diagnose

OURS = ("runner", "runner_executors")
MAKERS = ("__init__", "open", "reading")  # what they give is guarded, too
OF_STORES = ("run log", "catalog")


class Whose(NamedTuple):
    """Whose it is: the word for its kind, its name, its distribution."""

    group: str
    name: str
    origin: str


class Guard:
    """A class, or what one has made; everything else about it is as it was.

    Our own exceptions pass, for they are part of the contract; so do those of the system, from a store."""

    def __init__(self, thing: Any, whose: Whose) -> None:
        self._thing, self._whose = thing, whose

    def __call__(self, *args: Any, **named: Any) -> Any:
        return self._call("__init__", self._thing, *args, **named)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        return partial(self._call, name, found) if callable(found) else found

    def _call(self, method: str, does: Callable[..., Any], *args: Any, **named: Any) -> Any:
        try:
            found = does(*args, **named)
        except Exception as fault:
            if type(fault).__module__.partition(".")[0] in OURS or (
                isinstance(fault, OSError) and self._whose.group in OF_STORES
            ):
                raise
            problem = f"{type(fault).__name__}: {fault}".rstrip(": ")
            where = {**self._whose._asdict(), "method": self._written(fault, method)}
            raise Refused([diagnose("E806", None, problem=problem, **where)]) from fault
        return Guard(found, self._whose) if method in MAKERS else found

    def _written(self, fault: BaseException, method: str) -> str:
        """The method of the stranger's in which it came up: what we called may be ours, and have called that."""
        trace = fault.__traceback__
        while trace is not None:
            frame = trace.tb_frame
            name = frame.f_code.co_name
            if frame.f_globals["__name__"].partition(".")[0] not in OURS and hasattr(self._thing, name):
                return name
            trace = trace.tb_next
        return method

"""Time limits of groups and choices: counted from the first attempt inside, handed to each attempt as what is left.

Whoever runs an attempt counts its command, so a limit of what is around it is one more limit of the command. What would
start later ends at once, for the same reason; the status of the whole follows from its inner ends, as ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable

from runner.rules.expr import ExprError
from runner.rules.keys import Key
from runner.rules.last import of_file

Table = dict[str, Any]
Scope = tuple[str, int, float]  # the id of what has a limit, the length of its instances' keys, seconds
# When an instance began that has a limit; told now, which it is if nobody has written another time down.
Begin = Callable[[str, Key, float], float]


class Late(ExprError):
    """An attempt that would start when the time of what is around it is over."""


def reason_of(error: ExprError) -> str:
    """Why an attempt could not be made."""
    return "timeout" if isinstance(error, Late) else "bad-param"


def shorten(call: Table, left: float, late: str) -> None:
    """Leave a call no more than so many seconds. late: what to say when they are over. Raises Late."""
    if left <= 0:
        raise Late(late)
    if not call["timeout"] or left < call["timeout"]:
        call["timeout"], call["late"] = left, late


class Deadlines:
    """The limits of one run. begin: asked once of each instance that has one, by the first attempt inside."""

    def __init__(self, nodes: Mapping[str, Table], begin: Begin) -> None:
        self._nodes, self._begin = nodes, begin
        self._around: dict[str | None, tuple[Scope, ...]] = {None: ()}  # parent -> the limits on what stands in it
        self._began: dict[tuple[str, Key], float] = {}

    def around(self, id: str) -> tuple[Scope, ...]:
        """The limits on what stands around a node, outer to inner."""
        chain = []
        at = self._nodes[id]["parent"]
        while at not in self._around:
            chain.append(at)
            at = self._nodes[at]["parent"]
        for one in reversed(chain):
            part = self._nodes[one]
            depth = part["depth"]
            while "body" in part:
                part, depth = part["body"], depth + 1
            own: tuple[Scope, ...] = ((one, depth, part["timeout"]),) if "timeout" in part else ()
            up = self._nodes[one]["parent"]
            above = self._around[up]
            if of_file(self._nodes[one]["path"]):  # the time of a file does not hold for its `[finally]` (N52)
                above = tuple(scope for scope in above if scope[0] != up)
            self._around[one] = above + own
        return self._around[self._nodes[id]["parent"]]

    def limit(self, call: Table, id: str, key: Key, now: float) -> None:
        """Shorten the `timeout` of a call to what is left. Raises Late."""
        for outer, depth, seconds in self.around(id):
            spot = (outer, key[:depth])
            if spot not in self._began:
                self._began[spot] = self._begin(*spot, now)
            late = f"`{self._nodes[outer]['path']}` had a timeout of {seconds} s for all that is inside"
            shorten(call, self._began[spot] + seconds - now, late)

    def over(self, id: str, key: Key, now: float) -> bool:
        """Whether nothing may start any more where an instance stands."""
        spots = (((outer, key[:depth]), seconds) for outer, depth, seconds in self.around(id))
        return any(self._began.get(spot, now) + seconds <= now for spot, seconds in spots)

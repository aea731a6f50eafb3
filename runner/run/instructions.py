"""What the machine tells its driver to do."""

from __future__ import annotations

from typing import NamedTuple, Union

from runner.run.events import Address


class Start(NamedTuple):
    """Start attempt n of a task; answered by `ended`."""

    address: Address
    n: int


class Decide(NamedTuple):
    """Answer a condition, by `decided`: `when` and `choose` of a node, `stop` of a map, `until` of a round."""

    address: Address
    what: str


class Expand(NamedTuple):
    """Count the items of a map; answered by `expanded`."""

    address: Address


class Stop(NamedTuple):
    """End a running attempt; hard: at once. It is still answered by `ended`."""

    address: Address
    why: str
    hard: bool = False


class Wake(NamedTuple):
    """Call `next` again at this time at the latest."""

    at: float


Instruction = Union[Start, Decide, Expand, Stop, Wake]

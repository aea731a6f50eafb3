"""What the end of one node means for others: classes, the gate, retries, and the statuses of groups, maps and runs.

Pure: PROTOCOL R4, 2.4 and 2.5 as functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, Union

OK, SKIP, BAD = "ok", "skip", "bad"
SUCCESS = ("succeeded", "cached")
FAILURE = ("failed", "errored")
Handled = Union[str, bool, None]

FINAL_EXIT = 78  # an end with this code may never be tried again
NEVER_AGAIN = frozenset(
    ("secret-leak", "bad-param", "bad-return", "too-many-failed", "not-converged", "no-interpreter", "cancelled")
)


class Status(NamedTuple):
    """The final status of one instance. handled: what its handler made of a failure; False: a handler ran in vain;
    None: none ran."""

    status: str
    reason: str | None = None
    handled: Handled = None

    @property
    def cls(self) -> str:
        """OK, SKIP or BAD."""
        return class_of(self.status, self.handled)


def class_of(status: str, handled: Handled = None) -> str:
    """The class of a final status (R4): a failure that its handler recovered counts as OK, or as SKIP."""
    if status in SUCCESS:
        return OK
    if status == "skipped":
        return SKIP
    if status in FAILURE:
        return OK if handled == "continue" else SKIP if handled == "skip" else BAD
    return BAD


def gate(needs: Iterable[str]) -> Literal["run", "blocked", "skipped"]:
    """What becomes of a node whose `needs` ended in these classes, once all of `needs` and `after` have ended (N1)."""
    classes = set(needs)
    return "blocked" if BAD in classes else "skipped" if SKIP in classes else "run"


def retryable(
    end: Mapping[str, Any], retry: Mapping[str, Any], own_failures: int, lost: int, lost_attempts: int
) -> bool:
    """Whether an attempt's end may be tried again (2.5, N54).

    own_failures, lost: attempts of this instance that ended `failed` and `errored`, this one included."""
    if end.get("final") or end.get("exit") == FINAL_EXIT or end.get("reason") in NEVER_AGAIN:
        return False
    if end["status"] == "errored":
        return lost <= lost_attempts
    if end["status"] != "failed" or own_failures >= retry.get("attempts", 1):
        return False
    only = retry.get("on")
    return not only or _code(end) in only


def _code(end: Mapping[str, Any]) -> int | None:
    """The exit code that `retry.on` is asked about; a signal counts as a shell counts it, a timeout as 124."""
    if end.get("reason") == "timeout":
        return 124
    if end.get("exit") is not None:
        return int(end["exit"])
    return 128 + int(end["signal"]) if end.get("signal") else None


def delay(retry: Mapping[str, Any], n: int) -> float:
    """Seconds between attempt n, from 1, and the next one."""
    first, limit = float(retry.get("delay") or 0), retry.get("max_delay")
    try:
        wait = first * float(retry.get("factor") or 1) ** (n - 1)
    except OverflowError:
        wait = first and float("inf")
    return wait if limit is None else min(wait, float(limit))


def worst(statuses: Iterable[Status]) -> str | None:
    """The status that the unhandled bad ones among inner nodes give what contains them; None when there are none."""
    bad = {status.status for status in statuses if status.cls == BAD}
    return next((one for one in ("failed", "errored", "cancelled", "blocked") if one in bad), None)


def graph_status(inner: Iterable[Status]) -> Status:
    """A graph that was entered: bad when an inner node is, unhandled; else succeeded, even if all were skipped."""
    return Status(worst(inner) or "succeeded")


def map_status(failed: int, tolerate: int, cancelled: int = 0) -> Status:
    """A map whose items have all ended, before its reducer. failed: bad items that were not cancelled."""
    if failed > tolerate:
        return Status("failed", "too-many-failed")
    return Status("cancelled", "cancelled") if cancelled else Status("succeeded")


def run_status(steps: Iterable[Status], last: Iterable[Status], cancelled: bool) -> str:
    """The status of a run. steps, last: top-level nodes and those of `[finally]`; cancelled: it was asked to end and
    something did not come to its own end because of that."""
    if cancelled:
        return "cancelled"
    return "failed" if worst(steps) or worst(last) else "succeeded"

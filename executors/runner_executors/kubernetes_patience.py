"""A pod that does not start: how long that is let pass, and where people see what it waits for (PROTOCOL 3)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from runner_executors.kubernetes_cluster import Cluster
from runner_executors.kubernetes_end import State, Table, end_of, unborn

HOPELESS = {"InvalidImageName": "no-image"}  # of a container that waits: it can't mend
SOON = ("CreateContainerConfigError", "CreateContainerError")  # it hardly ever does
USUAL = ("ContainerCreating", "PodInitializing")  # what every pod waits for
GRACE = 120.0  # seconds for what hardly ever mends


class Patience:
    """With one pod. began: when it was submitted, by the clock of `over`; limit: seconds from then."""

    def __init__(self, began: float, limit: float) -> None:
        self.began, self.limit = began, limit
        self._stuck: float | None = None  # since when it waits for what hardly ever mends
        self._noted: set[str] = set()

    def over(self, seen: State, now: float) -> bool:
        """Whether what is seen of it has been waited for long enough. now: seconds."""
        self._stuck = (now if self._stuck is None else self._stuck) if seen.why in SOON else None
        stuck = self._stuck is not None and now - self._stuck > GRACE
        return seen.why in HOPELESS or stuck or now - self.began > self.limit

    def note(self, seen: State, log: str) -> None:
        """Put down what it waits for, once: two answers of a node may take turns."""
        text = words(seen)
        if text and text not in self._noted and seen.why not in USUAL:
            self._noted.add(text)
            note(text, log)


def words(seen: State) -> str:
    """What a pod waits for, by name and in words; empty where nobody says."""
    return ": ".join(one for one in (seen.why, seen.words) if one)


def note(text: str, log: str) -> None:
    """Put down what is waited for where people look: in the log, whose place is taken by what the step prints. Each is
    a file of its own, for who reads along to see that."""
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(log), exist_ok=True)
        with open(f"{log}.new", "w", encoding="utf-8") as file:
            file.write(f"waiting: {' '.join(text.split())}\n")
        os.replace(f"{log}.new", log)


def reason(seen: State) -> str:
    """Of an attempt that has not started."""
    return HOPELESS.get(seen.why) or ("no-image" if "Image" in seen.why else "never-started")


def given_up(call: Mapping[str, Any], seen: State, stopped: str | None) -> Table:
    """The end of an attempt whose pod has not started in time. stopped: why we ended it while it waited, which its
    pod may outlive."""
    if stopped is not None:
        return end_of(call, seen, None, stopped)
    return unborn(call, reason(seen), words(seen) or "its Job got no pod")


def fail(cluster: Cluster, pod: str, why: str) -> None:
    """Have a pod that waits fail: by its node, which heeds no word of others on how a pod is; where it has none, by
    its status, which few may write. Raises Refusal, Unreachable."""
    found = cluster.get("pod", pod)
    if found is not None and (found.get("spec") or {}).get("nodeName"):
        cluster.patch("pod", pod, {"spec": {"activeDeadlineSeconds": 1}})
    elif found is not None:
        cluster.patch("pod_status", pod, {"status": {"phase": "Failed", "reason": "NeverStarted", "message": why}})

"""A cluster as those see it who do not drive a run: what goes on there, and what lies on its claims."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.run.reached import Unread
from runner_executors.kubernetes_cluster import Cluster, Refusal, Unreachable
from runner_executors.kubernetes_hold import CANCEL, driven, name_of
from runner_executors.kubernetes_pod import LABEL
from runner_executors.kubernetes_reader import fetch

Table = dict[str, Any]


class Remote:
    """settings: of the executor of a run. Raises Refused where no cluster is to be reached."""

    copies = True  # the records of a driver are those of the claim: the same attempts

    def __init__(self, settings: Table, environ: Mapping[str, str]) -> None:
        self.cluster = Cluster.reached(settings, environ)

    def fetch(self, profile: Mapping[str, Any], base: str, names: Sequence[str], into: Path) -> None:
        """Bring files from a volume into a folder of this machine. Raises Unread, OSError."""
        fetch(self.cluster, profile, base, names, into)

    def known(self, entry: Table) -> Table:
        """The line of a run with what its pods call it. Raises Unread."""
        return entry

    @staticmethod
    def place(entry: Mapping[str, Any]) -> str:
        """What the pods of a run call it. entry: its line of the index."""
        return str(entry["run"])

    def progress(self, entry: Mapping[str, Any]) -> str:
        """`running`; `over` where nothing of a run goes on there. Raises Unread."""
        try:
            jobs = self.cluster.list("job", f"{LABEL}/run={entry['run']}").get("items") or ()
            held = driven(self.cluster, entry["run"]) is not None
        except (Refusal, Unreachable) as error:
            raise Unread(str(error)) from None
        return "over" if not held and all(map(_ended, jobs)) else "running"

    def cancel(self, entry: Mapping[str, Any]) -> tuple[str, bool]:
        """End it: in words what becomes of it, and whether it is over. Raises Unread."""
        run = entry["run"]
        try:
            holder = driven(self.cluster, run)
            if holder is None:  # all that it has there goes with it
                self.cluster.delete("lease", name_of(run))
                return "nobody drove it; what it had in the cluster is deleted", True
            self.cluster.patch("lease", name_of(run), {"metadata": {"annotations": {CANCEL: str(time.time())}}})
        except (Refusal, Unreachable) as error:
            raise Unread(str(error)) from None
        return f"{holder} drives it, and is told to end it", False

    def close(self) -> None:
        """Give the connections back."""
        self.cluster.close()


def _ended(job: Mapping[str, Any]) -> bool:
    return any(one.get("status") == "True" for one in (job.get("status") or {}).get("conditions") or ())

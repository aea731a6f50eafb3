"""Workflows as those see them who do not follow them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.run.reached import Unread
from runner_executors.kubernetes_cluster import Refusal, Unreachable
from runner_executors.kubernetes_remote import Remote

Table = dict[str, Any]
OVER = ("Succeeded", "Failed", "Error")


class ArgoRemote(Remote):
    """As `Remote`."""

    copies = False  # a follower numbers attempts anew

    @staticmethod
    def place(entry: Mapping[str, Any]) -> str:
        """What the pods of a run call it: the Workflow's uid."""
        return str(entry["own"]["uid"])

    def progress(self, entry: Mapping[str, Any]) -> str:
        """Of its Workflow: `running`, `over` (or gone), `cancelled` where somebody has ended it. Raises Unread."""
        try:
            found = self.cluster.get("workflow", entry["own"]["workflow"])
        except (Refusal, Unreachable) as error:
            raise Unread(str(error)) from None
        if found is not None and (found.get("status") or {}).get("phase") not in OVER:
            return "running"
        return "cancelled" if found is not None and found["spec"].get("shutdown") else "over"

    def cancel(self, entry: Mapping[str, Any]) -> tuple[str, bool]:
        """Shut its Workflow down: what runs is ended, then `[finally]` runs; asked again, nothing more runs."""
        name = entry["own"]["workflow"]
        try:
            found = self.cluster.get("workflow", name)
            if found is None or (found.get("status") or {}).get("phase") in OVER:
                return f"its Workflow {name} is over", False
            again = found["spec"].get("shutdown") is not None
            self.cluster.patch("workflow", name, {"spec": {"shutdown": "Terminate" if again else "Stop"}})
        except (Refusal, Unreachable) as error:
            raise Unread(str(error)) from None
        then = "at once" if again else "and then runs `[finally]`"
        return f"its Workflow {name} ends what runs {then}", False

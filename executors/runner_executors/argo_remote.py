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

"""Workflows as those see them who do not follow them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from runner.run.reached import Unread
from runner_executors.kubernetes_cluster import Refusal, Unreachable
from runner_executors.kubernetes_end import state
from runner_executors.kubernetes_pod import LABEL
from runner_executors.kubernetes_remote import Remote

Table = dict[str, Any]
DUE = "workflows.argoproj.io/scheduled-time"  # of a Workflow that a schedule has made
OVER = ("Succeeded", "Failed", "Error")
WORKFLOW = "workflows.argoproj.io/workflow"  # Argo's label of pods


class ArgoRemote(Remote):
    """As `Remote`."""

    copies = False  # a follower numbers attempts anew

    def known(self, entry: Table) -> Table:
        """As `Remote`: a driver may have been killed before it could note what it had submitted."""
        if entry.get("own"):
            return entry
        try:
            found = self.cluster.list("workflow", f"{LABEL}/run={entry['run']}").get("items") or []
        except (Refusal, Unreachable) as error:
            raise Unread(str(error)) from None
        if not found:
            raise Unread("no Workflow of it is there")
        meta = found[0]["metadata"]
        return {**entry, "own": {"namespace": self.cluster.namespace, "workflow": meta["name"], "uid": meta["uid"]}}

    @staticmethod
    def place(entry: Mapping[str, Any]) -> str:
        """What the pods of a run call it: the Workflow's uid."""
        return str(entry["own"]["uid"])

    def progress(self, entry: Mapping[str, Any]) -> str:
        """Of its Workflow: `running`, `over` (or gone), `cancelled` where somebody has ended it. Raises Unread.

        One that is stopped has ended before the pods of `[finally]` have."""
        name = entry["own"]["workflow"]
        try:
            found = self.cluster.get("workflow", name)
            pods = self.cluster.list("pod", f"{WORKFLOW}={name}").get("items") or ()
        except (Refusal, Unreachable) as error:
            raise Unread(str(error)) from None
        on = found is not None and (found.get("status") or {}).get("phase") not in OVER
        if on or (found is not None and any(state(one).phase != "ended" for one in pods)):
            return "running"
        return "cancelled" if found is not None and found["spec"].get("shutdown") else "over"

    def others(self, plan: Mapping[str, Any]) -> list[Table]:
        """Runs of a plan that are Workflows there: `name own start scheduled` of each, oldest first. Raises Unread."""
        try:
            found = self.cluster.list("workflow", f"{LABEL}/plan={plan['digest'][:12]}").get("items") or []
        except (Refusal, Unreachable) as error:
            raise Unread(str(error)) from None
        return sorted((self._told(one["metadata"]) for one in found), key=lambda one: one["start"])

    def _told(self, meta: Table) -> Table:
        due = (meta.get("annotations") or {}).get(DUE)
        own = {"namespace": self.cluster.namespace, "workflow": meta["name"], "uid": meta["uid"]}
        start = datetime.fromisoformat(meta["creationTimestamp"]).timestamp()
        return {"name": meta["name"], "own": own, "start": start, "scheduled": due}

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

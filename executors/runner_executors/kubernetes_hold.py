"""What a run has in the cluster beside its Jobs: a Lease that owns all of it, and the ConfigMaps of plan and agent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from runner.text.diagnostics import Refused, diagnose
from runner_executors.kubernetes_cluster import Cluster, Refusal, Unreachable
from runner_executors.kubernetes_maps import TooLarge, maps
from runner_executors.kubernetes_pod import LABEL, Maps

Table = dict[str, Any]
EVERY = 20.0  # seconds between two signs of life
CANCEL = f"{LABEL}/cancel"  # the annotation of a Lease that asks its driver to end the run
DEAD = 90  # seconds without one: nobody drives the run any more
FORGOTTEN = timedelta(days=7)  # so old, what a dead driver has left is removed


class Hold:
    """Of one run. Deleting the Lease deletes all that it owns."""

    def __init__(self, cluster: Cluster, run: str) -> None:
        self.cluster, self.name, self.run = cluster, name_of(run), run
        self.owner: Table = {}
        self._lease: Table = {}

    def take(self, plan: bytes, facts: Mapping[str, Any]) -> Maps:
        """Make them. Raises Refused (E732, E737)."""
        try:
            self._lease = self.cluster.create("lease", self._document())
            self.owner = {
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "name": self.name,
                "uid": self._lease["metadata"]["uid"],
            }  # fmt: skip
            names, documents = maps(plan, facts, self.name)
            for document in documents:
                document["metadata"].update(labels=self._labels(), ownerReferences=[self.owner])
                self.cluster.create("config_map", document)
        except Unreachable as error:
            raise Refused([diagnose("E732", None, host=self.cluster.host, why=str(error))]) from None
        except (Refusal, TooLarge) as error:
            raise Refused([diagnose("E737", None, why=str(error))]) from None
        return names

    def live(self) -> str | None:
        """Give a sign of life; when somebody has asked for the end of the run, None where nobody has.

        Raises Unreachable, Refusal."""
        lease = self.cluster.get("lease", self.name) or self._lease
        lease["spec"]["renewTime"] = _now()
        self._lease = self.cluster.put("lease", lease)
        return (self._lease["metadata"].get("annotations") or {}).get(CANCEL)

    def sweep(self) -> None:
        """Remove what drivers left that died long ago. Raises Unreachable, Refusal."""
        for lease in self.cluster.list("lease", f"{LABEL}/kind=run").get("items") or ():
            if _age(lease) > FORGOTTEN:
                self.cluster.delete("lease", lease["metadata"]["name"])

    def release(self) -> None:
        """Delete all. Raises Unreachable, Refusal."""
        self.cluster.delete("lease", self.name)

    def _labels(self) -> Table:
        return {f"{LABEL}/run": self.run, f"{LABEL}/kind": "run"}

    def _document(self) -> Table:
        holder = f"{os.uname().nodename}:{os.getpid()}"
        spec = {"holderIdentity": holder, "leaseDurationSeconds": DEAD, "acquireTime": _now(), "renewTime": _now()}
        return {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": self.name, "labels": self._labels()},
            "spec": spec,
        }


def name_of(run: str) -> str:
    """The name of a run's Lease."""
    return f"runner-{run}"


def driven(cluster: Cluster, run: str) -> str | None:
    """Who drives a run; None where nobody does. Raises Unreachable, Refusal."""
    lease = cluster.get("lease", name_of(run))
    if lease is None or _age(lease).total_seconds() > DEAD:
        return None
    return str(lease["spec"].get("holderIdentity") or "")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _age(lease: Mapping[str, Any]) -> timedelta:
    said = str((lease.get("spec") or {}).get("renewTime") or "1970-01-01T00:00:00.000000Z")
    return datetime.now(UTC) - datetime.fromisoformat(said)

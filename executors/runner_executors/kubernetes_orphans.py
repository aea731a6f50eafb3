"""Jobs of an earlier run of the chain: what still runs, or has ended well, is gone on with (PROTOCOL 3)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from runner.text.diagnostics import Refused, diagnose
from runner_executors.kubernetes_cluster import Cluster, Refusal, Unreachable
from runner_executors.kubernetes_hold import driven, name_of
from runner_executors.kubernetes_job import notes
from runner_executors.kubernetes_pod import LABEL

Table = dict[str, Any]


class Orphans:
    """By node and key. runs: whose they are."""

    def __init__(self, cluster: Cluster, chain: str, run: str) -> None:
        """Look for them. Raises Refused (E732, E738: somebody on another machine drives a run of the chain)."""
        self.cluster = cluster
        self._jobs: dict[tuple[str, str], Table] = {}
        try:
            jobs = cluster.list("job", f"{LABEL}/chain={chain},{LABEL}/run!={run}").get("items") or []
            self.runs = sorted({str(job["metadata"]["labels"][f"{LABEL}/run"]) for job in jobs})
            for one in self.runs:
                holder = driven(cluster, one)
                if holder is not None and holder.rpartition(":")[0] != os.uname().nodename:  # here the index would know
                    raise Refused([diagnose("E738", None, holder=holder)])
        except (Unreachable, Refusal) as error:
            raise Refused([diagnose("E732", None, host=cluster.host, why=str(error))]) from None
        for job in sorted(jobs, key=lambda job: str(job["metadata"]["creationTimestamp"])):
            meta = job["metadata"]
            self._jobs[meta["labels"][f"{LABEL}/node"], meta["annotations"][f"{LABEL}/key"]] = job

    def take(self, call: Mapping[str, Any]) -> tuple[str, str] | None:
        """Name and attempt of a Job that does the work of an attempt; None where there is none. One that does other
        work, or has failed, is deleted. Raises Unreachable, Refusal."""
        job = self._jobs.pop((call["id"], call["key"]), None)
        if job is None:
            return None
        meta, status = job["metadata"], job.get("status") or {}
        if status.get("failed") or any(meta["annotations"].get(name) != text for name, text in notes(call).items()):
            self.cluster.delete("job", meta["name"])
            return None
        return str(meta["name"]), str(meta["labels"][f"{LABEL}/attempt"])

    def release(self) -> None:
        """Delete all that those runs had. Raises Unreachable, Refusal."""
        for run in self.runs:
            self.cluster.delete("lease", name_of(run))


def adopted(record: Table, call: Mapping[str, Any]) -> Table:
    """The record of an attempt of an earlier run, as one of this run."""
    mine = {name: call[name] for name in ("n", "attempt")}
    origin = record.get("adopted") or {"run": record.get("run"), "attempt": record.get("attempt")}
    done = {"adopted": origin} if record["status"] in ("succeeded", "cached") else {}
    return {**record, **mine, **done, "run": call["run"]["id"]}

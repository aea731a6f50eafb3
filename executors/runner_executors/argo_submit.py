"""A run brought into the cluster as a Workflow; what can't be is taken back (PROTOCOL 3)."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from runner.text.diagnostics import Refused, diagnose
from runner_executors.kubernetes_cluster import Cluster, Refusal, Unreachable
from runner_executors.kubernetes_pod import LABEL

Table = dict[str, Any]
MOST = 63  # characters of a name that is a label as well
PAUSES = (0.5, 2.0)  # seconds before what got no answer is asked again
MARK = 5  # of the run's id, at the end of the name


def submit(cluster: Cluster, documents: Mapping[str, list[Table]], run: Mapping[str, Any]) -> Table:
    """Make the ConfigMaps, which runs of one plan share, and the Workflow, which owns them with others of its plan.

    documents: as the emitter gives them; run: its `run.json`. The Workflow. Raises Refused (E732, E737)."""
    (workflow,) = documents["workflow.yaml"]
    meta = workflow["metadata"]
    meta["name"] = name_of(meta.pop("generateName"), run)
    meta["labels"] = {**meta.get("labels", {}), f"{LABEL}/run": run["run"]}
    made = [("workflow", meta["name"])]
    try:
        maps = documents["configmaps.yaml"]
        for document in maps:
            mine = _create(cluster, "config_map", document)
            made += [("config_map", document["metadata"]["name"])] if mine else []
        found = _create(cluster, "workflow", workflow) or cluster.get("workflow", meta["name"]) or {}
        for document in maps:
            _own(cluster, document, found)
    except (Unreachable, Refusal) as error:
        for kind, name in made:
            with suppress(Unreachable, Refusal):
                cluster.delete(kind, name)
        silent = isinstance(error, Unreachable)
        problem = (
            diagnose("E732", None, host=cluster.host, why=str(error))
            if silent
            else diagnose("E737", None, why=str(error))
        )
        raise Refused([problem]) from None
    return found


def name_of(prefix: str, run: Mapping[str, Any]) -> str:
    """The name of the Workflow of a run: the same whenever it is asked for. prefix: of the pipeline, with a `-`."""
    mark = run["run"][-MARK:].lower()
    said = re.sub("[^a-z0-9]+", "-", f"{prefix}{run['name']}".lower())
    return f"{said[: MOST - MARK - 1].strip('-')}-{mark}"


def _create(cluster: Cluster, kind: str, document: Table) -> Table | None:
    """The object; None where it was there. An answer may get lost on its way: then it is asked again."""
    for pause in (*PAUSES, None):
        try:
            return cluster.create(kind, document)
        except Refusal as refusal:
            if refusal.status == 409:
                return None
            raise
        except Unreachable:
            if pause is None:
                raise
            time.sleep(pause)
    raise AssertionError("the last call answers or raises")


def _own(cluster: Cluster, document: Table, workflow: Table) -> None:
    """Have a ConfigMap live as long as the last Workflow that mounts it; one that has just gone is made again."""
    owner = {"apiVersion": workflow["apiVersion"], "kind": "Workflow"}
    owner.update((key, workflow["metadata"][key]) for key in ("name", "uid"))
    for _ in range(3):
        there = cluster.get("config_map", document["metadata"]["name"])
        if there is None:
            fresh = {**document, "metadata": {**document["metadata"], "ownerReferences": [owner]}}
            if _create(cluster, "config_map", fresh):
                return
            continue
        meta = there["metadata"]
        owners = [*meta.get("ownerReferences", ()), owner]
        part = {"metadata": {"ownerReferences": owners, "resourceVersion": meta["resourceVersion"]}}
        with suppress(Unreachable):  # a conflict: somebody else was quicker
            cluster.patch("config_map", meta["name"], part)
            return

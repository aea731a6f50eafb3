"""The `argo` executor as an emitter: a plan in, documents out; no cluster, no client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner import __version__
from runner.rules.keys import written
from runner_executors.argo_workflow.gaps import Gap, gaps
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.manifest import workflow
from runner_executors.kubernetes_maps import maps, mark
from runner_executors.kubernetes_pod import Maps

Table = dict[str, Any]


class Argo:
    """Emitter of Workflows."""

    def __init__(self, settings: Any = None, **_: Any) -> None:
        self.settings = settings

    @staticmethod
    def gaps(plan: Table) -> Iterator[Gap]:
        """What the plan asks and a Workflow can't do."""
        return gaps(plan)

    @staticmethod
    def emit(plan: Table, run: Mapping[str, Any] | None = None) -> dict[str, list[Table]]:
        """File name -> documents: the Workflow, and the ConfigMaps that bring plan and agent to its pods.

        run: the run that is resumed. Raises TooLarge."""
        prefix = f"runner-{mark(plan)}"
        names = Maps(f"{prefix}-agent", (f"{prefix}-plan-0",))
        while True:
            make = Making(plan, names)
            made = workflow(make)
            found, documents = maps(written({**plan, "wire": make.wire}), facts(plan), prefix)
            if list(found.plan) == list(names.plan):
                break
            names = found  # it takes more ConfigMaps than one
        if run is not None:
            made["spec"]["arguments"]["parameters"][0]["value"] = run["run"]
        space = {"namespace": plan["profile"]["executor"]["namespace"]} if _said(plan) else {}
        for one in documents:
            one["metadata"].update(space)
        return {"workflow.yaml": [made], "configmaps.yaml": documents}


def facts(plan: Table) -> Table:
    """What `run.json` holds of every run of this plan."""
    return {
        "v": 1,
        "pipeline": plan["name"],
        "plan": plan["digest"],
        "executor": {"type": "argo"},
        "profile": plan["profile"]["name"],
        "selected": None,
        "runner_version": __version__,
    }


def _said(plan: Table) -> bool:
    return bool(plan["profile"]["executor"].get("namespace"))

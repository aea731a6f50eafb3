"""The `argo` executor as an emitter: a plan in, documents out; no cluster, no client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.rules.keys import written
from runner.text.diagnostics import Refused, diagnose
from runner_executors.argo_workflow.forms import rights
from runner_executors.argo_workflow.making import Making
from runner_executors.argo_workflow.manifest import workflow
from runner_executors.kubernetes_maps import TooLarge, facts, maps, mark
from runner_executors.kubernetes_pod import Maps

Table = dict[str, Any]
TEMPLATES = 200  # of a Workflow: more is refused at admission


class Argo:
    """Emitter of Workflows."""

    def __init__(self, settings: Any = None, **_: Any) -> None:
        self.settings = settings

    @staticmethod
    def emit(plan: Table, run: Mapping[str, Any] | None = None) -> dict[str, list[Table]]:
        """File name -> documents: the Workflow, and the ConfigMaps that bring plan and agent to its pods.

        run: the run that is resumed. Raises Refused (E951)."""
        prefix = f"runner-{mark(plan)}"
        names = Maps(f"{prefix}-agent", (f"{prefix}-plan-0",))
        while True:
            make = Making(plan, names)
            made = workflow(make)
            try:
                found, documents = maps(written({**plan, "wire": make.wire}), facts(plan, "argo"), prefix)
            except TooLarge as error:
                raise Refused([diagnose("E951", None, why=str(error))]) from None
            if list(found.plan) == list(names.plan):
                break
            names = found  # it takes more ConfigMaps than one
        if len(make.templates) > TEMPLATES:
            why = f"it takes {len(make.templates)} templates, and Argo {TEMPLATES}: let steps ask for the same of a pod"
            raise Refused([diagnose("E951", None, why=why)])
        if run is not None:
            spec = made["spec"].get("workflowSpec", made["spec"])
            spec["arguments"]["parameters"][0]["value"] = run["run"]
        space = {"namespace": plan["profile"]["executor"]["namespace"]} if _said(plan) else {}
        for one in documents:
            one["metadata"].update(space)
        more = {"rights.yaml": rights(plan)} if plan["profile"]["executor"].get("rbac") else {}
        return {"workflow.yaml": [made], "configmaps.yaml": documents, **more}


def _said(plan: Table) -> bool:
    return bool(plan["profile"]["executor"].get("namespace"))

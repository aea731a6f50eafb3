"""The `argo` executor: the pipeline as a Workflow of Argo, each step a pod."""

from __future__ import annotations

from typing import Any, Literal

import attrs

from runner.model.forms import FixedDuration, Flag, NotNegative, PlainText, Rounds, key
from runner.plugins import Flavor
from runner_executors.kubernetes_settings import PodSettings


@attrs.frozen(kw_only=True)
class Kept:
    """How long a Workflow that has ended is kept."""

    success: FixedDuration | None = key("After it succeeded.")
    failure: FixedDuration | None = key("After it failed.")
    completion: FixedDuration | None = key("After it ended, however.")


@attrs.frozen(kw_only=True)
class Settings(PodSettings):
    """Settings of the `argo` executor."""

    context: PlainText | None = key("The context of the kubeconfig; its current one.", example="production")
    start_timeout: FixedDuration | None = key(
        "How long a step may wait for a node, an image, a volume, while somebody follows.", default="15m"
    )
    unreachable: FixedDuration | None = key(
        "How long the cluster may give no answer before the run is left to itself.", default="10m"
    )
    parallelism: Rounds | None = key("How many pods run at once, where `max-parallel` says nothing.", example=50)
    deadline: FixedDuration | None = key("The longest time of a run whose pipeline has no `timeout`.")
    lost_attempts: NotNegative | None = key(
        "How often a step is tried again that its place has ended.", default=3, example=5
    )
    pod_gc: Literal["never", "success", "completion"] | None = key("When pods are removed.", default="never")
    ttl: Kept | None = key(
        "How long a Workflow that has ended is kept; for ever.", example={"success": "1d", "failure": "7d"}
    )
    min_version: Literal["3.5", "3.6", "3.7", "4.0", "4.1"] | None = key(
        "The oldest version of Argo that is to take it.", default="3.6"
    )
    close: Flag | None = key("A last small pod writes down how the run ended.", default=True)
    form: Literal["workflow", "template"] | None = key(
        "What is written.",
        default="workflow",
        values={"workflow": "a run", "template": "a WorkflowTemplate, from which runs are submitted"},
    )
    rbac: Flag | None = key("Write what the service account of pods must be allowed, too.", default=False)
    overlay: dict[PlainText, Any] | None = key(
        "Fields of the Workflow as Argo writes them, laid over ours.", example={"spec": {"priority": 10}}
    )


FLAVOR = Flavor(
    "argo",
    "runner_executors.argo:Settings",
    "runner_executors.argo_follower:Argo",
    about="The pipeline is a Workflow of Argo, each step a pod.",
    reach=("step",),
    more=("volumes", "schedule", "form", "carries"),
    gaps="runner_executors.argo_workflow.gaps:gaps",
)

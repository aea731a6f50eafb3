"""The `kubernetes` executor: a Job for every attempt."""

from __future__ import annotations

from typing import Annotated

import attrs

from runner.model.forms import FixedDuration, Form, PlainText, key
from runner.plugins import Flavor
from runner_executors.kubernetes_settings import PodSettings

Count = Annotated[int, Form(title="whole number", types=("integer",), minimum=0)]


@attrs.frozen(kw_only=True)
class Settings(PodSettings):
    """Settings of the `kubernetes` executor."""

    context: PlainText | None = key("The context of the kubeconfig; its current one.", example="production")
    start_timeout: FixedDuration | None = key("How long a step may wait for a node, an image, a volume.", default="15m")
    unreachable: FixedDuration | None = key(
        "How long the cluster may give no answer before the run is left to itself.", default="10m"
    )
    lost_attempts: Count | None = key(
        "How many attempts of a step the cluster may lose before that is an error.", default=3, example=5
    )


FLAVOR = Flavor(
    "kubernetes",
    "runner_executors.kubernetes:Settings",
    "runner_executors.kubernetes_executor:Kubernetes",
    ("k8s-job",),
    about="Each step is a Job of a Kubernetes cluster.",
    reach=("step",),
    more=("volumes", "schedule", "carries"),
)

"""What `[executor]` says of pods: one vocabulary for every executor that runs them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import attrs

from runner.model.forms import FixedDuration, Flag, Form, PlainText, Setting, Text, key

User = Annotated[str, Form(title="user", pattern="[0-9]+(:[0-9]+)?|image", examples=("1000:1000",))]
Seconds = Annotated[int, Form(title="whole number", types=("integer",), minimum=0)]


@attrs.frozen(kw_only=True)
class Toleration:
    """A taint of nodes that pods put up with."""

    key_: PlainText | None = key("The taint's key; every taint where none is said.", example="nvidia.com/gpu")
    operator: Literal["Equal", "Exists"] | None = key("Whether `value` counts.", default="Equal")
    value: Text | None = key("The taint's value.", example="present")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = key("The effect; every one by default.")
    seconds: Seconds | None = key("How long a pod stays after such a taint has come.", example=300)


@attrs.frozen(kw_only=True)
class PodSettings:
    """Settings of executors whose steps are pods."""

    namespace: PlainText | None = key(
        "The namespace; that of the context, or of the pod that we run in.", example="team"
    )
    image: PlainText | None = key(
        "The image of steps that name none; it has a Python, 3.9 or newer.",
        example="registry.example.org/team/penguins:1.4",
    )
    python: PlainText | None = key(
        "That Python, as a path or a word on the PATH of the image.", default="python3", example="/opt/venv/bin/python"
    )
    carry: Flag | None = key(
        "Steps of kind `shell` and `command`, too, bring the Python of `image` along, for images that have none.",
        default=False,
    )
    pull: Literal["missing", "always", "never"] | None = key("When a node fetches an image.", default="missing")
    pull_secrets: list[PlainText] | None = key(
        "Secrets with the credentials of registries.", example=["registry-login"]
    )
    user: User | None = key(
        "Whose number a step runs as, and its group's; `image`: as the image says. 0 is refused by many clusters.",
        default="1000:1000",
        example="1001:1001",
    )
    service_account: PlainText | None = key("The service account of pods; that of the namespace.", example="runner")
    token: Flag | None = key("Pods get a token of their service account.", default=False)
    node_selector: dict[PlainText, Text] | None = key("Labels that a node must have.", example={"disk": "ssd"})
    tolerations: list[Toleration] | None = key(
        "Taints of nodes that pods put up with.", example=[{"key": "nvidia.com/gpu", "operator": "Exists"}]
    )
    affinity: dict[PlainText, Any] | None = key("As Kubernetes writes it.", example={"nodeAffinity": {}})
    priority_class: PlainText | None = key("The priority class of pods.", example="low")
    labels: dict[PlainText, Text] | None = key("Labels of pods, beside ours.", example={"team": "penguins"})
    annotations: dict[PlainText, Text] | None = key("Annotations of pods.", example={"example.org/cost": "research"})
    env: dict[PlainText, Setting] | None = key(
        "Variables of pods, weaker than `env` of steps.", example={"HTTP_PROXY": "http://proxy:3128"}
    )
    gpu: PlainText | None = key(
        "What a graphics processor is called among resources.", default="nvidia.com/gpu", example="amd.com/gpu"
    )
    gpu_label: PlainText | None = key(
        "The label of nodes that `resources.gpu-type` is looked for in.",
        default="nvidia.com/gpu.product",
        example="gpu.example.org/kind",
    )
    grace: FixedDuration | None = key(
        "How long a step that is stopped may take to end before it is killed.", default="10s"
    )
    pod: dict[PlainText, Any] | None = key(
        "Fields of the pod's `spec` as Kubernetes writes them, laid over ours.", example={"hostNetwork": True}
    )

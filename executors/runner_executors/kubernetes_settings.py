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

    key_: PlainText | None = key("The taint's key; every taint where none is said.")
    operator: Literal["Equal", "Exists"] | None = key("Whether `value` counts.", default="Equal")
    value: Text | None = key("The taint's value.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = key("The effect; every one by default.")
    seconds: Seconds | None = key("How long a pod stays after such a taint has come.")


@attrs.frozen(kw_only=True)
class PodSettings:
    """Settings of executors whose steps are pods."""

    namespace: PlainText | None = key("The namespace; that of the context, or of the pod that we run in.")
    image: PlainText | None = key("The image of steps that name none; it has a Python, 3.9 or newer.")
    python: PlainText | None = key("That Python, as a path or a word on the PATH of the image.", default="python3")
    carry: Flag | None = key(
        "Steps of kind `shell` and `command`, too, bring the Python of `image` along, for images that have none.",
        default=False,
    )
    pull: Literal["missing", "always", "never"] | None = key("When a node fetches an image.", default="missing")
    pull_secrets: list[PlainText] | None = key("Secrets with the credentials of registries.")
    user: User | None = key(
        "Whose number a step runs as, and its group's; `image`: as the image says. 0 is refused by many clusters.",
        default="1000:1000",
    )
    service_account: PlainText | None = key("The service account of pods; that of the namespace.")
    token: Flag | None = key("Pods get a token of their service account.", default=False)
    node_selector: dict[PlainText, Text] | None = key("Labels that a node must have.")
    tolerations: list[Toleration] | None = key("Taints of nodes that pods put up with.")
    affinity: dict[PlainText, Any] | None = key("As Kubernetes writes it.")
    priority_class: PlainText | None = key("The priority class of pods.")
    labels: dict[PlainText, Text] | None = key("Labels of pods, beside ours.")
    annotations: dict[PlainText, Text] | None = key("Annotations of pods.")
    env: dict[PlainText, Setting] | None = key("Variables of pods, weaker than `env` of steps.")
    gpu: PlainText | None = key("What a graphics processor is called among resources.", default="nvidia.com/gpu")
    gpu_label: PlainText | None = key(
        "The label of nodes that `resources.gpu-type` is looked for in.", default="nvidia.com/gpu.product"
    )
    grace: FixedDuration | None = key(
        "How long a step that is stopped may take to end before it is killed.", default="10s"
    )
    pod: dict[PlainText, Any] | None = key("Fields of the pod's `spec` as Kubernetes writes them, laid over ours.")

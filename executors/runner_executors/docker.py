"""The `docker` executor: a container for every step."""

from __future__ import annotations

from typing import Literal

import attrs

from runner.model.forms import FixedDuration, Flag, PlainText, key
from runner.plugins import Flavor


@attrs.frozen(kw_only=True)
class Settings:
    """Settings of the `docker` executor."""

    image: PlainText | None = key(
        "The image of steps that name none; `python` steps need a Python in it, 3.9 or newer.",
        example="python:3.12-slim",
    )
    python: PlainText | None = key(
        "That Python, as a path or a word on the PATH of the image.", default="python3", example="/opt/venv/bin/python"
    )
    pull: Literal["missing", "always", "never"] | None = key("When an image is fetched.", default="missing")
    code: Literal["mount", "image"] | None = key(
        "Where steps find the project.",
        default="mount",
        values={
            "mount": "as it lies here, read-only",
            "image": "in the WORKDIR of their image, where `[build]` puts it",
        },
    )
    read_only: Flag | None = key("Containers can write to no place of their image; `/tmp` is in memory.", default=False)
    network: PlainText | None = key("The network of the containers; the engine's own.", example="none")
    platform: PlainText | None = key(
        "The platform of the images, such as `linux/amd64`; that of the engine.", example="linux/amd64"
    )
    warm: Flag | None = key(
        "Containers are kept for further steps with the same image and limits.",
        default=False,
    )
    grace: FixedDuration | None = key(
        "How long a step that is stopped may take to end before it is killed.", default="10s"
    )


FLAVOR = Flavor(
    "docker",
    "runner_executors.docker:Settings",
    "runner_executors.docker_executor:Docker",
    ("local-container",),
    about="Each step is a container of the Docker Engine.",
    reach=("driver",),
    more=("containers", "build", "volumes"),
)

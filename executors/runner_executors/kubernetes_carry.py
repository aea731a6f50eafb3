"""A Python for images that have none: an init container brings that of `executor.image`, the agent's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Table = dict[str, Any]
BOX = "/runner/box"  # the volume that both containers have
PYTHON = f"{BOX}/python"
START = [f"{PYTHON}/ld", "--library-path", f"{PYTHON}/so", f"{PYTHON}/bin/python3", "-I"]
BRINGS = "python"  # the name of the init container


def carries(settings: Mapping[str, Any], kind: str) -> bool:
    """Whether a step's pod brings a Python along: images of `container` steps are taken as they are."""
    return kind == "container" or (bool(settings.get("carry")) and kind in ("shell", "command"))


def bring(spec: Table, container: Table, settings: Mapping[str, Any], kind: str) -> None:
    """Have the agent's container started by what an init container has brought."""
    box: Table = {"name": "box", "mountPath": BOX}
    mine = [one for one in container["volumeMounts"] if one["name"] in ("agent", "out")]
    spec["initContainers"] = [{
        **{key: container[key] for key in ("imagePullPolicy", "resources", "securityContext") if container[key]},
        "name": BRINGS,
        "image": settings.get("image") or "",
        "command": container["command"],
        "args": ["carry", PYTHON],
        "env": [one for one in container["env"] if one["name"] == "TMPDIR"],
        "volumeMounts": [*mine, box],
    }]  # fmt: skip
    spec["volumes"] = [*spec["volumes"], {"name": "box", "emptyDir": {}}]
    container["command"] = [*START, container["command"][-1]]
    container["volumeMounts"] = [*container["volumeMounts"], {**box, "readOnly": True}]
    if kind == "container":
        container["workingDir"] = "/"  # what the image has there is no project

"""`executor.code = "image"`: a step takes the project from its image, and from this machine nothing but its inputs."""

from __future__ import annotations

import os
from typing import Any

from runner.agent.stage import expand, files_of
from runner_executors.docker_engine import Failed
from runner_executors.docker_spec import catalog_of

Table = dict[str, Any]


def stored(call: Table, catalog: Any) -> Table:
    """What an attempt takes, put into the catalog: path -> sha256, mode. Raises OSError."""
    carried = [output["path"] for output in call.get("outputs") or () if output.get("carry")]
    found: Table = dict(call.get("stored") or {})
    for path in (*call["inputs"], *carried):
        for one in files_of(call["root"], expand(call["root"], path)):
            if one not in found:
                found[one] = catalog.put(os.path.join(call["root"], one))
    return found


def moved(call: Table, folder: str) -> Table:
    """A call as it is told inside, where the project lies in `folder`. Raises Failed where an image names none."""
    if folder.strip("/") == "":
        raise Failed("no-image", 'the image has no WORKDIR, where `executor.code = "image"` looks for the project')
    path = catalog_of(call, call["root"])
    catalog = {**call["catalog"], "path": path} if path else call["catalog"]
    return {**call, "root": folder, "catalog": catalog}

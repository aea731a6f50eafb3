"""`executor.code = "image"`: a step takes the project from its image, and from this machine nothing but its inputs."""

from __future__ import annotations

import os
import shutil
import tarfile
from tempfile import TemporaryFile
from typing import Any

from runner.agent.stage import expand, files_of
from runner_executors.docker_engine import Failed
from runner_executors.docker_image import Image
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
    folder = _said(folder)
    path = catalog_of(call, call["root"])
    catalog = {**call["catalog"], "path": path} if path else call["catalog"]
    return {**call, "root": folder, "catalog": catalog}


def brought(image: Image, platform: str | None, folder: str) -> list[str]:
    """Put the project of an image into a folder of this machine, where it is not there yet; its files, from there.

    The container that is asked for them never starts. Raises Failed and OSError.
    """
    if not os.path.isdir(folder):
        temporary = f"{folder}.{os.getpid()}.tmp"
        os.makedirs(temporary)
        try:
            with TemporaryFile() as file:
                image.read(_said(image.workdir), platform, file)
                with tarfile.open(fileobj=file) as packed:
                    packed.extraction_filter = getattr(tarfile, "data_filter", None)  # owners, devices: not ours
                    packed.extractall(temporary)
            os.rename(os.path.join(temporary, os.path.basename(image.workdir.rstrip("/"))), folder)
        except tarfile.TarError as error:
            raise Failed("no-image", f"the project can't be taken from the image: {error}") from None
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    found = (os.path.join(above, name) for above, _, names in os.walk(folder) for name in names)
    return sorted(os.path.relpath(path, folder) for path in found)


def _said(workdir: str) -> str:
    if workdir.strip("/") == "":
        raise Failed("no-image", 'the image has no WORKDIR, where `executor.code = "image"` looks for the project')
    return workdir

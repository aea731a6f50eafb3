"""The agent's modules as files: an interpreter that runs the user's code can't be started from inside a zip."""

from __future__ import annotations

import os

HERE = os.path.dirname(os.path.abspath(__file__))


def here(folder: str) -> str:
    """The folder `runner/agent`; unpacked below `folder`, once, where it stands in a zip. Raises OSError."""
    if os.path.isdir(HERE):
        return HERE
    archive = HERE
    while not os.path.isfile(archive):
        archive = os.path.dirname(archive)
    lib = os.path.join(folder, "lib")
    if not os.path.isdir(lib):
        from zipfile import ZipFile  # dear, and only for Python in a pod

        with ZipFile(archive) as file:
            file.extractall(lib)
    return os.path.join(lib, os.path.relpath(HERE, archive))

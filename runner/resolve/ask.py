"""What the user asked for: the words of the command line and of `RUNNER_UP_*` (N17)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple


class Ask(NamedTuple):
    """One question to the resolver.

    file: the pipeline as it was typed; profile: a name, path or None; params, sets: `NAME=VALUE` as typed;
    env: the caller's environment; given: parameters of the run that is resumed (N49); mock: nothing is
    to run, whatever the profile says.
    """

    file: Path
    profile: str | None = None
    params: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    env: Mapping[str, str] = {}
    given: Mapping[str, Any] = {}
    mock: bool = False


def find_root(file: Path) -> Path:
    """The folder of the nearest `runner.toml` above the pipeline file, else the file's folder (N20)."""
    folder = file.absolute().parent
    if ".." in folder.parts:  # the way back out of a folder ends when that is removed
        folder = folder.resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / "runner.toml").is_file():
            return candidate
    return folder

"""TOML that packages bring: `std:NAME` of the standard library, `PACKAGE:NAME` of an installed one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def find(name: str, kind: str) -> Path | None:
    """The file that `PACKAGE:NAME` names. kind: the folder of such files, `profiles` or `blocks`."""
    package, _, rest = name.partition(":")
    if ".." in rest.split("/"):
        return None
    for folder in _folders(package, kind):
        path = folder / f"{rest}.toml"
        if path.is_file():
            return path
    return None


def names(package: str, kind: str) -> list[str]:
    """What a package has of a kind, each as `PACKAGE:NAME`."""
    return sorted(f"{package}:{path.stem}" for folder in _folders(package, kind) for path in folder.glob("*.toml"))


def _folders(package: str, kind: str) -> Iterator[Path]:
    if package == "std":
        from runner.model.data import folder

        yield Path(folder("stdlib"), kind)
        return
    if not package.isidentifier():
        return
    from importlib.util import find_spec

    spec = find_spec(package)
    for home in (spec.submodule_search_locations or []) if spec else []:
        yield Path(os.path.join(home, kind))
        yield Path(home)

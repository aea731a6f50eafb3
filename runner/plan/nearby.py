"""The stores of a run as its driver has them: where only steps see them, it keeps a run log of its own (PROTOCOL 3)."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from runner.plugins import Asked, find

Table = dict[str, Any]
OWN = {"type": "file-system", "path": ".runner/runs"}
BEYOND = {"type": "do-nothing", "beyond": True}


def away(executor: Mapping[str, Any], plugins: Asked | None = None) -> bool:
    """Whether the steps of an executor are pods, which outlive their driver."""
    return find("executors", str(executor["type"]), plugins).far


def nearby(profile: Mapping[str, Any], plugins: Asked | None = None) -> Table:
    """A profile with the driver's stores. A volume says where this machine sees it (`here`); else nobody here does, and
    what agents tell of their ends is kept in `.runner`."""
    out = dict(profile)
    if not away(profile["executor"], plugins):
        return out
    for service, own in (("run-log", OWN), ("catalog", BEYOND)):
        path = str(profile[service].get("path") or "")
        volume = holder(profile, path)
        if volume is not None and volume.get("here"):
            rest = posixpath.relpath(path, volume["mount"])
            out[service] = {**profile[service], "path": posixpath.join(volume["here"], rest)}
        elif path:
            out[service] = own
    return out


def holder(profile: Mapping[str, Any], path: str) -> Table | None:
    """The volume that a path lies in; None where it lies in none."""
    if not path.startswith("/"):
        return None
    path = posixpath.normpath(path)
    mounted = [one for one in (profile.get("volumes") or {}).values() if one.get("mount")]
    around = [one for one in mounted if (path + "/").startswith(one["mount"].rstrip("/") + "/")]
    return max(around, key=lambda one: len(one["mount"]), default=None)


class Beyond:
    """A catalog that only steps see: what it has is believed, and brought to steps alone."""

    beyond = True

    def has(self, sha: str) -> bool:
        """Nobody here can say otherwise."""
        return True

    def get(self, sha: str, dest: str, mode: int | None = None) -> None:
        """Raises OSError."""
        raise OSError("its catalog is on a volume that this machine does not see")

    def read(self, sha: str) -> bytes:
        """Raises OSError."""
        raise OSError("its catalog is on a volume that this machine does not see")

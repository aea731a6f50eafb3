"""The run log `buffered`: objects by key in memory, gone with the process."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any


class Memory:
    """A Store in a dict."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    @classmethod
    def open(cls, settings: Mapping[str, Any], root: str, run: str, write: bool = True) -> Memory:
        """The run log of a run, by the settings of `[run-log]`; nothing outlives the process."""
        return cls()

    @staticmethod
    def home(settings: Mapping[str, Any], root: str, run: str) -> None:
        """Of a run that has ended there is nothing."""

    def create(self, key: str, value: bytes) -> bool:
        """Put an object that must not be there yet; False when it is."""
        if key in self._objects:
            return False
        self._objects[key] = value
        return True

    def put(self, key: str, value: bytes) -> None:
        """Put an object in place of what was there."""
        self._objects[key] = value

    def get(self, key: str) -> bytes | None:
        """An object, None when there is none."""
        return self._objects.get(key)

    def list(self, prefix: str) -> builtins.list[str]:
        """All keys that begin with `prefix`, sorted."""
        return sorted(key for key in self._objects if key.startswith(prefix))

    def flush(self, sync: bool = False) -> None:
        """Nothing waits."""

    def close(self) -> None:
        """Nothing is open."""

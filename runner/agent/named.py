"""Errors of files that say which file: those of writing and syncing know a descriptor only."""

from __future__ import annotations

import os
from types import TracebackType


class Named:
    """Gives an OSError that leaves the block without a file name this one."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(fault, OSError) and fault.filename is None:
            fault.filename = os.fspath(self.path)

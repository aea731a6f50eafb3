"""The first bytes of what a run put into its catalog, for those who only look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from runner.text.diagnostics import Refused

if TYPE_CHECKING:
    from runner.commands.common import OpenRun

LARGE = 4 << 20  # bytes of a file that is not brought from afar
MANY = 32 << 20  # of all of them


class Glance:
    """What only pods see is brought here at once, as far as it is small; what can't be had is not there."""

    def __init__(self, opened: OpenRun) -> None:
        from runner.commands.common import plugins_of
        from runner.commands.shelving import catalog_of

        self._catalog: Any = None
        try:
            catalog = catalog_of(opened.meta, opened.root, plugins_of(opened.root))
            if hasattr(catalog, "bring"):
                catalog.bring(list(_small(opened.run["nodes"])))
                catalog = catalog.here
            self._catalog = catalog
        except (OSError, Refused):
            return

    def __call__(self, sha: str, most: int) -> bytes | None:
        """The first `most` bytes of a blob; None where there is none."""
        try:
            if hasattr(self._catalog, "where"):
                with open(self._catalog.where(sha), "rb") as file:
                    return file.read(most)
            return bytes(self._catalog.read(sha)[:most]) if self._catalog is not None else None
        except (OSError, Refused):
            return None


def _small(nodes: dict[str, Any]) -> Iterator[str]:
    """The hashes of what is looked at: curves of metrics, then files."""
    ends = [attempt for entry in nodes.values() for attempt in (entry.get("attempts") or ())[-1:]]
    series = [end["series"] for end in ends if "series" in end]
    room = MANY
    for blob in (*series, *(file for end in ends for file in end.get("files") or ())):
        size = int(blob.get("size") or 0)
        if size <= min(LARGE, room):
            room -= size
            yield str(blob["sha256"])

"""Statuses as values ask for them, and which of them an attempt was made of: no record says what became of a group."""

from __future__ import annotations

from collections.abc import Mapping

from runner.rules.bind import Key
from runner.rules.decide import Status
from runner.run.events import Address

Asked = list[tuple[str, Key, str]]


class Statuses:
    """Statuses of the instances that have ended. asked: those that were asked for since somebody emptied it."""

    def __init__(self, ended: Mapping[Address, Status]) -> None:
        self._ended = ended
        self.asked: Asked = []

    def __call__(self, id: str, key: Key) -> str | None:
        """The status of an instance, None while it has none."""
        found = self._ended.get(Address(id, key))
        if found is None:
            return None
        self.asked.append((id, key, found.status))
        return found.status

"""Worlds for simulated runs."""

from __future__ import annotations

from typing import Any

import pytest

from runner.rules.bind import Failure
from runner.run.events import Address
from runner.testing.simulate import Simulated, plan_of, simulate


class Said:
    """A world of words: `{"a": "failed"}`, `{"a": ["failed", "succeeded"]}` attempt by attempt, `{"when a": False}`,
    `{"expand m": 3}`; addresses are `id` or `id key`. Unsaid: it succeeds, holds, is the first case, two items."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said

    def _find(self, address: Address, what: str = "") -> Any:
        full = f"{what}{address.id} {'.'.join(map(str, address.key))}".rstrip()
        return self.said.get(full, self.said.get(f"{what}{address.id}"))

    def end(self, address: Address, n: int) -> dict[str, Any]:
        found = self._find(address) or "succeeded"
        if isinstance(found, list):
            found = found[min(n, len(found)) - 1]
        return dict(found) if isinstance(found, dict) else {"status": found}

    def decide(self, what: str, address: Address) -> Any:
        found = self._find(address, f"{what} ")
        if found is None:
            return {"when": True, "until": True, "stop": False, "choose": 0, "expand": 2}[what]
        return Failure("bad-param", "no") if found == "fault" else found


class Ran:
    """A simulated run, with statuses by the text of the address."""

    def __init__(self, run: Simulated) -> None:
        self.run, self.machine, self.status = run, run.machine, run.machine.status
        self.statuses = {text(address): status for address, status in run.machine.statuses.items()}
        self.words = {name: status.status for name, status in self.statuses.items()}
        self.started = [text(address) for address, _ in run.starts]


def text(address: Address) -> str:
    return f"{address.id} {'.'.join(map(str, address.key))}".rstrip()


@pytest.fixture
def ran() -> Any:
    """ran(steps, said, last=..., **options of simulate)."""

    def go(steps: Any, said: dict[str, Any] | None = None, last: Any = None, **options: Any) -> Ran:
        return Ran(simulate(plan_of(steps, last), Said(said or {}), **options))

    return go

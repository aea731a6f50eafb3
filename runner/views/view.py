"""The observer of a run."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

if TYPE_CHECKING:
    from runner.run.events import Event


class View(Protocol):
    """Sees every event of a run, in order; `tick` comes whenever the caller has a moment, however often."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def see(self, event: Event) -> None: ...

    def tick(self, now: float) -> None: ...

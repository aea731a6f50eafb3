"""Events as JSON lines, for programs: one object an event, in the order in which things happened."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from runner.views.prints import Prints
from runner.views.story import Story

if TYPE_CHECKING:
    from runner.run.events import Event


class JsonLines:
    """`{"at": 1.5, "what": "end", "id": "train-1a2b3c4d", "key": "2", "label": "train[2]", "status": "failed"}`."""

    def __init__(self, stream: IO[str], env: Mapping[str, str] | None = None) -> None:
        self.stream = stream
        self.story = Story()
        self.prints = Prints()
        self._waiting: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()

    def see(self, event: Event) -> None:
        for line in self.prints.before(event):
            self._write(line)
        self._write(event)

    def _write(self, event: Event) -> None:
        told: dict[str, Any] = {"at": round(event.at, 3), "what": event.what}
        if event.what == "run-start":
            self.story.headline(event)
        if event.what == "expand":
            self.story.line(event)
        if event.address is not None:
            told["id"] = event.address.id
            told["key"] = ".".join(map(str, event.address.key)) or "-"
            told["label"] = self.story.label(event)
        for name, value in event.data.items():
            if name == "plan" and isinstance(value, Mapping):
                value = value.get("digest")
            told["again_at" if name == "at" else name] = value.rstrip("\r\n") if name == "text" else value
        self._waiting.append(json.dumps(told, ensure_ascii=False, default=str) + "\n")

    def tick(self, now: float) -> None:
        for line in self.prints.since(now):
            self._write(line)
        self.flush()

    def flush(self) -> None:
        """Hand over what was kept, in one write."""
        if self._waiting:
            text, self._waiting = "".join(self._waiting), []
            self.stream.write(text)
            self.stream.flush()

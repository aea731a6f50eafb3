"""Plain lines, for pipes, files and terminals that can only print."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from runner.views.prints import Prints
from runner.views.story import Line, Story
from runner.views.terminal import clean, coloured, paint, symbols

if TYPE_CHECKING:
    from runner.run.events import Event

WIDTH = len("succeeded")


class Plain:
    """One line a fact, with the state's word first; what a step prints follows its label. Written once a tick."""

    def __init__(self, stream: IO[str], env: Mapping[str, str], quiet: bool = False) -> None:
        self.stream = stream
        self.colour = coloured(stream, env)
        self.bar = symbols(stream, env).bar
        self.quiet = quiet
        self.story = Story()
        self.prints = None if quiet else Prints()
        self._waiting: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()

    def see(self, event: Event) -> None:
        if event.what == "line":
            self._line(event)
            return
        for line in self.prints.before(event) if self.prints else ():
            self._line(line)
        self._fact(event)

    def _line(self, event: Event) -> None:
        """What a step prints, behind its label."""
        if not self.quiet:
            self.write(f"{self.story.label(event)} {self.bar} {clean(str(event.data.get('text', '')))}")

    def _fact(self, event: Event) -> None:
        if event.what == "run-start":
            self.write(self.story.headline(event))
        elif event.what != "run-end":  # the digest tells the end
            line = self.story.line(event)
            if line is not None:
                self.told(event, line)
            if line is not None and not (self.quiet and line.state in ("running", "succeeded", "cached")):
                self.write(self.text(line))

    def told(self, event: Event, line: Line) -> None:
        """Take note of a fact."""

    def tick(self, now: float) -> None:
        for line in self.prints.since(now) if self.prints else ():
            self._line(line)
        self.flush()

    def state(self, word: str) -> str:
        """The word of a state, coloured, in a column of its own."""
        return paint(word, word, self.colour) + " " * (WIDTH - len(word))

    def text(self, line: Line) -> str:
        """One fact as it is printed."""
        return f"{self.state(line.state)} {line.label}{'  ' if line.label and line.rest else ''}{line.rest}"

    def write(self, text: str) -> None:
        """Keep a line for the next flush."""
        self._waiting.append(text.rstrip() + "\n")

    def flush(self) -> None:
        """Hand over what was kept, in one write."""
        if self._waiting:
            text, self._waiting = "".join(self._waiting), []
            self.stream.write(text)
            self.stream.flush()


class Quiet(Plain):
    """Only what needs somebody: retries, failures, what did not run."""

    def __init__(self, stream: IO[str], env: Mapping[str, str]) -> None:
        super().__init__(stream, env, quiet=True)

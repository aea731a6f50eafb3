"""What a step prints as one block under its end, for continuous integration: there it folds away, and failures are
annotated at their line."""

from __future__ import annotations

import re
import secrets
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from runner.views import words
from runner.views.annotations import command, in_checkout
from runner.views.logfile import tail
from runner.views.plain import Plain
from runner.views.story import Line
from runner.views.summary import Summary
from runner.views.terminal import clean

if TYPE_CHECKING:
    from runner.run.events import Event

KEPT = 500  # lines of each running step; the rest stands in its log
LONGEST = 2000  # characters of a line


class Folded(Plain):
    """Plain lines, but what a step prints comes as one block when its attempt ends: from `line` events, or its log."""

    def __init__(self, stream: IO[str], env: Mapping[str, str]) -> None:
        super().__init__(stream, env)
        self.env, self.prints = env, None
        self._kept: dict[Any, deque[str]] = {}
        self._cut: set[Any] = set()
        self._logs: dict[Any, str] = {}

    def see(self, event: Event) -> None:
        if event.what == "line" and event.address is not None:
            self._keep(event)
            return
        if event.what == "start" and event.data.get("log"):
            self._logs[event.address] = str(event.data["log"])
        if event.what == "end" and event.address is not None:
            self._ended(event)
            return
        super().see(event)

    def _keep(self, event: Event) -> None:
        kept = self._kept.setdefault(event.address, deque(maxlen=KEPT))
        if len(kept) == KEPT:
            self._cut.add(event.address)
        kept.append(clean(str(event.data.get("text", "")))[:LONGEST])

    def _ended(self, event: Event) -> None:
        lines = list(self._kept.pop(event.address, ()))
        dropped = event.address in self._cut
        self._cut.discard(event.address)
        log = self._logs.pop(event.address, None)
        if log and not lines:
            lines = [clean(text)[:LONGEST] for text in tail(log, KEPT + 1)]
            dropped = len(lines) > KEPT
            lines = lines[-KEPT:]
        name = self.story.label(event)
        line = self.story.line(event)
        if line is None:
            return
        self.told(event, line)
        if dropped:
            lines.insert(0, f"(more before these lines: runner logs {self.story.run} {name})")
        if lines:
            self.block(event, line, lines)
        else:
            self.write(self.text(line))
        if line.state in ("failed", "errored"):
            self.annotate(event, line)

    def block(self, event: Event, line: Line, lines: list[str]) -> None:
        """Print the end of an attempt and under it what it printed."""
        raise NotImplementedError

    def annotate(self, event: Event, line: Line) -> None:
        """Mark a failure where it was made, if the place can."""


class Grouped(Folded):
    """Blocks for everybody: the end of an attempt, and what it printed behind bars."""

    def block(self, event: Event, line: Line, lines: list[str]) -> None:
        self.write(self.text(line))
        for text in lines:
            self.write(f"  {self.bar} {text}")


class GitHub(Folded):
    """Groups, annotations and the summary page of GitHub Actions (and of its re-implementations)."""

    def __init__(self, stream: IO[str], env: Mapping[str, str]) -> None:
        super().__init__(stream, env)
        self.summary = Summary()

    def told(self, event: Event, line: Line) -> None:
        if event.what == "state" or (event.what == "end" and event.data.get("final", True)):
            self.summary.note(line)

    def see(self, event: Event) -> None:
        super().see(event)
        page = self.env.get("GITHUB_STEP_SUMMARY")
        if event.what == "run-end" and page:
            text = self.summary.text(self.story.title, str(event.data.get("status")), event.data.get("counts") or {})
            with suppress(OSError), open(page, "a", encoding="utf-8") as file:
                file.write(text)

    def block(self, event: Event, line: Line, lines: list[str]) -> None:
        self.write(f"::group::{self.text(line)}")
        # Whatever a step prints stays text: a line that looks like a command of the service is not obeyed.
        token = secrets.token_hex(16) if any("::" in text or "##[" in text for text in lines) else ""
        if token:
            self.write(f"::stop-commands::{token}")
        for text in lines:
            self.write(text)
        if token:
            self.write(f"::{token}::")
        self.write("::endgroup::")

    def annotate(self, event: Event, line: Line) -> None:
        error = event.data.get("error")
        error = error if isinstance(error, Mapping) else {}
        properties: dict[str, Any] = {}
        if error.get("file"):
            properties = {"file": in_checkout(str(error["file"]), self.env)}
            properties |= {"line": error["line"]} if error.get("line") else {}
        properties["title"] = f"{line.label} {line.state}"
        message = f"{line.label} {words.why(event.data)}{words.attempts(int(event.data.get('n') or 1))}"
        more = words.detail(event.data) or words.advice(event.data)
        self.write(command("error", properties, message + (f": {more}" if more else "")))


class GitLab(Folded):
    """Collapsed sections of GitLab CI."""

    def block(self, event: Event, line: Line, lines: list[str]) -> None:
        assert event.address is not None
        key = "_".join(map(str, event.address.key))
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", f"{event.address.id}_{key}_{event.data.get('n', 1)}")
        end = int(event.at)
        start = max(0, end - int(float(event.data.get("run_s") or 0)))
        self.write(f"\x1b[0Ksection_start:{start}:{name}[collapsed=true]\r\x1b[0K{self.text(line)}")
        for text in lines:  # `clean` took away the escapes and carriage returns that a forged section would need
            self.write(text)
        self.write(f"\x1b[0Ksection_end:{end}:{name}\r\x1b[0K")

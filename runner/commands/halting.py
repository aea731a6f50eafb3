"""A run that the machine does not let go on: it ends in a sentence, and what it had done is kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner.run.begin import finish

Table = dict[str, Any]


@contextmanager
def halting(file: str, name: str) -> Iterator[None]:
    """What the machine refuses inside becomes Refused (E704). file, name: of the run, for the way on."""
    try:
        yield
    except OSError as error:
        from runner.text.diagnostics import Refused
        from runner.text.trouble import trouble

        problem = trouble(error, "E704", f"`runner up {file} --resume {name}`: what was done is kept")
        if problem is None:
            raise
        raise Refused([problem]) from error


def note_end(run: Table, status: str, root: Path, at: float) -> None:
    """The end of a run in the index; its own log holds it already, so that a refusal is no more than a warning."""
    try:
        finish(run, status, root, at)
    except OSError as error:
        from runner.text.diagnostics import diagnose
        from runner.text.trouble import told
        from runner.views.problems import show

        show([diagnose("W707", None, name=run["name"], status=status, why=told(error))])

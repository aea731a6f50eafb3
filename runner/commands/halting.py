"""A run that the machine does not let go on: it ends in a sentence, and what it had done is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from runner.rules.keys import run_key
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


def note_end(entry: Table, status: str, root: Path, at: float) -> None:
    """The end of a run in the index, given its line there; a refusal is told, no more: the run log holds the end."""
    try:
        finish(entry, status, root, at)
    except OSError as error:
        from runner.text.diagnostics import diagnose
        from runner.text.trouble import told
        from runner.views.problems import show

        show([diagnose("W707", None, name=entry["name"], status=status, why=told(error))])


def close_store(store: Any, run: str, root: Path) -> None:
    """Close the log of a run that has ended; warns of records that were put back. Raises Refused (E712), OSError."""
    from runner.text.diagnostics import Refused, diagnose

    if store.get(run_key(run, "run")) is None:
        raise Refused([diagnose("E712", None, what="somebody has removed what the run log held")])
    store.close()
    if getattr(store, "restored", False):
        from runner.views.problems import show

        show([diagnose("W709", None, path=os.path.relpath(store.path, root))])

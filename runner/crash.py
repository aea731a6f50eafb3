"""Where the traceback of a fault of our own is kept."""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from collections.abc import Iterable
from pathlib import Path

from runner.text.diagnostics import Refused

HIDDEN = "hidden values"


def hide(fault: BaseException, values: Iterable[str]) -> None:
    """Note on a fault that its text may show these values: they are masked where it is kept, and where it is told."""
    vars(fault)[HIDDEN] = shown = tuple(values)
    if shown and isinstance(fault, Refused):
        from runner.agent.redact import Redactor

        mask = Redactor(shown).mask
        fault.problems = [one._replace(message=mask(one.message)) for one in fault.problems]


def keep(fault: BaseException, start: Path | None = None) -> str:
    """Write the traceback of `fault` into `.runner/crash-*.txt` of the project; returns its path from here.

    Raises OSError when no file can be written there."""
    here = Path.cwd() if start is None else start
    root = next((p for p in (here, *here.parents) if (p / "runner.toml").exists() or (p / ".runner").is_dir()), here)
    folder = root / ".runner"
    if not folder.is_dir() and not any(root.glob("*.toml")):  # no project: nothing of ours belongs here
        folder = Path(tempfile.gettempdir())
    folder.mkdir(exist_ok=True)
    path = folder / f"crash-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{os.getpid()}.txt"
    text = "".join(traceback.format_exception(fault))
    hidden = vars(fault).get(HIDDEN)
    if hidden:
        from runner.agent.redact import Redactor

        text = Redactor(hidden).mask(text)
    path.write_text(f"python {sys.version}\n\n{text}", encoding="utf-8", errors="backslashreplace")
    return os.path.relpath(path, here)

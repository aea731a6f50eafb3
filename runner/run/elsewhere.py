"""What an executor keeps outside this project while it runs, such as containers: noted, so that the next command can
have it removed if the driver was killed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.run.index import born
from runner.text.diagnostics import Refused

HOME = ".runner/elsewhere"


def note(root: str | Path, executor: str) -> Path:
    """This process has something elsewhere. The note of it, to be removed when that is gone. Raises OSError."""
    me = os.getpid()
    path = Path(root, HOME, f"{executor}.{me}.{born(me)}.{os.urandom(4).hex()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def sweep(root: Path, environ: Mapping[str, str], plugins: Any = None) -> None:
    """Have removed what processes have left that are gone: each executor does its own, by `sweep(root, environ)`. What
    can't be reached now is left for the next time."""
    try:
        names = os.listdir(root / HOME)
    except OSError:
        return
    left: dict[str, list[str]] = {}
    for name in names:
        executor, pid, since = [*name.split("."), "", ""][:3]
        if pid.isdigit() and born(int(pid)) != since:
            left.setdefault(executor, []).append(name)
    for executor, found in left.items():
        from runner.plugins import find, load

        try:
            load(find("executors", executor, plugins)).sweep(str(root), environ)
            for name in found:
                (root / HOME / name).unlink(missing_ok=True)
        except (Refused, OSError):
            continue

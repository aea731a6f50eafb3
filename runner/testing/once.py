"""What takes long, done once for all processes of a test session."""

from __future__ import annotations

import fcntl
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[], Any]) -> Any:
    """What `make` gives: the first process that asks makes it, the others wait. Raises what it raised, as words."""
    base = factory.getbasetemp()
    kept = Path(base.parent if "PYTEST_XDIST_WORKER" in os.environ else base, f"{name}.pickle")
    with open(kept.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            try:
                made, why = make(), ""
            except Exception as error:
                made, why = None, f"{type(error).__name__}: {error}"
            kept.write_bytes(pickle.dumps((made, why)))
        found, why = pickle.loads(kept.read_bytes())
    assert not why, why
    return found

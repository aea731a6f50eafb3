"""What a step's own code may ask for: `from runner import step`. Works without a run too, on local folders.

step.params             the parameters of this step, by name
step.get("data.csv")    a file of the project, to read
step.put("plot.png")    keep a file with the step's outputs
step.log_metric("loss", 0.3, at=12)
step.progress(12, 100)
step.run_id
"""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any


def _beside(name: str) -> str | None:
    """A file of the protocol, None when no run is around."""
    metrics = os.environ.get("RUNNER_METRICS")
    return os.path.join(os.path.dirname(metrics), name) if metrics else None


def _append(path: str, line: dict[str, Any] | str) -> None:
    data = json.dumps(line).encode("ascii") + b"\n"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        if os.write(fd, data) < len(data):  # one write: lines of two processes don't mix
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    finally:
        os.close(fd)


def _params() -> dict[str, Any]:
    path = os.environ.get("RUNNER_PARAMS")
    if path is None:
        return {}
    with open(path, encoding="utf-8") as file:
        found: dict[str, Any] = json.load(file)
        return found


def get(path: str | os.PathLike[str]) -> Path:
    """The path of a file of the project; raises FileNotFoundError when the step does not have it."""
    found = Path(path)
    if not found.exists():
        raise FileNotFoundError(f"`{found}` is not here: name it in `inputs` of the step")
    return found


def put(path: str | os.PathLike[str]) -> Path:
    """Keep a file with the outputs of this step, if it succeeds; raises FileNotFoundError when there is none."""
    found = Path(path)
    if not found.is_file():
        raise FileNotFoundError(f"`{found}` is not here, so it can't be kept")
    puts = _beside("puts")
    if puts is not None:
        _append(puts, os.path.abspath(found))
    return found


def log_metric(name: str, value: float, at: float | None = None) -> None:
    """Log a number, `at` a point of its series (an epoch, a step). Without a run it is printed."""
    number: Any = value.item() if hasattr(value, "item") else value
    line: dict[str, Any] = {"name": name, "value": number}
    if at is not None:
        line["at"] = at
    metrics = os.environ.get("RUNNER_METRICS")
    if metrics:
        _append(metrics, line)
    else:
        print(f"{name}={value}" if at is None else f"{name}={value} at {at}")


def progress(done: float, total: float) -> None:
    """Tell how far the step is; shown by the live view, kept nowhere."""
    path = os.environ.get("RUNNER_PROGRESS")
    if not path:
        return
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        os.pwrite(fd, f"{done} {total}".encode("ascii").ljust(80), 0)
    finally:
        os.close(fd)


def __getattr__(name: str) -> Any:
    if name == "params":
        return _params()
    if name == "run_id":
        return os.environ.get("RUNNER_RUN_ID")
    raise AttributeError(f"step has no `{name}`")

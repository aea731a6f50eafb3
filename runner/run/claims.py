"""Which run writes where: a file for each live run, under a lock of the kernel that is gone with its process (N50)."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from runner.agent.spawn import end_run
from runner.resolve.meeting import ESCAPED, Index, inside
from runner.run.outputs import Output, outputs
from runner.text.diagnostics import Diagnostic, Place, Refused, diagnose

Table = dict[str, Any]
Where = Callable[[str, int], Place | None]


class Claim:
    """What this process holds, until `release` or its end. warnings: why it holds less than it should."""

    def __init__(self, path: Path | None = None, fd: int = -1, warnings: tuple[Diagnostic, ...] = ()) -> None:
        self.path, self.warnings = path, warnings
        self._fd = fd

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Let go; nothing is left behind."""
        if self._fd >= 0 and self.path is not None:
            with contextlib.suppress(OSError):
                os.unlink(self.path)
            os.close(self._fd)
            self._fd = -1


class Other(NamedTuple):
    """What another run claims. live: its process is still there; said: `run name pid host outputs`."""

    path: Path
    live: bool
    said: Table


def hold(plan: Table, run: Table, root: Path, where: Where) -> Claim:
    """Hold the paths of all outputs of a run. Call it inside `mutex`. where: (node's id, which output) -> its place.

    What a dead run has left at work on them is ended. Raises Refused (E709) where a live one holds one of them."""
    mine = outputs(plan, run)
    if not mine:
        return Claim()
    folder = root / ".runner" / "locks"
    try:
        met = [(other, pairs) for other in others(folder) if (pairs := meeting(mine, other.said["outputs"]))]
    except OSError as error:
        return _unheld(error)
    problems = [_told(other.said, pairs, where) for other, pairs in met if other.live]
    if problems:
        raise Refused(problems)
    for other, _ in met:
        end_run(other.said["run"])
        with contextlib.suppress(OSError):
            os.unlink(other.path)
    said = {"run": run["run"], "name": run["name"], "pid": os.getpid(), "host": os.uname().nodename}
    return _held(folder / run["run"], {**said, "outputs": [output.pattern for output in mine]})


def others(folder: Path) -> Iterator[Other]:
    """The claims in a folder, those of dead runs too. Raises OSError (a file system without locks)."""
    try:
        names = sorted(os.listdir(folder))
    except FileNotFoundError:
        return
    for name in names:
        path = folder / name
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:  # it has ended meanwhile
            continue
        with open(fd, "rb") as file:
            live = False
            try:
                fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                live = True
            try:
                said = json.loads(file.read())
                yield Other(path, live, {**said, "outputs": list(said["outputs"]), "run": str(said["run"])})
            except (ValueError, TypeError, KeyError):  # killed before it was written: that run had not begun
                yield Other(path, live, {"run": name, "outputs": []})


def meeting(mine: list[Output], theirs: list[str]) -> list[tuple[Output, str]]:
    """Each output of ours that can be a path of theirs, with the first such pattern of theirs."""
    index = Index()
    for pattern in theirs:
        index.add(pattern, pattern)
    found = ((output, index.meeting(output.pattern)) for output in mine)
    return [(output, met[0]) for output, met in found if met]


def _held(path: Path, said: Table) -> Claim:
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
    fd = -1
    try:
        try:
            fd = os.open(path, flags, 0o666)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(path, flags, 0o666)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        text = memoryview(json.dumps(said).encode())
        while text:
            text = text[os.write(fd, text) :]
    except OSError as error:
        Claim(path, fd).release()
        return _unheld(error)
    return Claim(path, fd)


def _unheld(error: OSError) -> Claim:
    return Claim(warnings=(diagnose("W708", None, why=error.strerror or str(error)),))


def _told(said: Table, pairs: list[tuple[Output, str]], where: Where) -> Diagnostic:
    """One problem for each run that is in the way: its name, the first path, and how many more."""
    output, theirs = pairs[0]
    path, other = ((inside(one) or one).replace(ESCAPED, "*") for one in (output.pattern, theirs))
    more = f" and {len(pairs) - 1} other outputs of this pipeline" if len(pairs) > 1 else ""
    as_what = "" if other == path else f" (as `{other}`)"
    pid, here = said.get("pid"), said.get("host") == os.uname().nodename
    process = f"pid {pid}" if here else f"pid {pid} on {said.get('host')}"
    hint = f"wait for it, or end it: `kill {pid}`" if here else "wait for it, or end it there"
    args: Table = {"path": path, "more": more, "other": as_what, "name": said.get("name"), "process": process}
    return diagnose("E709", where(output.node, output.number), hint=hint, **args)

"""The interpreter that a fork server runs in: what it is made of, whether it can be forked, and its streams."""

from __future__ import annotations

import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def libraries() -> list[str]:
    """The folders of the standard library and of installed packages."""
    own = {os.path.dirname(os.__file__)}
    prefixes = tuple({p + os.sep for p in (sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix)})
    for path in sys.path:
        packages = "site-packages" in path or "dist-packages" in path
        if packages or (path.startswith(prefixes) and path.startswith(os.path.dirname(os.__file__))):
            own.add(path)
    return sorted(own)


def sites(folders: list[str]) -> list[str]:
    """Where packages are installed: a change means another set of them."""
    return [path for path in folders if "site-packages" in path or "dist-packages" in path]


def unfit() -> str | None:
    """Why this interpreter, as it was started, can't be forked; None when it can."""
    if sys.implementation.name != "cpython" or not hasattr(os, "pidfd_open"):
        return "this interpreter has no way to fork"
    sys.stdout.flush()
    sys.stderr.flush()
    if os.fstat(1).st_size:
        return "it prints when it starts"
    if sys.gettrace() is not None or sys.getprofile() is not None or traced():
        return "it is traced"
    if len(os.listdir("/proc/self/task")) > 1:
        return "it has threads"
    if len(os.listdir("/proc/self/fd")) > 5:  # 0 to 3, and that of the folder
        return "it opens files when it starts"
    return None


def traced() -> bool:
    """Does a tool of sys.monitoring look on (Python 3.12)?"""
    monitoring = getattr(sys, "monitoring", None)
    return monitoring is not None and any(monitoring.get_tool(n) for n in range(6))


def hide(known: set[str]) -> None:
    """Take away the modules that only we have loaded: the project may have one of such a name."""
    for name in [name for name in sys.modules if name not in known and name not in sys.builtin_module_names]:
        del sys.modules[name]


def stream(fd: int, like: Any) -> Any:
    """A standard stream as an interpreter makes it. One made for a file wants to seek, which a pipe can't."""
    raw = io.FileIO(fd, "wb", closefd=False)
    raw.name = like.name
    made: Any = io.TextIOWrapper(
        raw if like.write_through else io.BufferedWriter(raw),
        encoding=like.encoding,
        errors=like.errors,
        newline="\n",
        line_buffering=like.line_buffering,
        write_through=like.write_through,
    )
    made.mode = "w"
    return made


def silence() -> None:
    """Nobody reads what a server prints."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    os.close(null)

"""What went wrong in the user's code, for the record; the interpreter of a `python` step loads it when needed."""

from __future__ import annotations

import os
import sys
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))


def raised(error: BaseException, text: str, root: str) -> dict[str, Any]:
    """The result of a function that raised an exception whose text is `text`."""
    result: dict[str, Any] = {"error": told(error, text, root)}
    if isinstance(error, MemoryError):
        result["reason"] = "oom"
        result["error"]["message"] = (text or "no memory was left") + limited()
    return result


def told(error: BaseException, message: str, root: str) -> dict[str, Any]:
    """An exception for the record: type, message, traceback, and file and line in the user's code."""
    import traceback

    trace = trimmed(error)
    error.__traceback__ = trace
    text = "".join(traceback.format_exception(type(error), error, trace))
    if isinstance(error, ModuleNotFoundError):
        message = (
            f"{message} (neither in the project nor in the Python of {sys.prefix}; `runtime` or `image` bring another)"
        )
    found: dict[str, Any] = {"type": type(error).__name__, "message": message, "traceback": text}
    frames = [(f.filename, f.lineno) for f in traceback.extract_tb(trace)]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append((error.filename, error.lineno))
    own = [f for f in frames if f[0].startswith(root + os.sep) and "site-packages" not in f[0]]
    place = (own or frames)[-1] if frames else None
    if place is not None:
        file = place[0]
        found["file"] = file[len(root) + 1 :] if file.startswith(root + os.sep) else file
        found["line"] = place[1]
    return found


def trimmed(error: BaseException) -> Any:
    """The traceback without our frames and the import machinery on top."""
    trace = error.__traceback__
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if "importlib" not in name and not name.startswith(_HERE + os.sep):
            break
        trace = trace.tb_next
    return trace


def limited() -> str:
    """Which limit on memory this process has, to be said behind a sentence."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    except (ImportError, OSError, ValueError):
        return ""
    return "" if limit < 0 else f"; its address space is limited to {limit >> 20} MiB (ulimit -v)"


class Sink:
    """A file that keeps nothing and has enough after a megabyte."""

    size = 0

    def write(self, data: Any) -> int:
        """Count. Raises EOFError when a megabyte has come through."""
        self.size += len(data)
        if self.size > 1 << 20:
            raise EOFError
        return len(data)


def unpicklable(value: Any) -> str | None:
    """Why pickle does not take a value; None when it does, as far as its first megabyte tells."""
    import pickle

    try:
        pickle.dump(value, Sink())
    except EOFError:
        return None
    except Exception as error:
        return str(error)
    return None

"""Puts a new text in the place of a user's file: all of it or nothing, wherever we are stopped."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from runner.text.diagnostics import Refused, diagnose


def replace(path: Path | str, content: bytes) -> None:
    """Write a file beside it, with its mode, and give that its name; a link stays, and what it leads to is replaced.

    Raises Refused (E961): it cannot be written.
    """
    target = os.path.realpath(path)
    temporary = None
    try:
        if os.path.exists(target) and not os.access(target, os.W_OK):
            raise PermissionError(13, "it is read-only")
        number, temporary = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=os.path.dirname(target))
        with open(number, "wb") as file:
            file.write(content)
            os.fchmod(number, os.stat(target).st_mode & 0o7777)
            os.fsync(number)
        os.replace(temporary, target)
    except OSError as error:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None


def encoded(text: str, before: bytes) -> bytes:
    """The bytes of a text, its line ends those of the first line of what was there before."""
    dos = before.partition(b"\n")[0].endswith(b"\r")
    return (text.replace("\n", "\r\n") if dos else text).encode()

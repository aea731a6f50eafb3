"""What the machine refuses (a full disk, too many open files), in one sentence with what to do about it."""

from __future__ import annotations

import errno
import os

from runner.text.diagnostics import Diagnostic, diagnose

ROOM, LIMIT = "make room there", "close other programs, raise the limit (`ulimit -n`), or lower `-j`"
CURES: dict[int, str] = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EFBIG: "raise the limit of file sizes (`ulimit -f`)",
    errno.EROFS: "make that place writable, or work in a copy of the project",
    errno.EACCES: "see to the permissions of that place",
    errno.EPERM: "see to the permissions of that place",
    errno.EMFILE: LIMIT,
    errno.ENFILE: LIMIT,
    errno.EAGAIN: "end other processes, raise the limit (`ulimit -u`), or lower `-j`",
    errno.ENOMEM: "end other processes, or lower `-j`",
    errno.EIO: "look at the disk or the connection to it",
    errno.ESTALE: "mount that place again",
    errno.ENODEV: "mount that place again",
    errno.ENXIO: "mount that place again",
    errno.ETIMEDOUT: "look at the connection to that place",
    errno.EHOSTDOWN: "look at the connection to that place",
    errno.ENOENT: "put back what somebody has removed",
    errno.ENOTDIR: "take away what stands there",
    errno.EISDIR: "take away what stands there",
    errno.ELOOP: "mend the links on the way to it",
    errno.ENAMETOOLONG: "choose shorter names, or a folder with a shorter path",
    errno.EBUSY: "wait for who uses it",
    errno.ETXTBSY: "wait for who uses it",
}
"""Errors that the place around us gives; any other one (EBADF, EINVAL) would be a fault of ours."""


def trouble(error: OSError, code: str = "E705", then: str | None = None) -> Diagnostic | None:
    """The problem `code` for what the machine refused; None where the fault would be ours.

    then: what to do when its cause is gone."""
    cure = CURES.get(error.errno or 0)
    why = told(error)
    if error.errno == errno.ENOENT and not error.filename:
        why, cure = "the folder that you are in is gone", None if _here() else "go to one that is there"
    if cure is None:
        return None
    return diagnose(code, None, why=why, hint=f"{cure}, then {then}" if then else cure)


def _here() -> bool:
    """Whether the working directory is still there."""
    try:
        return bool(os.getcwd())
    except OSError:
        return False


def told(error: OSError) -> str:
    """What was refused, and where; the path as seen from here."""
    why = error.strerror or str(error)
    if error.filename is None or isinstance(error.filename, int):
        return why
    path = os.fsdecode(error.filename)
    try:
        near = os.path.relpath(path)
    except (OSError, ValueError):  # there is no here any more
        near = path
    return f"{why}: `{path if near.startswith('..') else near}`"

"""The end of a forked step: what an interpreter does when it ends, less the taking down that nobody would see.

Taking down touches every page that is shared with the server and costs more than the rest of a small step. It is left
out when no object is alive whose end does something (an open file, a suspended generator, what has a `__del__`), and no
package with code of its own is loaded, which may have registered an end with the C library.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_WRITING = ("_ctypes", "_dbm", "_gdbm")  # what they have open is written when an object is freed, or nobody knows


def end(code: int, plain: bool, since: str) -> int:
    """End this process with a code; comes back with it when the interpreter must take itself down.

    plain: nothing that was made before the fork needs that; since: the last module that had been loaded then.
    """
    if not plain or foreign(since) or finalised(gc.get_objects()):
        gc.unfreeze()
        return code
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()  # waits for threads that are no daemons
    run: Any = atexit._run_exitfuncs
    with contextlib.suppress(BaseException):  # it has been told
        run()
    if finalised(gc.get_objects()):  # by threads and exit functions
        gc.unfreeze()
        return code
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None and not stream.closed:
                stream.flush()
        except Exception:  # an interpreter says so, and ends with a code for it
            gc.unfreeze()
            return code
    os._exit(code)


def foreign(since: str) -> bool:
    """Has a compiled module been loaded that is not of the standard library, or one that may use any C library?

    since: the last module that was loaded before. The order of the table is that of loading; those before are not
    touched.
    """
    own = os.path.dirname(os.__file__) + os.sep
    try:
        for name in reversed(sys.modules):
            if name == since:
                break
            file = getattr(sys.modules[name], "__file__", None) or ""
            if name in _WRITING or (file.endswith(".so") and (not file.startswith(own) or "-packages" in file)):
                return True
    except RuntimeError:  # a thread imports something
        return True
    return False


def last() -> str:
    """The last module that has been loaded."""
    return next(reversed(sys.modules))


def finalised(objects: Iterable[Any]) -> bool:
    """Would the end of one of them do something?"""
    return any(hasattr(kind, "__del__") for kind in set(map(type, objects)))

"""The end of a forked step: what an interpreter does when it ends, less the taking down that nobody would see.

Taking down touches every page that is shared with the server and costs more than the rest of a small step. It is left
out when no object is alive whose end does something (an open file, a suspended generator, what has a `__del__`), and no
package with code of its own is loaded, which may have registered an end with the C library.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_FLUSH_FAILED = 120  # what an interpreter exits with when its last output can't be written


def end(code: int, plain: bool) -> int:
    """End this process with a code; comes back with it when the interpreter must take itself down.

    plain: nothing that was made before the fork needs that.
    """
    if not plain or foreign() or finalised(gc.get_objects()):
        gc.unfreeze()
        return code
    threading = sys.modules.get("threading")
    if threading is not None:
        threading._shutdown()  # waits for threads that are no daemons
    import atexit

    run: Any = atexit._run_exitfuncs
    with contextlib.suppress(BaseException):  # it has been told
        run()
    if finalised(gc.get_objects()):  # by threads and exit functions
        gc.unfreeze()
        return code
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            code = code or _FLUSH_FAILED
    os._exit(code)


def foreign() -> bool:
    """Is a compiled module loaded that is not of the standard library, or may C libraries be in use through ctypes?"""
    if "_ctypes" in sys.modules:
        return True
    own = os.path.dirname(os.__file__) + os.sep
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and file.endswith((".so", ".pyd")) and (not file.startswith(own) or "-packages" in file):
            return True
    return False


def finalised(objects: Iterable[Any]) -> bool:
    """Would the end of one of them do something?"""
    return any(hasattr(kind, "__del__") for kind in set(map(type, objects)))

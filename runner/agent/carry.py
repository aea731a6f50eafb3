"""`carry DIR`: this Python, with all that it needs to run, into a folder: then it runs in images that have none.

It is started by its own loader, so that of the image does not matter: `ld --library-path so bin/python3`.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import sysconfig

LD, SO, PYTHON = "ld", "so", "bin/python3"
NEEDED = (
    "bz2", "ctypes", "hashlib", "json", "lzma", "mmap", "resource", "select", "socket", "ssl", "subprocess", "tempfile",
    "uuid", "zlib",
)  # fmt: skip
LEFT = ("__pycache__", "config-*", "ensurepip", "idlelib", "lib2to3", "site-packages", "dist-packages", "test",
        "tkinter", "turtledemo")  # fmt: skip


def carry(folder: str) -> None:
    """Copy it. Raises OSError."""
    for name in NEEDED:  # what is loaded is what they need
        with contextlib.suppress(ImportError):
            __import__(name)
    so = os.path.join(folder, SO)
    os.makedirs(so)
    os.makedirs(os.path.join(folder, "bin"))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    library = os.path.join(folder, "lib", version)
    shutil.copytree(sysconfig.get_path("stdlib"), library, ignore=shutil.ignore_patterns(*LEFT))
    dynamic = os.path.join(sysconfig.get_path("platstdlib"), "lib-dynload")
    if os.path.isdir(dynamic) and not os.path.isdir(os.path.join(library, "lib-dynload")):
        shutil.copytree(dynamic, os.path.join(library, "lib-dynload"))
    shutil.copy(os.path.realpath(sys.executable), os.path.join(folder, PYTHON))
    for path in _loaded():
        for name in _names(path):
            shutil.copy(path, os.path.join(so, name))
        if os.path.basename(path).startswith("ld"):
            shutil.copy(path, os.path.join(folder, LD))


def _loaded() -> set[str]:
    """Shared libraries of this process, extension modules aside."""
    found = set()
    with open("/proc/self/maps", encoding="utf-8") as maps:
        for line in maps:
            path = line.split(None, 5)[5].strip() if line.count("/") else ""
            if ".so" in os.path.basename(path) and "lib-dynload" not in path:
                found.add(path)
    return found


def _names(path: str) -> set[str]:
    """A library is asked for by the names of links to it."""
    folder, name = os.path.split(path)
    found = {name}
    for entry in os.scandir(folder):
        if entry.is_symlink() and os.path.realpath(entry.path) == path:
            found.add(entry.name)
    return found

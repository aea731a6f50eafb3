"""Imports the module of a step in a server, and finds out whether it may be forked after that.

A step must find what a fresh interpreter would give it. So the import must leave nothing behind but modules, do nothing
to the world, and not depend on its moment or its step (evidence.py). Files that it read are watched, as its sources.
"""

from __future__ import annotations

import gc
import os
import sys
import time

from runner.agent import ending, evidence

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_DOES = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.remove",
    "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod", "os.chown", "os.utime",
    "os.chdir", "os.fchdir", "os.kill", "os.setxattr", "shutil.", "tempfile.", "sqlite3.",
    "sys.setprofile", "sys.settrace", "sys.addaudithook", "urllib.", "http.", "ftplib.", "smtplib.",
)  # fmt: skip
_READS = ("open", "os.listdir", "os.scandir")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_UNSEEN = ("/proc/", "/sys/", "/dev/")


class Watch:
    """What happens while it is on: why the import was no mere import, the files it read, the names it asked for."""

    def __init__(self, libraries: list[str]) -> None:
        self.on = False
        self.libraries = libraries
        self.random: Any = None  # the module, and its state before it was used
        self.drawn: Any = None
        self.unsafe: str | None = None
        self.read: set[str] = set()
        self.asked: list[str] = []
        sys.addaudithook(self.hear)

    def say(self, why: str) -> None:
        """Keep the first reason."""
        self.unsafe = self.unsafe or why

    def hear(self, event: str, args: tuple[Any, ...]) -> None:
        """The audit hook. A hook can't be taken away again, so it does next to nothing when it is off."""
        if not self.on:
            return
        if event == "import":
            self.asked.append(args[0])
            if args[0] == "random":
                self.on = False
                self.random = early("random", self.libraries)
                self.drawn = self.random and self.random.getstate()
                self.on = True
        elif event in _READS or event.startswith(_DOES):
            machinery = sys._getframe(1).f_code.co_filename.startswith("<frozen importlib")
            if event == "open":
                self.opened(machinery, *args[:3])
            elif machinery:  # it keeps compiled modules
                return
            elif event in _READS:
                self.seen("." if not args or args[0] is None else args[0])
            else:
                self.say(f"its import does `{event}`")

    def opened(self, machinery: bool, path: Any, mode: Any, flags: Any) -> None:
        """A file was opened. Of what the import machinery opens, data of packages counts."""
        if path == os.devnull:
            return
        writes = set(mode) & set("wax+") if isinstance(mode, str) else isinstance(flags, int) and flags & _WRITING
        if machinery and (writes or str(path).endswith((".py", ".pyc", ".so"))):
            return
        if writes:
            self.say("its import writes a file")
        else:
            self.seen(path)

    def seen(self, path: Any) -> None:
        """A file or folder was read."""
        if isinstance(path, int):
            self.say("its import reads a descriptor")
        else:
            self.read.add(os.path.abspath(os.fsdecode(path)))


class Variables(dict):  # type: ignore[type-arg]
    """The data of os.environ while the module is imported: which step it is must not matter."""

    watch: Watch

    def __getitem__(self, name: Any) -> Any:
        if name.startswith(b"RUNNER_"):
            self.watch.say("its import reads variables of the step")
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[Any]:
        self.watch.say("its import reads all variables")
        return super().__iter__()


class Imported:
    """Why it is unsafe to fork now or None, what to watch, and whether steps may end at once (ending.py)."""

    def __init__(self, unsafe: str | None, watch: Iterable[str] = (), plain: bool = False) -> None:
        self.unsafe, self.watch, self.plain = unsafe, sorted(watch), plain


def bring(child: Any, task: dict[str, Any], libraries: list[str]) -> Imported:
    """Import the module of a task as its process would."""
    watch, since = Watch(libraries), ending.last()
    child.find_from(task)
    gc.freeze()  # what is found later is the module's
    before, began = evidence.State(), time.time_ns()
    watched = Variables(os.environ._data)  # type: ignore[attr-defined]
    watched.watch = watch
    swap(watched)
    try:
        watch.on = True
        module = child.imported(task["module"])
        watch.on = False
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        return Imported(f"its import fails: {type(error).__name__}")
    finally:
        watch.on = False
        swap(dict(watched.items()))
    if sys.argv != [getattr(module, "__file__", None)]:
        return Imported("its import changes sys.argv")
    objects = gc.get_objects()
    inner = tuple(folder + os.sep for folder in libraries)
    sources = {name: file for name, file in files() if not file.startswith(inner)}
    why = (
        watch.unsafe
        or before.left()
        or evidence.moments(sources)
        or evidence.generators(objects, watch.random, watch.drawn)
    )
    read = {path for path in watch.read if path not in libraries and not path.startswith((*inner, *_UNSEEN))}
    read.update(sources.values(), missing(watch.asked, task["root"]))
    read.update(path for path in unwritten() if not path.startswith(inner))
    if not why and any(changed(path, began) for path in read):
        why = "what it reads changes meanwhile"
    return Imported(why, read, not ending.foreign(since) and not ending.finalised(objects))


def swap(data: dict[bytes, bytes]) -> None:
    """Put another table behind os.environ, which every module may have a hold of."""
    os.environ._data = data  # type: ignore[attr-defined]
    os.environb._data = data  # type: ignore[attr-defined]


def early(name: str, libraries: list[str]) -> Any:
    """A module of the standard library, loaded now; None where the project has its own of that name."""
    specs = (finder.find_spec(name, None) for finder in sys.meta_path)
    spec = next((found for found in specs if found is not None), None)
    if spec is None or os.path.dirname(spec.origin or "") not in libraries:
        return None
    return __import__(name)


def files() -> Iterator[tuple[str, str]]:
    """Modules that come from files, but for ours that is run."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and name != "__main__":
            yield name, os.path.abspath(file)


def missing(asked: Iterable[str], root: str) -> Iterator[str]:
    """Where modules would lie that were asked for and not found: a step may write one."""
    for name in asked:
        above, _, last = name.rpartition(".")
        if name in sys.modules or (above and above not in sys.modules):
            continue
        for folder in getattr(sys.modules[above], "__path__", ()) if above else (root,):
            yield os.path.join(folder, last + ".py")
            yield os.path.join(folder, last)


def unwritten() -> Iterator[str]:
    """What would take the place of folders that are packages without a file of their own."""
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) is None:
            for folder in getattr(module, "__path__", ()):
                yield from (os.path.join(folder, "__init__.py"), folder + ".py")


def changed(path: str, since: int) -> bool:
    """Was a file changed after a time, in ns?"""
    try:
        return os.stat(path).st_mtime_ns > since
    except OSError:
        return False


def finders(root: str) -> list[Any]:
    """What remembers which modules lie below the root."""
    found = [finder for path, finder in sys.path_importer_cache.items() if path.startswith(root)]
    return [finder for finder in found if hasattr(finder, "invalidate_caches")]

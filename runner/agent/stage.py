"""Before and after an attempt: outputs made room for, an isolated tree, outputs found and kept (N23, N38, N47, N48)."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from runner.agent.catalog import Catalog, MissingBlob
from runner.agent.slots import remove
from runner.rules.paths import is_pattern, matches


class Work(NamedTuple):
    """Where an attempt runs: `root` is what its paths open from, `cwd` where its command starts.

    `ways` holds, of each output, what its folder really is before the command runs.
    """

    root: str
    cwd: str
    isolated: bool
    ways: Mapping[str, str]


class StageError(Exception):
    """An attempt can't start or can't be kept; `reason` is one of the closed list, `status` failed or errored."""

    def __init__(self, reason: str, message: str, status: str = "failed", exit: int | None = None) -> None:
        super().__init__(message)
        self.reason, self.status, self.exit = reason, status, exit


def place(call: Mapping[str, Any]) -> Work:
    """Where an attempt will run; nothing is touched."""
    isolated = bool(call.get("isolate"))
    root = os.path.join(call["scratch"], "tree") if isolated else call["root"]
    workdir = call.get("workdir")
    return Work(root, (os.path.join(root, workdir).rstrip("/") or "/") if workdir else root, isolated, {})


def prepare(call: Mapping[str, Any], work: Work, catalog: Catalog) -> Work:
    """Make the place ready: parents of outputs, no leftovers of them, the isolated tree if asked for (StageError).

    Inputs of which the call names the content (`stored`: path -> sha256, mode) come from the catalog.
    """
    outputs = call.get("outputs") or ()
    inputs = call.get("inputs") or ()
    for path in (*(o["path"] for o in outputs), *inputs):
        check_path(path)
    ways = {}
    try:
        stored = call.get("stored") or {}
        for path in inputs:
            if path not in stored and not os.path.exists(os.path.join(call["root"], path)) and not _below(path, stored):
                raise StageError("stage-in", f"the input `{path}` is not there", "errored")
        if work.isolated:
            _isolate(call, work.root)
        for path, kept in stored.items():
            fetch(catalog, kept["sha256"], os.path.join(work.root, path), kept.get("mode"))
        taken = set(inputs)
        for output in outputs:
            _make_room(work.root, output, taken)
            path = output["path"]
            if "*" not in path:
                ways[path] = os.path.realpath(os.path.dirname(os.path.join(work.root, path.rstrip("/"))))
    except OSError as error:
        raise StageError("stage-in", _say(error), "errored") from error
    if call.get("workdir") and not os.path.isdir(work.cwd):
        raise no_folder(call["workdir"])
    return work._replace(ways=ways) if ways else work


def _below(folder: str, paths: Iterable[str]) -> bool:
    return any(path.startswith(folder.rstrip("/") + "/") for path in paths)


def no_folder(path: str) -> StageError:
    """A command has nowhere to start in."""
    return StageError("stage-in", f"the folder `{path}` to start in does not exist", "errored")


def check_path(path: str) -> None:
    """N46: no NUL or newline, and inside the project; raises StageError (bad-param)."""
    shown = repr(path)
    if "\0" in path:
        raise StageError("bad-param", f"the path {shown} holds a NUL")
    if "\n" in path:
        raise StageError("bad-param", f"the path {shown} holds a newline")
    if path.startswith("/") or ".." in path.split("/") or not path.strip("/"):
        raise StageError("bad-param", f"the path {shown} leaves the project")


def expand(root: str, pattern: str) -> list[str]:
    """The files below `root` that a pattern names, sorted; links count as what they lead to, dangling ones too."""
    if not is_pattern(pattern):
        return [pattern] if os.path.lexists(os.path.join(root, pattern)) else []
    parts = pattern.split("/")
    fixed = 0
    while fixed < len(parts) - 1 and "*" not in parts[fixed]:
        fixed += 1
    rest = parts[fixed:]
    deep = "**" in pattern or pattern.endswith("/")
    hidden = any(part.startswith(".") for part in rest)
    base = "/".join(parts[:fixed])
    return sorted(path for path in _walk(root, base, 0 if deep else len(rest), hidden) if matches(pattern, path))


def _walk(root: str, base: str, depth: int, hidden: bool) -> Iterator[str]:
    """Files below root/base, at most `depth` parts down (0: all); a folder inside itself by a link is an OSError."""
    todo: list[tuple[str, int, tuple[tuple[int, int], ...]]] = [(base, 1, ())]
    while todo:
        folder, level, above = todo.pop()
        full = os.path.join(root, folder)
        try:
            info = os.stat(full)
        except OSError:
            continue
        if not stat.S_ISDIR(info.st_mode):
            continue
        here = (info.st_dev, info.st_ino)
        if here in above:
            raise OSError(f"`{folder}` is a link to a folder above itself")
        with os.scandir(full) as entries:
            for entry in entries:
                if entry.name == ".runner" or (entry.name.startswith(".") and not hidden):
                    continue
                path = f"{folder}/{entry.name}" if folder else entry.name
                if entry.is_dir():
                    if not depth or level < depth:
                        # Only a link can lead upwards, so ancestors are noted only once there is one.
                        todo.append((path, level + 1, (*above, here) if above or entry.is_symlink() else above))
                else:
                    yield path


def _make_room(root: str, output: Mapping[str, Any], taken: set[str]) -> None:
    path: str = output["path"]
    fixed = path.split("*")[0] if "*" in path else path.rstrip("/")
    folder = os.path.dirname(fixed)
    if folder:
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    if output.get("carry") or path in taken:
        return
    full = os.path.join(root, path.rstrip("/"))
    if not is_pattern(path):
        if os.path.islink(full) or not os.path.isdir(full):  # a folder there is an error of the declaration, told later
            with contextlib.suppress(FileNotFoundError):
                os.unlink(full)
    elif "*" not in path and os.path.islink(full):
        os.unlink(full)
    elif "*" not in path and not any(i.startswith(path) for i in taken):
        if os.path.isdir(full):
            remove(full)
    else:
        for found in expand(root, path):
            if found not in taken:
                os.unlink(os.path.join(root, found))


def collect(
    call: Mapping[str, Any], work: Work, catalog: Catalog, ok: bool, extra: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Find the outputs, keep them in the catalog, bring them back from an isolated tree; raises StageError.

    ok: False takes only what is `always` or `carry`, and misses nothing. extra: paths that `step.put` named.
    """
    outputs = [*(call.get("outputs") or ()), *({"path": p, "kind": "file"} for p in extra)]
    if not ok:
        outputs = [{**o, "optional": True} for o in outputs if o.get("always") or o.get("carry")]
    entries: list[dict[str, Any]] = []
    for output in outputs:
        path = output["path"]
        check_path(path)
        try:
            found = expand(work.root, path)
        except OSError as error:
            raise StageError("missing-output", _say(error)) from error
        found = [p for p in found if _reaches(work, path, p, output)]
        if not found and not output.get("optional"):
            what = "nothing matches the output" if is_pattern(path) else "the output"
            rest = "" if is_pattern(path) else " is missing"
            raise StageError("missing-output", f"{what} `{path}`{rest}")
        for one in found:
            try:
                kept = catalog.put(os.path.join(work.root, one))
            except OSError as error:
                raise StageError("stage-out", _say(error), "errored") from error
            named = {"name": output["name"]} if output.get("name") else {}
            axes = {axis: output[axis] for axis in ("x", "y") if axis in output}
            entries.append({**named, "path": one, **kept, "kind": output.get("kind", "file"), **axes})
        if work.isolated and not call.get("remote"):
            try:
                _bring_back(call["root"], work.root, path, found)
            except OSError as error:
                raise StageError("stage-out", _say(error), "errored") from error
    return entries


def _reaches(work: Work, declared: str, path: str, output: Mapping[str, Any]) -> bool:
    """Is there a file at an output's path? A dangling link is missing, one that leads out of the project an error."""
    full = os.path.join(work.root, path)
    try:
        info = os.stat(full)
    except OSError:
        if is_pattern(declared) and not output.get("optional"):
            raise StageError("missing-output", f"the output `{path}` is a link to nothing") from None
        return False
    if stat.S_ISDIR(info.st_mode):
        if output.get("optional"):
            return False
        raise StageError("missing-output", f"the output `{path}` is a folder: write `{path}/`")
    root = os.path.realpath(work.root)
    way = work.ways.get(declared, root)
    real = os.path.realpath(full)
    if _inside(real, root) or _inside(real, way):
        return True
    # Links that were there before the run may lead anywhere: then the folder itself is still where it was.
    if "*" in declared and not os.path.islink(full):
        return True
    raise StageError("missing-output", f"the output `{path}` is a link that leads out of the project, to `{real}`")


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _bring_back(root: str, tree: str, declared: str, found: list[str]) -> None:
    if is_pattern(declared):
        kept = set(found)
        for stale in expand(root, declared):
            if stale not in kept:
                os.unlink(os.path.join(root, stale))
    for path in found:
        _copy(os.path.join(tree, path), os.path.join(root, path))


def _copy(source: str, dest: str) -> None:
    """Copy a file, links followed, over whatever file or link is at `dest`, at once."""
    os.makedirs(os.path.dirname(dest), exist_ok=True)
    temporary = f"{dest[: -len(os.path.basename(dest))]}.{os.path.basename(dest)[:100]}.{os.getpid()}.tmp"
    import shutil  # dear, and only for isolated steps

    shutil.copyfile(source, temporary)
    shutil.copymode(source, temporary)
    os.rename(temporary, dest)


def _isolate(call: Mapping[str, Any], tree: str) -> None:
    """Fill the empty folder `tree` with the project's files and the inputs (N38)."""
    root = call["root"]
    os.makedirs(tree)
    carried = [o["path"] for o in call.get("outputs") or () if o.get("carry")]
    wanted = dict.fromkeys(call["project"] if "project" in call else project_files(root))
    stored = call.get("stored") or {}
    for path in (*(call.get("inputs") or ()), *carried):
        if path in stored:
            continue
        wanted.update(dict.fromkeys(expand(root, path)))
    outputs = [o["path"] for o in call.get("outputs") or () if not o.get("carry")]
    inputs = set(call.get("inputs") or ())
    left = {path for path in wanted if any(matches(o, path) for o in outputs) and path not in inputs}
    for path in files_of(root, (path for path in wanted if path not in stored and path not in left)):
        _copy(os.path.join(root, path), os.path.join(tree, path))
    workdir = call.get("workdir")
    if workdir and os.path.isdir(os.path.join(root, workdir)):
        os.makedirs(os.path.join(tree, workdir), exist_ok=True)


def strays(root: str, paths: Iterable[str]) -> Iterator[str]:
    """Of files, folders and patterns, the files that a link leads to outside `root`. Raises OSError."""
    real = os.path.realpath(root)
    for one in files_of(root, (found for path in paths for found in expand(root, path))):
        if not _inside(os.path.realpath(os.path.join(root, one)), real):
            yield one


def files_of(root: str, paths: Iterable[str]) -> Iterator[str]:
    """The files that these paths lead to; what leads to a folder (git lists a link to one as one entry) stands for
    all below it."""
    for path in paths:
        source = os.path.join(root, path)
        if os.path.isdir(source):
            yield from _walk(root, path, 0, True)
        elif os.path.isfile(source):
            yield path


def project_files(root: str) -> list[str]:
    """What git lists; without git all but `.runner`, dot-folders and environments."""
    found = listed(root)
    return sorted(_unlisted(root)) if found is None else found


def listed(root: str) -> list[str] | None:
    """What git lists below `root`, tracked and new but not ignored, sorted; None without git."""
    import subprocess

    ask = ["git", "-C", root, "ls-files", "-z"]
    found: list[str] = []
    try:
        for flags in (["--cached", "--recurse-submodules"], ["--others", "--exclude-standard"]):
            done = subprocess.run([*ask, *flags], stdin=subprocess.DEVNULL, capture_output=True, check=True)
            found += [os.fsdecode(name) for name in done.stdout.split(b"\0") if name]
    except (OSError, subprocess.CalledProcessError):
        return None
    return sorted({path for path in found if path.split("/")[0] != ".runner"})


def _unlisted(root: str) -> Iterator[str]:
    todo = [""]
    while todo:
        folder = todo.pop()
        with os.scandir(os.path.join(root, folder)) as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if not entry.is_dir():
                    yield path
                elif not entry.name.startswith(".") and not _environment(entry.path) and not entry.is_symlink():
                    todo.append(path)
                elif entry.is_symlink() and not entry.name.startswith("."):
                    yield path


def _environment(folder: str) -> bool:
    return os.path.exists(os.path.join(folder, "pyvenv.cfg")) or os.path.isdir(os.path.join(folder, "conda-meta"))


def fetch(catalog: Catalog, sha: str, dest: str, mode: int | None = None) -> None:
    """A blob as a file for the step; raises StageError."""
    try:
        catalog.get(sha, dest, mode)
    except MissingBlob:
        raise StageError("stage-in", f"the catalog has no blob {sha}", "errored") from None
    except OSError as error:
        raise StageError("stage-in", _say(error), "errored") from error


def _say(error: OSError) -> str:
    return (
        f"{error.strerror}: `{error.filename}`" if error.strerror and error.filename else error.strerror or str(error)
    )

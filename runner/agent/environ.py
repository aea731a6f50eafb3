"""The environment of a step: the caller's, less an outer run's, plus ours (N16, N17, N43, N45)."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from runner.agent.named import Named
from runner.agent.stage import StageError, Work

LONGEST = 100 * 1024  # bytes of a value's text; the kernel refuses variables above 128 KiB
_OURS = frozenset(
    """RUNNER_RUN_ID RUNNER_RUN_NAME RUNNER_STEP RUNNER_ITEM RUNNER_ROUND RUNNER_ATTEMPT RUNNER_PARAMS RUNNER_RETURNS
    RUNNER_METRICS RUNNER_PROGRESS RUNNER_CPU RUNNER_MEMORY RUNNER_GPU RUNNER_RUN_STATUS RUNNER_RUN_RECORD""".split()  # noqa: SIM905
)
_PREFIXES = ("RUNNER_UP_", "RUNNER_PARAM_", "RUNNER_FAILED_")


class Parameter(NamedTuple):
    """A value of a step: as JSON (an object: the path of its file), and as the text of its variable, None: unset."""

    value: Any
    text: str | None
    objects: Any = None  # {path, serialiser} of an object, a list of them (and None) for a list of objects


def inherited(environ: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without the variables of an outer run; other RUNNER_* are the user's (N17)."""
    return {
        name: text
        for name, text in environ.items()
        if not name.startswith("RUNNER_") or (name not in _OURS and not name.startswith(_PREFIXES))
    }


def seen(path: str, workdir: str | None, root: str = "") -> str:
    """A path of the project as the command must write it: as it is, or from its workdir (N45)."""
    if not workdir or path.startswith("/"):
        return path
    base = os.path.realpath(os.path.join(root, workdir)) if root else os.path.normpath(workdir)
    found = os.path.relpath(os.path.join(os.path.realpath(root), path) if root else path, base)
    return found + "/" if path.endswith("/") else found


def parameters(call: Mapping[str, Any], work: Work, fetch: Callable[[str, str], None]) -> dict[str, Parameter]:
    """What the step takes, by name; objects are brought by `fetch(sha, path)`. Raises StageError (N46)."""
    found: dict[str, Parameter] = {}
    for name, value in (call.get("params") or {}).items():
        if is_object(value):
            kept = _object(value, os.path.join(call["scratch"], "objects", name), fetch)
            found[name] = Parameter(kept["path"], kept["path"], kept)
        elif isinstance(value, list) and any(is_object(one) for one in value):
            folder = os.path.join(call["scratch"], "objects", name)
            many = [_object(one, os.path.join(folder, str(i)), fetch) for i, one in enumerate(value)]
            paths: list[Any] = [kept["path"] if kept else None for kept in many]
            found[name] = Parameter(paths, "\n".join(kept["path"] if kept else "" for kept in many), many)
        else:
            found[name] = Parameter(value, None if value is None else _text(value))
    workdir = call.get("workdir")
    for name, value in (call.get("files") or {}).items():
        if isinstance(value, list):
            paths = [seen(path, workdir, work.root) for path in value]
            found[name] = Parameter(paths, "\n".join(paths))
        elif value is not None:
            path = seen(value, workdir, work.root)
            found[name] = Parameter(path, path)
    return found


def is_object(value: Any) -> bool:
    """Is this what stands for an object in values: {"$object": {sha256, size, serialiser}}?"""
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("$object"), dict)


def _object(value: Any, path: str, fetch: Callable[[str, str], None]) -> Any:
    """An object as a file, or what stands in its place in a list (None of an item that failed)."""
    if not is_object(value):
        return None
    fetch(value["$object"]["sha256"], path)
    return {"path": path, "serialiser": value["$object"].get("serialiser", "pickle")}


def variables(call: Mapping[str, Any], work: Work, params: Mapping[str, Parameter]) -> dict[str, str]:
    """Our own variables for this attempt, and those of the step's `env`. Raises StageError (bad-param).

    The file of RUNNER_PARAMS is for `keep_params` to write.
    """
    scratch = call["scratch"]
    run = call.get("run") or {}
    env = {
        "RUNNER_RUN_ID": str(run.get("id", "")),
        "RUNNER_RUN_NAME": str(run.get("name", "")),
        "RUNNER_STEP": call.get("path", ""),
        "RUNNER_ATTEMPT": str(call.get("n", 1)),
        "RUNNER_PARAMS": params_file(call, params),
        "RUNNER_RETURNS": scratch + "/returns",
        "RUNNER_METRICS": scratch + "/metrics",
        "RUNNER_PROGRESS": scratch + "/progress",
        "PWD": work.cwd,
    }
    if call.get("item"):
        env["RUNNER_ITEM"] = json.dumps(call["item"], separators=(",", ":"), ensure_ascii=False)
    if call.get("round") is not None:
        env["RUNNER_ROUND"] = str(call["round"])
    resources = call.get("resources") or {}
    for name in ("cpu", "memory", "gpu"):
        if resources.get(name) is not None:
            env["RUNNER_" + name.upper()] = _text(resources[name])
    failed = call.get("failed")
    if failed:
        env["RUNNER_FAILED_STEP"] = str(failed["step"])
        env["RUNNER_FAILED_EXIT_CODE"] = "" if failed.get("exit_code") is None else str(failed["exit_code"])
        env["RUNNER_FAILED_LOG"] = str(failed.get("log") or "")
    last = call.get("finally")
    if last:
        env["RUNNER_RUN_STATUS"] = str(last["status"])
        env["RUNNER_RUN_RECORD"] = str(last.get("record") or "")
    for name, param in params.items():
        if param.text is not None and fits(param.text):
            env["RUNNER_PARAM_" + name] = param.text
    env.update(call.get("env") or {})
    for name, text in env.items():
        if "\0" in text:
            raise StageError("bad-param", f"`{name.replace('RUNNER_PARAM_', '', 1)}` holds a NUL: {text[:60]!r}")
    return env


def fits(text: str) -> bool:
    """Whether a value may stand in a variable (N16)."""
    return len(text) <= LONGEST // 4 or (
        len(text) <= LONGEST and len(text.encode("utf-8", "surrogateescape")) <= LONGEST
    )


def params_file(call: Mapping[str, Any], params: Mapping[str, Parameter]) -> str:
    """The path of the JSON file with all parameters, beside the scratch folder; one without any serves all."""
    scratch: str = call["scratch"]
    return f"{scratch}.params.json" if params else os.path.dirname(scratch) + "/no-params.json"


def keep_params(path: str, params: Mapping[str, Parameter]) -> None:
    """Write the file of RUNNER_PARAMS. Raises OSError.

    The next attempt of the slot writes over it: to make a new file costs several times as much, and so does one that
    is cut to nothing first.
    """
    if not params and os.path.exists(path):
        return
    data = memoryview(json.dumps({name: p.value for name, p in params.items()}).encode("ascii"))
    fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        with Named(path):
            at = os.write(fd, data)
            while at < len(data):
                at += os.write(fd, data[at:])
            os.ftruncate(fd, at)
    except OSError:  # what is cut off must not be taken for the whole
        with contextlib.suppress(OSError):
            os.unlink(path)
        raise
    finally:
        os.close(fd)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    from runner.rules.values import to_text  # large, and most steps take text or nothing

    return to_text(value)

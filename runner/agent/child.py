"""The interpreter of a `python` step: `python child.py TASK`. Calls one function, writes what it gave (N13, N14, N44).

Runs in the user's Python, by path. Of ours the user's code can import `runner` and `runner_up`, unless it has its own.
`python child.py --serve` is a server that forks a process for each step, which then goes on here (forkserver.py).
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False  # `typing` costs more than all the rest that a plain step needs
if TYPE_CHECKING:
    from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))
_PLAIN = "return plain data: numbers, text, lists, tables"


class BadReturn(Exception):
    """What the function returned is not what the step declares."""


class Ours:
    """Our helpers, loaded when they are needed and under no name that the user's code could meet."""

    def __init__(self, package: str) -> None:
        self.package = package

    def __getattr__(self, name: str) -> Any:
        """`convert`, `failure`, `reduce` or `values`."""
        import importlib

        where = f"runner.{'rules' if name == 'values' else 'agent'}.{name}"
        above = os.path.dirname(self.package)
        hidden = {found: sys.modules.pop(found) for found in list(sys.modules) if found.split(".")[0] == "runner"}
        sys.path.insert(0, above)
        try:
            module = importlib.import_module(where)
        finally:
            sys.path.remove(above)
            for found in [found for found in sys.modules if found.split(".")[0] == "runner"]:
                del sys.modules[found]
            sys.modules.update(hidden)
        setattr(self, name, module)
        return module


class Finder:
    """Finds `runner` and `runner_up` when nobody else does: it stands last."""

    def __init__(self, package: str) -> None:
        self.package = package

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """The spec of our package, None for every other name."""
        if name not in ("runner", "runner_up"):
            return None
        from importlib.util import spec_from_file_location

        start = os.path.join(self.package, "__init__.py")
        return spec_from_file_location(name, start, submodule_search_locations=[self.package])


def prepare() -> None:
    """Make the interpreter what any user code expects: lines written as they end, no folder of ours on the path."""
    if sys.path and os.path.abspath(sys.path[0] or ".") == _HERE:
        del sys.path[0]
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(line_buffering=True, errors="backslashreplace")
    with_traceback_of_crashes()


def find_from(task: dict[str, Any]) -> None:
    """Modules are found from the root first; ours when nobody else has one of the name."""
    sys.path.insert(0, task["root"])
    sys.meta_path.append(Finder(task["ours"]))


def with_traceback_of_crashes() -> None:
    """A segmentation fault leaves the line of Python that led to it in the log."""
    import faulthandler

    try:
        faulthandler.enable()
    except (OSError, ValueError, RuntimeError):  # there is no stderr
        return


def load(name: str, function: str) -> Any:
    """The function of a module."""
    found = imported(name)
    for part in function.split("."):
        found = getattr(found, part)
    return found


def imported(name: str) -> Any:
    """A module; `sys.argv` is its file from before it runs."""
    found = sys.modules.get(name)
    if found is not None and sys.argv == [getattr(found, "__file__", None)]:  # by the server that we come from
        return found
    import importlib

    above = name.rpartition(".")[0]
    path = importlib.import_module(above).__path__ if above else None
    specs = (finder.find_spec(name, path) for finder in sys.meta_path)
    spec = next((found for found in specs if found is not None), None)
    sys.argv = [spec.origin if spec is not None and spec.origin else name]
    return importlib.import_module(name)


def parameters(task: dict[str, Any], ours: Ours) -> dict[str, Any]:
    """Values by name, objects read from their files. Raises BadParam."""
    found = dict(task["params"])
    for name, kept in task["objects"].items():
        try:
            found[name] = [one and read(one) for one in kept] if isinstance(kept, list) else read(kept)
        except Exception as error:
            why = f"{_by(kept, 'load')}: {type(error).__name__}: {error}"
            raise ours.convert.BadParam(f"the object `{name}` can't be read{why}") from error
    return found


def read(kept: dict[str, Any]) -> Any:
    """An object from its file."""
    with open(kept["path"], "rb") as file:
        return serialiser(kept["serialiser"]).load(file)


def serialiser(name: str | None) -> Any:
    """A module with `dump(object, file)` and `load(file)`: pickle, or one of that form such as dill or joblib."""
    import importlib

    return importlib.import_module(name or "pickle")


def call(function: Any, values: dict[str, Any], ours: Ours) -> Any:
    """Call it by argument names; a coroutine is run to its end."""
    positional, named = ours.convert.arguments(function, values)
    found = function(*positional, **named)
    if hasattr(found, "__await__"):
        import asyncio

        async def wait() -> Any:
            return await found

        return asyncio.run(wait())
    return found


def results(task: dict[str, Any], values: dict[str, Any], ours: Ours) -> dict[str, Any]:
    """What the function gives, by name; of a table of reducers each gives one (N6). Raises BadReturn."""
    if "reduce" not in task:
        found = call(load(task["module"], task["function"]), values, ours)
        return matched(found, [entry["name"] for entry in task["returns"]])
    reduced: dict[str, Any] = {}
    for name, how in task["reduce"].items():
        module, colon, function = how.partition(":")
        if colon:
            reduced[name] = call(load(module, function), values, ours)
            continue
        try:
            reduced[name] = ours.reduce.reduced(how, list(values.get(name) or ()))
        except (TypeError, ValueError) as error:
            raise BadReturn(str(error)) from None
    return reduced


def matched(found: Any, names: list[str]) -> dict[str, Any]:
    """The value of each declared return (N14). Raises BadReturn."""
    if not names:
        return {}
    if len(names) == 1:
        return {names[0]: found}
    fields = getattr(type(found), "__dataclass_fields__", None) or getattr(type(found), "_fields", None)
    if fields is not None and all(name in fields for name in names):
        return {name: getattr(found, name) for name in names}
    if hasattr(found, "keys") and hasattr(found, "__getitem__"):
        keys = set(found.keys())
        absent = [name for name in names if name not in keys]
        if absent:
            raise BadReturn(f"the mapping that the function returned has no `{absent[0]}`")
        return {name: found[name] for name in names}
    if isinstance(found, (tuple, list)):
        if len(found) != len(names):
            raise BadReturn(f"the function returned {len(found)} values, not {len(names)}: {', '.join(names)}")
        return dict(zip(names, found))
    one = "nothing" if found is None else f"one {type(found).__name__}"
    raise BadReturn(f"the function returned {one}, not {len(names)} values: {', '.join(names)}")


def given(values: dict[str, Any], task: dict[str, Any], ours: Ours) -> tuple[dict[str, Any], list[str]]:
    """Returns as JSON or as files, and warnings. Raises BadReturn."""
    found: dict[str, Any] = {}
    warnings: list[str] = []
    for entry in task["returns"]:
        name, kind = entry["name"], entry.get("kind", "json")
        if name not in values:
            continue
        if kind == "object":
            found[name] = {"kind": kind, "path": keep(values[name], name, entry, task), **_how(entry)}
            continue
        value = values[name]
        if kind == "metric" or (value is not None and type(value) not in (bool, int, str)):
            try:
                value = ours.values.json_value(value, kind, name, warnings)
            except RecursionError:
                raise BadReturn(f"the return `{name}` holds itself") from None
            except ours.values.BadReturn as error:
                problem = ours.failure.unpicklable(value) if kind == "json" else None
                raise BadReturn(f"{error}{f'; but that fails too ({problem}): {_PLAIN}' if problem else ''}") from None
        found[name] = {"kind": kind, "json": value}
    return found, warnings


def _how(entry: dict[str, Any]) -> dict[str, Any]:
    return {"serialiser": entry.get("serialiser") or "pickle"}


def _by(kept: Any, function: str) -> str:
    """Whose function failed, of one that was chosen."""
    module = kept.get("serialiser") if isinstance(kept, dict) else None
    return f" by `{module}.{function}`" if module and module != "pickle" else ""


def keep(value: Any, name: str, entry: dict[str, Any], task: dict[str, Any]) -> str:
    """Write an object to a file; its path. Raises BadReturn."""
    os.makedirs(task["give"], exist_ok=True)
    path = os.path.join(task["give"], name)
    try:
        with open(path, "wb") as file:
            serialiser(entry.get("serialiser")).dump(value, file)
    except Exception as error:
        way = "" if isinstance(error, OSError) else f": {_PLAIN}, or name a `serialiser` that takes it"
        problem = (
            f"the return `{name}` ({type(value).__name__}) can't be kept as an object{_by(entry, 'dump')}: {error}"
        )
        raise BadReturn(problem + way) from error
    return path


def words(error: BaseException) -> str:
    """What an exception says; one that fails at that too is named only."""
    try:
        return str(error)
    except Exception:
        return f"(this {type(error).__name__} can't say what it is)"


def raised(error: BaseException, task: dict[str, Any], ours: Ours) -> dict[str, Any]:
    """The result of a function that raised."""
    found: dict[str, Any] = {"error": {"type": type(error).__name__, "message": words(error)}}
    for _ in range(2):
        try:
            if isinstance(error, (BadReturn, ours.values.BadReturn)):
                return refused("bad-return", error)
            if isinstance(error, ours.convert.BadParam):
                return refused("bad-param", error)
            found = ours.failure.raised(error, words(error), task["root"])
            say(found["error"]["traceback"].rstrip("\n"))
            break
        except Exception:  # no memory or descriptor is left for telling it
            let_go(error)
    let_go(error)
    return found


def let_go(error: BaseException | None) -> None:
    """Free what the frames of an exception hold: memory and descriptors that its record needs."""
    for _ in range(20):
        trace = error.__traceback__ if error is not None else None
        while trace is not None:
            frame, trace = trace.tb_frame, trace.tb_next
            try:
                frame.clear()
            except RuntimeError:  # it still runs: ours
                continue
        error = error.__context__ if error is not None else None


def refused(reason: str, error: BaseException) -> dict[str, Any]:
    """The result of a step whose values are wrong; the sentence goes to the log too."""
    say(error)
    return {"reason": reason, "error": {"type": reason, "message": str(error)}}


def say(text: Any) -> None:
    """Print to the log, if the user's code has left it open."""
    try:
        print(text, file=sys.stderr)
    except (OSError, ValueError, AttributeError):
        return


def write(task: dict[str, Any], result: dict[str, Any]) -> None:
    """Leave the result, at once or not at all."""
    temporary = task["result"] + ".tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump(result, file)
    os.rename(temporary, task["result"])


def main(task: dict[str, Any], leave: Any = write, ours: Ours | None = None, prepared: bool = False) -> int:
    """Run the task; the exit code. leave: what the result is left with; prepared: it is done already."""
    ours = ours or Ours(task["ours"])
    if not prepared:
        prepare()
        find_from(task)
    me = os.getpid()
    reserve = bytes(1 << 16)  # to tell of an end for want of memory, some is needed
    result: dict[str, Any] = {}
    code = 0
    try:
        values = parameters(task, ours)
        result["returns"], result["warnings"] = given(results(task, values, ours), task, ours)
    except SystemExit as error:
        code = exit_code(error.code)
        if error.code is not None and not isinstance(error.code, int):
            result["error"] = {"type": "SystemExit", "message": words(error)}
    except BaseException as error:
        del reserve
        if isinstance(error, MemoryError):
            let_go(error)
        result, code = raised(error, task, ours), 130 if isinstance(error, KeyboardInterrupt) else 1
    if os.getpid() != me:  # the function forked and this is the child: the step is its parent
        os._exit(code)
    leave(task, result)
    return code


def read_task(path: str) -> dict[str, Any]:
    """The task from its file."""
    with open(path, encoding="utf-8") as file:
        task: dict[str, Any] = json.load(file)
    return task


def exit_code(code: Any) -> int:
    """What a process makes of SystemExit: none is 0, a number itself, text goes to the log and is 1."""
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    say(code)
    return 1


if __name__ == "__main__":
    if sys.argv[1] != "--serve":
        sys.exit(main(read_task(sys.argv[1])))
    _known, _ours = set(sys.modules), Ours(os.path.dirname(_HERE))
    _start = _ours.forkserver.serve(sys.modules["__main__"], _ours, _known)  # comes back in the process of a step only
    sys.exit(_start.end(main(_start.task, _start.write, _ours, True)))

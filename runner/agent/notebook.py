"""The interpreter of a `notebook` step: `python notebook.py TASK`. Runs a notebook once, through nbclient (N44).

Values go into a cell after the one tagged `parameters`; returns are variables of the notebook when it has ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from importlib import import_module
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))
if sys.path and os.path.abspath(sys.path[0] or ".") == _HERE:
    del sys.path[0]  # our modules are not for the user's code; the kernel adds the root by itself

_NEEDS = "a notebook step needs `nbclient` and `ipykernel` in its Python: pip install nbclient ipykernel"
_EVERY = 1.0  # seconds between two copies of what has run so far


def child() -> Any:
    """Our module for Python steps, by path."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("_runner_child", os.path.join(_HERE, "child.py"))
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def harvest(path: str, space: dict[str, Any]) -> None:
    """Runs inside the kernel, after the last cell: write the returns that stand in its variables."""
    with open(path, encoding="utf-8") as file:
        task = json.load(file)
    helper = child()
    ours = helper.Ours(task["ours"])
    result: dict[str, Any] = {}
    try:
        values = {entry["name"]: space[entry["name"]] for entry in task["returns"] if entry["name"] in space}
        result["returns"], result["warnings"] = helper.given(values, task, ours)
    except (helper.BadReturn, ours.values.BadReturn) as error:
        result = {"reason": "bad-return", "error": {"type": "bad-return", "message": str(error)}}
    helper.write(task, result)


def assignments(task: dict[str, Any]) -> str:
    """The source of the cell with the values."""
    lines = ["# Parameters"]
    for name, value in task["params"].items():
        if name.isidentifier():
            lines.append(f"{name} = {value!r}")
    if task["objects"]:
        lines.append("from pathlib import Path as _Path")
    for name, kept in task["objects"].items():
        many = ", ".join(loaded(one) for one in kept) if isinstance(kept, list) else ""
        lines.append(f"{name} = [{many}]" if isinstance(kept, list) else f"{name} = {loaded(kept)}")
    return "\n".join(lines)


def loaded(kept: dict[str, Any] | None) -> str:
    """The source of an object."""
    if kept is None:
        return "None"
    module = f"__import__('importlib').import_module({kept['serialiser'] or 'pickle'!r})"
    return f"{module}.load(_Path({kept['path']!r}).open('rb'))"


def first(task: dict[str, Any]) -> str:
    """Run in the kernel before the first cell: modules are found from the root, `runner` is importable."""
    return (
        "def _runner_start(root, ours, here):\n"
        "    import sys\n"
        "    from importlib.util import module_from_spec, spec_from_file_location\n"
        "    spec = spec_from_file_location('_runner_child', here + '/child.py')\n"
        "    module = module_from_spec(spec)\n"
        "    spec.loader.exec_module(module)\n"
        "    sys.path[:] = [root] + [p for p in sys.path if p != root]\n"
        "    sys.meta_path.append(module.Finder(ours))\n"
        f"_runner_start({task['root']!r}, {task['ours']!r}, {_HERE!r})\n"
        "del _runner_start\n"
    )


def last(path: str) -> str:
    """Run in the kernel after the last cell."""
    return (
        "def _runner_end(space):\n"
        "    from importlib.util import module_from_spec, spec_from_file_location\n"
        f"    spec = spec_from_file_location('_runner_notebook', {os.path.abspath(__file__)!r})\n"
        "    module = module_from_spec(spec)\n"
        "    spec.loader.exec_module(module)\n"
        f"    module.harvest({path!r}, space)\n"
        "_runner_end(dict(globals()))\n"
    )


class Copy:
    """The executed copy on the disk."""

    def __init__(self, nbformat: Any, notebook: Any, path: str) -> None:
        self.nbformat, self.notebook, self.path, self.at = nbformat, notebook, path, 0.0

    def write(self, force: bool = False) -> None:
        """Write it, if the last time is long ago."""
        if force or time.monotonic() - self.at >= _EVERY:
            self.at = time.monotonic()
            self.nbformat.write(self.notebook, self.path + ".tmp")
            os.rename(self.path + ".tmp", self.path)


def main(path: str) -> int:
    """Run the task; the exit code."""
    with open(path, encoding="utf-8") as file:
        task: dict[str, Any] = json.load(file)
    helper = child()
    try:
        nbclient = import_module("nbclient")
        nbformat = import_module("nbformat")
        exceptions = import_module("nbclient.exceptions")
    except ImportError as error:
        return refuse(helper, task, "no-interpreter", f"{_NEEDS} ({error})")
    source = os.path.join(task["root"], task["notebook"])
    try:
        notebook = nbformat.read(source, as_version=4)
    except Exception as error:
        return refuse(helper, task, "exit", f"`{task['notebook']}` can't be read: {error}")
    inject(nbformat, notebook, assignments(task))
    copy = Copy(nbformat, notebook, task["executed"])
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    client = made(nbclient, notebook, task, copy)
    result: dict[str, Any] = {}
    code = 0
    try:
        run(client, task, path)
    except exceptions.CellExecutionError as error:
        result["error"] = {
            "type": error.ename,
            "message": error.evalue,
            "traceback": plain(str(error)),
            "file": task["notebook"],
        }
        print(result["error"]["traceback"], file=sys.stderr)
        code = 1
    except exceptions.DeadKernelError as error:
        helper.write(task, {"reason": "signal", "error": {"type": "DeadKernelError", "message": died(client, error)}})
        print(died(client, error), file=sys.stderr)
        return 1
    except SystemExit:
        code = 143
    except Exception as error:
        name = type(error).__name__
        if name in ("NoSuchKernel", "ModuleNotFoundError"):
            return refuse(helper, task, "no-interpreter", f"{_NEEDS} ({error})")
        result["error"] = {"type": name, "message": str(error), "file": task["notebook"]}
        print(f"{name}: {error}", file=sys.stderr)
        code = 1
    finally:
        copy.write(force=True)
    if code:
        helper.write(task, result)
        return code
    return outcome(task)


def outcome(task: dict[str, Any]) -> int:
    """0, or 1 when the returns in the kernel could not be taken."""
    try:
        with open(task["result"], encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return 0
    if found.get("reason"):
        print(found["error"]["message"], file=sys.stderr)
        return 1
    return 0


def inject(nbformat: Any, notebook: Any, source: str) -> None:
    """Put the values after the cell tagged `parameters`, else first; a cell of an earlier run is replaced."""
    cells = [c for c in notebook.cells if "injected-parameters" not in c.metadata.get("tags", ())]
    at = next((i + 1 for i, c in enumerate(cells) if "parameters" in c.metadata.get("tags", ())), 0)
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["injected-parameters"]})
    if notebook.get("nbformat_minor", 0) < 5:
        cell.pop("id", None)
    notebook.cells = [*cells[:at], cell, *cells[at:]]


def made(nbclient: Any, notebook: Any, task: dict[str, Any], copy: Copy) -> Any:
    """A client that prints what cells print, as they print it, and writes the copy as it goes."""

    class Client(nbclient.NotebookClient):  # type: ignore[misc]
        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            content = msg.get("content", {})
            if msg.get("msg_type") == "stream":
                stream = sys.stderr if content.get("name") == "stderr" else sys.stdout
                stream.write(content.get("text", ""))
                stream.flush()
            elif msg.get("msg_type") in ("execute_result", "display_data"):
                text = content.get("data", {}).get("text/plain", "")
                print(text, flush=True)
            found = super().process_message(msg, cell, cell_index)
            copy.write()
            return found

    language = notebook.metadata.get("kernelspec", {}).get("language", "python")
    name = notebook.metadata.get("kernelspec", {}).get("name", "python3")
    if language == "python" or name.startswith("python"):
        name = "python3"  # the kernel of this interpreter, whatever its author called his
    return Client(
        notebook, timeout=None, kernel_name=name, record_timing=False, resources={"metadata": {"path": task["cwd"]}}
    )


def run(client: Any, task: dict[str, Any], path: str) -> None:
    """All cells once, then the returns, in the same kernel."""
    python = client.kernel_name == "python3"
    with client.setup_kernel():
        if python:
            hidden(client, first(task))
        for index, cell in enumerate(client.nb.cells):
            client.execute_cell(cell, index)
        if python and task["returns"]:
            hidden(client, last(path))


def hidden(client: Any, source: str) -> None:
    """Run source in the kernel without a cell."""
    reply = client.wait_for_reply(client.kc.execute(source, store_history=False, silent=True))
    content = (reply or {}).get("content", {})
    if content.get("status") == "error":
        print(plain("\n".join(content.get("traceback", ()))), file=sys.stderr)


def died(client: Any, error: Exception) -> str:
    """What is known of the end of a kernel."""
    process = getattr(getattr(client.km, "provisioner", None), "process", None) if client.km else None
    code = getattr(process, "returncode", None)
    if isinstance(code, int) and code < 0:
        return f"the kernel was killed by {signal.Signals(-code).name}"
    return f"the kernel died: {error}"


def plain(text: str) -> str:
    """Text without colours."""
    import re

    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def refuse(helper: Any, task: dict[str, Any], reason: str, message: str) -> int:
    """End without having run anything."""
    print(message, file=sys.stderr)
    helper.write(task, {"reason": reason, "error": {"type": reason, "message": message}})
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

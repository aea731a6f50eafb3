"""One attempt with every value known: from a node of the plan and what has been committed, a call for the agent."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Callable, NamedTuple

from runner.agent.environ import seen
from runner.rules.bind import Key, Values, part_of
from runner.rules.expr import ABSENT, ExprError, evaluate
from runner.rules.keys import digest, key_text
from runner.rules.paths import is_pattern
from runner.rules.values import check_type, to_text

Table = dict[str, Any]
DEFAULT_GRACE = 10.0
MARKS = ("name", "kind", "x", "y", "optional", "always", "carry", "keep")


class Place(NamedTuple):
    """Where attempts run: the project's root, the run's folder, the catalog's settings, the caller's environment.

    runtimes: whether the environments that steps name are there; an image has its own."""

    root: str
    folder: str
    catalog: Table
    run: Table
    grace: float = DEFAULT_GRACE
    isolate: bool = False
    env: Mapping[str, str] = {}
    runtimes: bool = True


def make_call(
    values: Values, id: str, key: Key, n: int, attempt: str, slot: int, place: Place, label: Callable[[str, Key], str]
) -> Table:
    """All that the agent needs to run attempt `n`. Raises ExprError where a value is absent or unfit (`bad-param`).

    slot: a number that no other running attempt has, for its scratch folder.
    """
    node = values.nodes[id]
    part = part_of(node, key)
    do = part["do"]
    text = key_text(key)
    call: Table = {
        "id": id,
        "key": text,
        "path": node["path"],
        "n": n,
        "attempt": attempt,
        "run": place.run,
        "root": place.root,
        "slot": slot,
        "scratch": os.path.join(place.folder, "work", str(slot)),
        "log": f"{place.folder}/logs/{id}.{text}.{n}",
        "catalog": place.catalog,
        "kind": do["kind"],
        "returns": do["returns"],
        "secrets": do["secrets"],
        "resources": do["resources"],
        "timeout": part.get("timeout"),
        "grace": place.grace,
        "workdir": do.get("workdir"),
        "isolate": bool(do["isolate"] or place.isolate),
        "definition": part["definition"],
    }
    call["item"] = (item_of(values, id, key) or None) if key else None
    call["label"] = label(id, key)
    call["round"] = round_of(values.nodes, id, key) if key else None
    for field in ("script", "interpreter", "module", "function", "notebook", "builtins", "entry_point"):
        if field in do:
            call[field] = do[field]
    call.update(taken(values, id, key, do, place.root))
    if do.get("image"):
        call["image"] = _text(values.value(do["image"], id, key), "image")
    if do["kind"] == "stub":
        call["stub"] = {name: values.value(expr, id, key) for name, expr in do["stub"].items()}
    runtime = do.get("runtime") if place.runtimes else None
    if runtime or do["kind"] in ("python", "notebook"):
        call["python"], bin_folder = python_of(runtime, place)
        if bin_folder:
            call["runtime"] = bin_folder
            call["env"] = {"PATH": bin_folder + os.pathsep + place.env.get("PATH", os.defpath), **call["env"]}
    return call


def taken(values: Values, id: str, key: Key, do: Table, root: str, there: Callable[[str], bool] | None = None) -> Table:
    """What an attempt takes and makes: `files`, `inputs`, `outputs`, `params`, `env`, `argv`. Raises as `make_call`.

    there: whether a path is there, for optional inputs.
    """
    out: Table = {}
    _check(values, id, key, do)
    out["files"], out["inputs"], out["outputs"] = files(values, id, key, do, root, there)
    shown = Seen(values, root, do.get("workdir"))
    out["params"] = params(shown, id, key, do)
    out["env"] = {name: _text(shown.value(expr, id, key), f"env.{name}") for name, expr in do["env"].items()}
    if "argv" in do:
        out["argv"] = argv(shown, id, key, do)
    return out


def _check(values: Values, id: str, key: Key, do: Table) -> None:
    """What was handed to the file that a task stands in is what the file says its parameters are."""
    for name, expr, spec in do.get("checks", ()):
        value = values.value(expr, id, key)
        why = None if value is ABSENT or value is None else check_type(value, spec)
        if why:
            raise ExprError(f"parameter `{name}`: {why}")


def round_of(nodes: Mapping[str, Table], id: str, key: Key) -> int | None:
    """The round of the nearest loop around (N28, N31)."""
    at: str | None = id
    while at is not None:
        node = nodes[at]
        part: Table | None = node
        found = None
        for number in key[node["depth"] :]:
            if part is not None:
                found = number if part["type"] == "loop" else found
                part = part.get("body")
        if found is not None:
            return int(found)
        key, at = key[: node["depth"]], node.get("parent")
    return None


class Seen(NamedTuple):
    """Values as the command of a step sees them: paths open from where it starts (N45)."""

    values: Values
    root: str
    workdir: str | None

    def value(self, expr: Any, id: str, key: Key) -> Any:
        """As `Values.value`."""
        if not self.workdir:
            return self.values.value(expr, id, key)
        return evaluate(expr, lambda ref: self._look(ref, id, key))

    def _look(self, ref: list[Any], id: str, key: Key) -> Any:
        found = self.values.look(ref, id, key)
        if ref[0] not in ("own", "path"):
            return found
        if isinstance(found, list):
            return [seen(path, self.workdir, self.root) if isinstance(path, str) else path for path in found]
        return seen(found, self.workdir, self.root) if isinstance(found, str) else found


def params(values: Seen, id: str, key: Key, do: Table) -> Table:
    """What the step is handed by name; what is absent is left out (its default stands in), `none` stays."""
    out: Table = {}
    for name, expr in do["takes"].items():
        value = values.value(expr, id, key)
        if value is not ABSENT:
            out[name] = value
    return out


def files(
    values: Values, id: str, key: Key, do: Table, root: str, there: Callable[[str], bool] | None = None
) -> tuple[Table, list[str], list[Table]]:
    """Named files, concrete inputs, and outputs with their paths filled in (N23 to N25, N46).

    An optional input that is not there is no input.
    """
    named: Table = {}
    inputs: list[str] = []
    for entry in do["inputs"]:
        path = values.value(entry["path"], id, key)
        paths = path if isinstance(path, list) else [path]
        for one in paths:
            inside(one)
        if entry.get("glob") and not isinstance(path, list):
            paths = values.files(path, entry["writers"], entry.get("project", []))
            path = paths
        else:  # a folder that a value names stays one in the parameter; its files are the inputs
            paths = [file for one in paths for file in _below(one, values, entry)]
        if entry.get("optional"):
            paths = [one for one in paths if isinstance(one, str) and _there(one, root, there)]
        inputs += [one for one in paths if isinstance(one, str)]
        if "name" in entry:
            named[entry["name"]] = path
    outputs: list[Table] = []
    for entry in do["outputs"]:
        path = values.value(entry["path"], id, key)
        inside(path)
        kept = {mark: entry[mark] for mark in MARKS if mark in entry}
        outputs.append({**kept, "path": path, "glob": is_pattern(path) and bool(entry.get("glob"))})
        if "name" in entry:
            named[entry["name"]] = path
    return named, list(dict.fromkeys(inputs)), outputs


def _below(path: str, values: Values, entry: Table) -> list[str]:
    """A file, or the files in a folder; the folder itself where nothing is known of them."""
    found = values.files(path, entry.get("writers", []), entry.get("project", [])) if path.endswith("/") else []
    return found or [path]


def _there(path: str, root: str, there: Callable[[str], bool] | None) -> bool:
    return there(path) if there is not None else os.path.exists(os.path.join(root, path))


def inside(path: Any) -> None:
    """A path made of values stays in the project and has no NUL or newline (N46). Raises ExprError."""
    if not isinstance(path, str):
        if path is None or path is ABSENT:
            raise ExprError("a path has no value: what it is made of is absent")
        raise ExprError(f"a path must be text and is {type(path).__name__} {path!r}")
    if "\0" in path or "\n" in path:
        raise ExprError(f"the path {path!r} holds a NUL or a newline")
    if path.startswith("/") or ".." in path.split("/") or not path:
        raise ExprError(f"the path {path!r} leaves the project")


def argv(values: Seen, id: str, key: Key, do: Table) -> list[str]:
    """The words of a command: one element, one argument; a whole list reference, so many."""
    out: list[str] = []
    for expr in do["argv"]:
        value = values.value(expr, id, key)
        spread = value if isinstance(value, list) and not isinstance(expr, str) else [value]
        out += [_text(word, "command") for word in spread]
    return out


def item_of(values: Values, id: str, key: Key) -> Table:
    """Items and rounds of the instance, outer to inner, by name."""
    found: Table = {}
    chain = []
    node: Table | None = values.nodes[id]
    while node is not None:
        chain.append(node)
        node = values.nodes[node["parent"]] if node["parent"] else None
    for node in reversed(chain):
        part: Table = node
        while "body" in part:
            depth = part["depth"] if part is not node else node["depth"]
            if part["type"] == "map" and len(key) > depth:
                found.update(values.items(node["id"], key[:depth])[key[depth]])
            part = part["body"]
    return found


def python_of(runtime: Table | None, place: Place) -> tuple[list[str], str | None]:
    """The Python of `python` and `notebook` steps, and the folder that goes first on PATH (N43)."""
    if runtime and runtime.get("file"):
        home = os.path.join(place.root, runtime["file"])
        return [os.path.join(home, "bin", "python")], os.path.join(home, "bin")
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        home = place.env.get(name, "")
        if home and os.path.exists(os.path.join(home, "bin", "python")):
            return [os.path.join(home, "bin", "python")], None
    return [sys.executable], None


def _text(value: Any, where: str) -> str:
    if value is ABSENT or value is None:
        raise ExprError(f"`{where}` takes a value that is absent: write a default, as in ${{name:-text}}")
    if isinstance(value, dict) and "$object" in value:
        raise ExprError(f"`{where}` takes an object, which can't be text")
    text = value if isinstance(value, str) else to_text(value)
    if "\0" in text:
        raise ExprError(f"`{where}` would hold a NUL: {text!r}")
    return text


def taken_digest(call: Mapping[str, Any], of: Callable[[str], str | None]) -> str:
    """What an attempt takes: parameters, words, environment, and the content of its files; never where they lie.

    of: the hash of an input, None where there is none.
    """
    env = {name: text for name, text in call["env"].items() if name != "PATH"}
    files = {path: of(path) for path in call["inputs"]}
    if not (env or files or call["params"]):
        return _words(tuple(call.get("argv") or ()))
    return digest({"params": call["params"], "argv": call.get("argv"), "env": env, "files": files})


@lru_cache(maxsize=256)
def _words(argv: tuple[str, ...]) -> str:
    """The digest of an attempt that takes nothing but the words of its command."""
    return digest({"params": {}, "argv": list(argv) or None, "env": {}, "files": {}})

"""The names of one project, as far as its files can be read: what editors and shells offer where one is asked for."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from runner.resolve import packages
from runner.resolve.kinds import KINDS

DEPTH = 3  # folders below the root where files to use are looked for
FOLDERS, ENTRIES = 200, 1000  # are looked at for them, at most: a project may hold a million files of data
OTHERS = ("pyproject.toml", "tombi.toml")  # of other tools, often beside a pipeline
SKIPPED = ("node_modules", "__pycache__", "site-packages")

Table = dict[str, Any]


class Names:
    """What the files of a project name, each kind in the order of the files.

    read: the files that say so; broken: files that say nothing, for they can't be read now.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.read: list[Path] = []
        self.broken: list[Path] = []
        self._found: dict[str, dict[str, None]] = {}

    def of(self, kind: str) -> list[str]:
        """The names of a kind."""
        return list(self._found.get(kind, ()))

    def table(self) -> dict[str, list[str]]:
        """Kind -> names."""
        return {kind: list(names) for kind, names in self._found.items()}

    def add(self, kind: str, *names: Any) -> None:
        self._found.setdefault(kind, {}).update(dict.fromkeys(name for name in names if isinstance(name, str) and name))

    def pipeline(self, path: Path) -> None:
        """Take in a pipeline and what it includes."""
        data = self._load(path)
        self._pipeline(data)
        for part in _included(path, data):
            if part not in self.read:
                self._pipeline(self._load(part))

    def _load(self, path: Path) -> Table:
        data = load(path)
        if data is None:
            self.broken.append(path)
        elif path.name not in OTHERS:
            self.read.append(path)
        return data or {}

    def _pipeline(self, data: Table) -> None:
        params = [*table(data.get("params")), *table(data.get("types"))]
        self.add("parameter", *params)
        self.add("value", *params)
        self.add("template", *table(data.get("templates")))
        self.add("handler", *table(data.get("handlers")))
        todo: list[tuple[Table, str | None]] = []  # a step and its dotted path, if one leads there
        todo += self._steps(data.get("steps"), "")
        todo += self._steps(data.get("finally"), None)  # neither a profile nor an option names one of these
        inside = (*table(data.get("handlers")).values(), *table(data.get("templates")).values())
        todo += [(table(step), None) for step in (*inside, data.get("job"), data.get("defaults"))]
        while todo:
            todo += self._step(*todo.pop(0))

    def _steps(self, steps: Any, outer: str | None) -> Iterator[tuple[Table, str | None]]:
        """Take in a table of steps: each of them, to be looked at. outer: what stands before their names in a path."""
        for name, step in table(steps).items():
            path = None if outer is None else outer + name
            self.add("step", name)
            self.add("path", path)
            yield table(step), path

    def _step(self, step: Table, path: str | None) -> Iterator[tuple[Table, str | None]]:
        """Take in what a step, or a table with the keys of one, names: the steps inside it."""
        returns = (entry.get("name") if isinstance(entry, dict) else entry for entry in listed(step.get("returns")))
        self.add("tag", *listed(step.get("tags")))
        self.add("secret", *listed(step.get("secrets")), *table(step.get("secrets")))
        self.add("value", *table(step.get("for-each")), *table(step.get("params")), *returns)
        yield from self._steps(step.get("steps"), None if path is None else f"{path}.")
        for inner in (*table(step.get("cases")).values(), step.get("default")):
            if isinstance(inner, dict):
                yield inner, None

    def profile(self, path: Path) -> None:
        """Take in what a profile names."""
        data = self._load(path)
        self.add("secret", *table(table(data.get("secrets")).get("map")))
        for overlay in (data.get("defaults"), *table(data.get("tags")).values(), *table(data.get("steps")).values()):
            self.add("secret", *listed(table(overlay).get("secrets")), *table(table(overlay).get("secrets")))


def names(root: Path) -> Names:
    """All of them, of the pipelines that lie in the root and what they include, of its profiles, and of what ships with
    the program."""
    found = Names(root)
    for path in tomls(root):
        found.pipeline(path)
    found.add("profile", "local")
    for path in tomls(root / "profiles"):
        found.profile(path)
        found.add("profile", path.stem)
    found.add("profile", *packages.names("std", "profiles"))
    found.add("file", *packages.names("std", "blocks"))
    found.add("file", *(f"./{path.relative_to(root).as_posix()}" for path in flows(root)))
    return found


def tomls(folder: Path) -> list[Path]:
    """The TOML files of a folder, sorted."""
    try:
        with os.scandir(folder) as entries:
            return [folder / name for name in sorted(entry.name for entry in entries) if name.endswith(".toml")]
    except OSError:
        return []


def pipelines(folder: Path) -> list[Path]:
    """The pipelines and jobs that lie in a folder, by their tables."""
    return [path for path in tomls(folder) if has_steps(load(path) or {})]


def flows(root: Path) -> Iterator[Path]:
    """The pipelines and jobs that lie not far below the root, in folders that are not hidden."""
    level, looked = [root], 0
    for _ in range(DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            looked += 1
            if looked > FOLDERS:
                return
            with suppress(OSError), os.scandir(folder) as entries:
                near = [entry for entry in islice(entries, ENTRIES) if not entry.name.startswith(".")]
                below += [folder / entry.name for entry in near if entry.is_dir() and entry.name not in SKIPPED]
                files = sorted(entry.name for entry in near if entry.name.endswith(".toml") and folder != root)
                yield from (folder / name for name in files if has_steps(load(folder / name) or {}))
        level = sorted(below)


def has_steps(data: Table) -> bool:
    """Whether a file has steps that say what they do."""
    steps = [*table(data.get("steps")).values(), data.get("job")]
    return any(isinstance(step, dict) and not step.keys().isdisjoint((*KINDS, "extends")) for step in steps)


def table(value: Any) -> Table:
    """The value if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """The value if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def load(path: Path) -> Table | None:
    """What a file says, None while it can't be read: names are wanted most while a file is being written."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _included(path: Path, data: Table) -> Iterator[Path]:
    for entry in listed(data.get("include")):
        if isinstance(entry, str) and entry and not entry.startswith("/"):
            yield from sorted(path.parent.glob(entry))

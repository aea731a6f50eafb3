"""What a shell offers in place of a value: files, and the names that the project's files and its index have."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from runner.commands.home import project_root
from runner.commands.names import OTHERS, Names

Words = dict[str, str]  # a word, and what it is
File = Callable[[], Path]  # the pipeline that the line is about
Table = dict[str, Any]
RUNS = 30  # the newest


WRITTEN = (".toml", ".cue")


def paths(current: str, ending: str | tuple[str, ...]) -> Words:
    """Files with one of these endings ("": all; "/": none), and folders, from where the path leads so far."""
    folder, _, begun = current.rpartition("/")
    start = os.path.expanduser(folder or ("/" if current.startswith("/") else "."))
    lead = current[: len(current) - len(begun)]
    files, folders = [], []
    with suppress(OSError), os.scandir(start) as entries:
        for entry in entries:
            if entry.name.startswith(".") and not begun.startswith("."):
                continue
            if entry.is_dir():
                folders.append(f"{lead}{entry.name}/")
            elif entry.name.endswith(ending) and not (ending == WRITTEN and entry.name in OTHERS):
                files.append(lead + entry.name)
    return dict.fromkeys([*sorted(files), *sorted(folders)], "")


def runs(root: Path) -> list[Table]:
    """The newest runs of a project, from its index alone."""
    from runner.run import index

    return index.runs(root)[:RUNS]


def shipped(kind: str) -> list[str]:
    """The `std:` names of a kind."""
    from runner.resolve import packages

    return packages.names("std", kind)


def _runs(file: File, current: str) -> Words:
    found = {
        str(entry["name"]): f"{entry.get('pipeline', '')} {entry.get('status') or ''}" for entry in runs(project_root())
    }
    return {"@last": "the newest run", "@failed": "the newest that failed", **found} if found else {}


def _profiles(file: File, current: str) -> Words:
    from runner.resolve.ask import Ask, find_root
    from runner.resolve.project import profile_names
    from runner.text.sources import Sources

    path = file()
    root = find_root(path)
    return dict.fromkeys([*profile_names(Ask(path, env=os.environ), root, Sources(root)), *shipped("profiles")], "")


def _templates(file: File, current: str) -> Words:
    from runner.commands import templates

    return templates.names()


def _views(file: File, current: str) -> Words:
    from runner.flavors import BUILT_IN

    return {name: str(row[3]) for name, row in BUILT_IN["views"].items()}


def _named(kind: str, end: str = "") -> Callable[[File, str], Words]:
    def find(file: File, current: str) -> Words:
        found = Names(Path())
        found.pipeline(file())
        return {name + end: "" for name in found.of(kind)}

    return find


def _keys(file: File, current: str) -> Words:
    """Dotted keys: those of a file, and of the step whose path stands there."""
    from runner.model.data import schema

    whole = schema("pipeline")
    steps = [f"steps.{path}." for path in _named("path")(file, current)]
    inside = max((step for step in steps if current.startswith(step)), default=None)
    if inside:
        keys = whole["definitions"]["Step"]["properties"].items()
        return dict.fromkeys(steps, "") | {inside + name: _first(told) for name, told in keys}
    return {name: _first(told) for name, told in whole["properties"].items()} | dict.fromkeys(steps, "")


def _settings(file: File, current: str) -> Words:
    """What `--set` of a profile takes: a service's settings."""
    from runner.model.data import schema

    whole = schema("profile")["definitions"]
    services = {name: whole[name]["properties"] for name in ("executor", "run-log", "catalog", "secrets")}
    return {f"{name}.{key}=": _first(told) for name, keys in services.items() for key, told in keys.items()}


def _first(told: Mapping[str, Any]) -> str:
    return str(told["description"]).partition("\n")[0]


VALUES: dict[tuple[str, str], Callable[[File, str], Words]] = {
    ("--profile", "NAME"): _profiles,
    ("--template", "NAME"): _templates,
    ("--needs", "STEP"): _named("step"),
    ("--after", "STEP"): _named("step"),
    ("--output", "VIEW"): _views,
    ("", "STEP"): _named("path"),
    ("", "TAG"): _named("tag"),
    ("", "NAME=VALUE"): _named("parameter", "="),
    ("", "KEY"): _keys,
    ("", "KEY=VALUE"): _settings,
    ("", "RUN"): _runs,
    ("", "WITH"): lambda file, current: {**_runs(file, current), **_profiles(file, current)},
    ("", "PATH"): lambda file, current: paths(current, ""),
    ("", "DIR"): lambda file, current: paths(current, "/"),
}
"""(option or "" for any, what it takes) -> how its values are found."""

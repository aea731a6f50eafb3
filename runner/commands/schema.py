"""`runner schema`: the JSON Schemas of this project for editors, with its plug-ins and the names that it uses."""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runner.resolve import packages
from runner.resolve.kinds import KINDS as KINDS_OF_STEP
from runner.text.diagnostics import Diagnostic, Refused, diagnose

DEPTH = 3  # folders below the root where files to use are looked for
KINDS = ("pipeline", "included", "profile", "project")
OPTIONS: list[Any] = [
    (("-o", "--output"), {"metavar": "DIR", "help": "where to write them (.runner/schema in the project's root)"}),
    (("--print",), {"dest": "kind", "choices": KINDS, "help": "print one of them instead"}),
]


def run(args: argparse.Namespace) -> int:
    """Write the schemas, or print one. Raises Refused: plug-ins that are broken (the rest is written all the same)."""
    root = find_root(Path.cwd())
    built, problems = schemas(root)
    if args.kind:
        sys.stdout.write(built[args.kind])
    else:
        folder = Path(args.output) if args.output else root / ".runner" / "schema"
        for path in write(built, folder):
            print(path)
    if problems:
        raise Refused(problems)
    return 0


def schemas(root: Path) -> tuple[dict[str, str], list[Diagnostic]]:
    """The text of each schema for the project at `root`, and what is wrong with its plug-ins."""
    from runner.model.project import schemas_of
    from runner.model.schemas import text

    project = _data(root / "runner.toml")
    built, broken = schemas_of(project.get("plugins"), names(root))
    return {name: text(schema) for name, schema in built.items()}, [problem for _, _, problem in broken]


def write(built: Mapping[str, str], folder: Path) -> list[Path]:
    """Put the schemas into a folder. Raises Refused where that can't be done."""
    paths = []
    for name, text in built.items():
        path = folder / f"{name}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None
        paths.append(path)
    return paths


def names(root: Path) -> dict[str, list[str]]:
    """What editors should offer: the steps, handlers and templates of the root's pipelines and of what they include,
    the files that a step may use, and the profiles."""
    found: dict[str, dict[str, None]] = {"step": {}, "handler": {}, "template": {}}
    for path in dict.fromkeys(each for top in sorted(root.glob("*.toml")) for each in (top, *_included(top))):
        data = _data(path)
        for section, kind in (("handlers", "handler"), ("templates", "template")):
            found[kind] |= dict.fromkeys(_table(data.get(section)))
        for section in ("steps", "finally"):
            found["step"] |= dict.fromkeys(_step_names(data.get(section)))
    files = packages.names("std", "blocks")
    files += [f"./{path.relative_to(root).as_posix()}" for path in _flows(root)]
    profiles = [path.stem for path in sorted((root / "profiles").glob("*.toml"))]
    return {kind: list(words) for kind, words in found.items()} | {"profile": ["local", *profiles], "file": files}


def pipelines(folder: Path) -> list[Path]:
    """The pipelines and jobs that lie in a folder, by their tables."""
    return [path for path in sorted(folder.glob("*.toml")) if _has_steps(path)]


def find_root(folder: Path) -> Path:
    """The folder of the nearest `runner.toml` at or above `folder`, else `folder` (N20)."""
    return next((each for each in (folder, *folder.parents) if (each / "runner.toml").is_file()), folder)


def _flows(root: Path) -> Iterator[Path]:
    """The pipelines and jobs that lie not far below the root."""
    for depth in range(1, DEPTH + 1):
        for path in sorted(root.glob("/".join([*["[!.]*"] * depth, "*.toml"]))):
            if _has_steps(path):
                yield path


def _has_steps(path: Path) -> bool:
    data = _data(path)
    steps = [*_table(data.get("steps")).values(), data.get("job")]
    return any(isinstance(step, dict) and not step.keys().isdisjoint((*KINDS_OF_STEP, "extends")) for step in steps)


def _included(path: Path) -> Iterator[Path]:
    given = _data(path).get("include")
    for entry in given if isinstance(given, list) else ():
        if isinstance(entry, str) and entry and not entry.startswith("/"):
            yield from sorted(path.parent.glob(entry))


def _step_names(steps: Any) -> Iterator[str]:
    todo = [steps]
    while todo:
        for name, step in _table(todo.pop()).items():
            yield name
            if isinstance(step, dict):
                todo.append(step.get("steps"))


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _data(path: Path) -> dict[str, Any]:
    """What a file says, {} while it can't be read: a schema is wanted most while a file is being written."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}

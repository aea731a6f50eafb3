"""`runner schema`: the JSON Schemas of this project for editors, with its plug-ins and the names that it uses."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner import __version__
from runner.commands.names import Names, load, names
from runner.resolve.ask import find_root
from runner.text.diagnostics import Diagnostic, Refused, diagnose

KINDS = ("pipeline", "included", "profile", "project")
RESULTS = ("plan", "run")  # what `--json` prints: the same for every project
OPTIONS: list[Any] = [
    (("-o", "--to"), {"metavar": "DIR", "help": "where to write them (.runner/schema in the project's root)"}),
    (
        ("--print",),
        {
            "dest": "kind",
            "choices": (*KINDS, *RESULTS, "cue"),
            "help": "print one of them, that of a plan or run as JSON, or all as definitions of CUE, instead",
        },
    ),
]


def run(args: argparse.Namespace) -> int:
    """Write the schemas, or print one. Raises Refused: plug-ins that are broken (the rest is written all the same)."""
    if args.kind in RESULTS:
        from runner.model.data import read

        sys.stdout.write(read("schema", f"{args.kind}.json"))
        return 0
    root = find_root(Path("runner.toml"))
    built, problems = definitions(root) if args.kind == "cue" else schemas(root)
    if args.kind:
        sys.stdout.write(built[args.kind])
    else:
        folder = Path(args.to) if args.to else root / ".runner" / "schema"
        for path in write(built, folder):
            print(path)
    if problems:
        raise Refused(problems)
    return 0


def schemas(root: Path) -> tuple[dict[str, str], list[Diagnostic]]:
    """The text of each schema for the project at `root`, and what is wrong with its plug-ins."""
    from runner.model.project import schemas_of
    from runner.model.suggest import text

    found = names(root)
    built, broken = schemas_of((load(root / "runner.toml") or {}).get("plugins"), found.table(), mark(found))
    return {name: text(schema) for name, schema in built.items()}, [problem for _, _, problem in broken]


def definitions(root: Path) -> tuple[dict[str, str], list[Diagnostic]]:
    """The same as definitions of CUE, which need no names."""
    from runner.model.cue import text
    from runner.model.project import schemas_of

    built, broken = schemas_of((load(root / "runner.toml") or {}).get("plugins"))
    return {"cue": text(built)}, [problem for _, _, problem in broken]


def mark(found: Names) -> str:
    """What a copy says of its making: the version of the program, and the files that the names are from."""
    return json.dumps([__version__, [path.relative_to(found.root).as_posix() for path in found.read]])


def write(built: Mapping[str, str], folder: Path) -> list[Path]:
    """Put the schemas into a folder. Raises Refused where that can't be done."""
    paths = []
    for name, text in built.items():
        path = folder / f"{name}.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            beside = folder / f".{name}.{os.getpid()}"  # an editor may read at any time
            beside.write_text(text, encoding="utf-8")
            os.replace(beside, path)
        except OSError as error:
            raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None
        paths.append(path)
    return paths

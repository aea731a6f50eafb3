"""`runner render`: the files that an executor's platform takes, without the platform."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from runner.commands.asking import FILE, JSON
from runner.text.diagnostics import Refused, diagnose
from runner.views.yaml import documents

OPTIONS: list[Any] = [
    *FILE,
    (("-o", "--to"), {"metavar": "DIR", "help": "write them into this folder, rather than to the terminal"}),
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Print the files, or write them; nothing is submitted. Raises Refused."""
    from runner.commands.making import made
    from runner.plugins import find, load

    plan, behind = made(args)
    name = str(plan["profile"]["executor"]["type"])
    implementation = load(find("executors", name, behind.resolved.files.plugins))
    if not hasattr(implementation, "emit"):
        raise Refused([diagnose("E950", None, executor=name)])
    files = implementation.emit(plan)
    if args.json and args.to is None:
        print(json.dumps(files, indent=2, ensure_ascii=False))
        return 0
    head = f"Made by `{_command(args)}`: make it anew rather than edit it."
    if args.to is None:
        sys.stdout.write(documents([one for tables in files.values() for one in tables], head))
        return 0
    for path, tables in files.items():
        _write(Path(args.to) / path, documents(tables, head))
    return 0


def _command(args: argparse.Namespace) -> str:
    """The words that make the same files again."""
    words = ["runner", "render", str(args.file)]
    words += ["--profile", args.profile] if args.profile else []
    words += [word for flag in ("param", "set") for said in getattr(args, flag) for word in (f"--{flag}", said)]
    words += ["-o", args.to] if args.to else []
    return shlex.join(words)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None
    print(path)

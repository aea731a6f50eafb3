"""`runner init`: a pipeline that works, one of several to start from, and the schemas that make editors help."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from pathlib import Path
from typing import Any

from runner.commands import schema, templates
from runner.text.diagnostics import Refused, diagnose

OPTIONS: list[Any] = [
    (("folder",), {"nargs": "?", "default": ".", "metavar": "DIR", "help": "where to write it (the current folder)"}),
    (("--template",), {"default": "hello", "metavar": "NAME", "help": "what to start from (hello); --list names all"}),
    (("--list",), {"action": "store_true", "help": "list the templates, and write nothing"}),
]

IGNORED = (".runner/*", "!.runner/schema/", "made/")


def run(args: argparse.Namespace) -> int:
    """Write the files and say what to type next. Raises Refused: no such template, or one of the files is there."""
    if args.list:
        return _list()
    folder = Path(args.folder)
    name = re.sub("[^A-Za-z0-9_-]+", "-", folder.absolute().name).strip("-") or "pipeline"
    texts = {folder / path: content for path, content in templates.files(args.template, name).items()}
    there = [path for path in texts if path.exists() or path.is_symlink()]
    if there:
        raise Refused([diagnose("E960", None, path=path) for path in there])
    for path, content in texts.items():
        _write(path, content)
    _ignore(folder / ".gitignore")
    built, problems = schema.schemas(folder.absolute())
    written = [*texts, folder / ".gitignore", *schema.write(built, folder / ".runner" / "schema")]
    print("\n".join(str(path) for path in written))
    there_first = "" if args.folder == "." else f"cd {shlex.quote(args.folder)} && "
    profile = " --profile dev" if folder / "profiles" / "dev.toml" in texts else ""
    print(f"\nnext: {there_first}runner up pipeline.toml{profile}")
    if problems:
        raise Refused(problems)
    return 0


def _list() -> int:
    """What there is to start from, one line each."""
    from runner.views.table import table

    sys.stdout.write(table(("TEMPLATE", "DESCRIPTION"), list(templates.names().items())))
    return 0


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None


def _ignore(path: Path) -> None:
    """Keep runs out of git and the schemas in, below what a `.gitignore` says already."""
    said = path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""
    missing = [line for line in IGNORED if line not in said.splitlines()]
    if missing:
        gap = "" if not said or said.endswith("\n") else "\n"
        try:
            path.write_text(said + gap + "\n".join(missing) + "\n", encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None

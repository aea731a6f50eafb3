"""`runner init`: a pipeline that works, one of several to start from, and the schemas that make editors help.

With `--editor`, in a project that is there, only what that editor needs.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.commands import init_editor, schema, templates
from runner.text.diagnostics import Refused, diagnose

HELLO = "hello"
OPTIONS: list[Any] = [
    (("folder",), {"nargs": "?", "default": ".", "metavar": "DIR", "help": "where to write it (the current folder)"}),
    (("--template",), {"default": HELLO, "metavar": "NAME", "help": "what to start from (hello); --list names all"}),
    (("--list",), {"action": "store_true", "help": "list the templates, and write nothing"}),
    init_editor.OPTION,
]

IGNORED = (".runner/*", "!.runner/schema/", "made/")
LEFT = {".py": "__pycache__/", ".ipynb": "*.executed.ipynb"}  # what else runs leave, of such files


def run(args: argparse.Namespace) -> int:
    """Write the files and say what to type next. Raises Refused: no such template, or one of the files is there."""
    if args.list:
        return _list()
    folder = Path(args.folder)
    editors = init_editor.plan(folder, args.editor)
    if args.editor and args.template == HELLO and init_editor.begun(folder):
        return _written(folder, {}, editors, IGNORED[:2], init_editor.advice(args.editor))
    name = re.sub("[^A-Za-z0-9_-]+", "-", folder.absolute().name).strip("-") or "pipeline"
    texts = {folder / path: content for path, content in templates.files(args.template, name).items()}
    there = [path for path in texts if path.exists() or path.is_symlink()]
    if there:
        raise Refused([diagnose("E960", None, path=path) for path in there])
    there_first = "" if args.folder == "." else f"cd {shlex.quote(args.folder)} && "
    profile = " --profile dev" if folder / "profiles" / "dev.toml" in texts else ""
    ahead = [f"next: {there_first}runner up pipeline.toml{profile}", *init_editor.advice(args.editor)]
    left = [line for ending, line in LEFT.items() if any(path.suffix == ending for path in texts)]
    return _written(folder, texts, editors, (*IGNORED, *left), ahead)


def _written(
    folder: Path, texts: dict[Path, bytes], editors: Mapping[Path, str], ignored: Sequence[str], ahead: Sequence[str]
) -> int:
    """Write all of them, the schemas too; print their names and what to do then. Raises Refused."""
    for path, content in (texts | {path: text.encode() for path, text in editors.items()}).items():
        _write(path, content)
    _ignore(folder / ".gitignore", ignored)
    built, problems = schema.schemas(folder.absolute())
    written = [*texts, folder / ".gitignore", *schema.write(built, folder / ".runner" / "schema"), *editors]
    print("\n".join([*map(str, written), "", *ahead]))
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


def _ignore(path: Path, lines: Sequence[str]) -> None:
    """Keep runs out of git and the schemas in, below what a `.gitignore` says already."""
    said = path.read_text(encoding="utf-8", errors="surrogateescape") if path.is_file() else ""
    missing = [line for line in lines if line not in said.splitlines()]
    if missing:
        gap = "" if not said or said.endswith("\n") else "\n"
        try:
            path.write_text(said + gap + "\n".join(missing) + "\n", encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise Refused([diagnose("E961", None, path=path, why=error.strerror or type(error).__name__)]) from None

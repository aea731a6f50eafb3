"""`runner fmt`: pipelines and profiles in one form; what they say, and every comment, stays as it is."""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path
from typing import Any

from runner.text.diagnostics import Diagnostic, Refused, diagnose
from runner.text.document import parsed, read, show
from runner.text.format import formatted
from runner.text.replace import encoded, replace
from runner.text.sources import Sources
from runner.views.exits import DIFFERS

OPTIONS: list[Any] = [
    (
        ("file",),
        {
            "nargs": "*",
            "metavar": "FILE",
            "help": "TOML files, - for stdin (pipeline.toml, runner.toml, profiles/*.toml)",
        },
    ),
    (("--check",), {"action": "store_true", "help": "write nothing: show what would change, exit with 6 if anything"}),
]


def run(args: argparse.Namespace) -> int:
    """0; with --check 6 where a file would change. Raises Refused for files that can't be read, after all others."""
    if args.file == ["-"]:
        before = sys.stdin.buffer.read()
        after = form(before, "<stdin>")
        if args.check:
            return _differ("<stdin>", before, after)
        sys.stdout.write(after.decode())
        return 0
    problems: list[Diagnostic] = []
    paths = [Path(name) for name in args.file] or defaults()
    changed = 0
    for path in paths:
        try:
            before = _read(path)
            after = form(before, show(path))
            if args.check:
                changed = max(changed, _differ(str(path), before, after))
            elif before != after:
                replace(path, after)
                print(f"{path}: formatted")
                changed = DIFFERS
        except Refused as refused:
            problems += refused.problems
    if problems:
        raise Refused(problems)
    if not changed:
        print(f"{paths[0] if len(paths) == 1 else f'{len(paths)} files'}: ok")
    return changed if args.check else 0


def defaults() -> list[Path]:
    """The files of a project that lie where they are looked for."""
    return [Path("pipeline.toml"), *Path().glob("runner.toml"), *sorted(Path("profiles").glob("*.toml"))]


def form(content: bytes, shown: str) -> bytes:
    """The one form of a file's content, its line ends those of its first line. Raises Refused (E1)."""
    before = parsed(content, shown).text
    after = formatted(before)
    if repr(tomllib.loads(before)) != repr(tomllib.loads(after)):  # nan is not nan, but is written so
        raise RuntimeError("the formatted text would say something else")  # a fault of ours
    return encoded(after, content)


def _read(path: Path) -> bytes:
    if path.suffix == ".cue":
        raise Refused([diagnose("E990", None, path=path)])
    return read(path, Sources(Path()))


def _differ(name: str, before: bytes, after: bytes) -> int:
    """Print what differs."""
    from difflib import unified_diff

    if before == after:
        return 0
    old, new = (text.decode().splitlines(keepends=True) for text in (before, after))
    for line in unified_diff(old, new, name, f"{name} (formatted)"):
        sys.stdout.write(line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n")
    return DIFFERS

"""Keeps the schemas in `.runner/schema` true while a project changes: its names, and the version they were made by.

Every verb that is given a file asks; mostly the answer is a few looks at times of change.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from runner import __version__
from runner.resolve.ask import find_root

HEAD = 4096  # bytes of a copy in which its mark is looked for
FILES = 40  # more are not looked at
MARK = re.compile(rb'"\$comment": ("(?:[^"\\]|\\.)*")')


def refresh(files: Sequence[str]) -> None:
    """Write the copies anew if they would say something else. Nothing happens where there is no such folder, while a
    file can't be read, or where the machine refuses: that is no concern of the verb that asks."""
    for root in dict.fromkeys(root for file in files for root in _roots(Path(file))):
        with suppress(OSError, ValueError):
            _refresh(root, [Path(file) for file in files])


def _roots(file: Path) -> tuple[Path, Path]:
    """Where schemas for a file may lie: in its project, and beside it, where `init` puts them."""
    folder = file.absolute().parent
    return find_root(file), folder.parent if folder.name == "profiles" else folder


def _refresh(root: Path, asked: list[Path]) -> None:
    copy = os.path.join(root, ".runner", "schema", "pipeline.json")
    with open(copy, "rb") as file:
        found = MARK.search(file.read(HEAD))
        made_at = os.fstat(file.fileno()).st_mtime_ns
    version, made_of = json.loads(json.loads(found[1])) if found else ("", [])
    seen = [root / name for name in made_of[:FILES]]
    if version == __version__ and not _newer([*asked[:FILES], root / "runner.toml", root / "profiles", *seen], made_at):
        return
    from runner.commands.names import names
    from runner.commands.schema import KINDS, mark, schemas, write
    from runner.model.suggest import suggest, text

    begun = time.time_ns()
    now = names(root)
    if any(path in now.broken for path in seen):
        return  # somebody is in the middle of writing it
    folder = Path(copy).parent
    had = {kind: (folder / f"{kind}.json").read_text(encoding="utf-8") for kind in KINDS}
    if version != __version__ or _newer([root / "runner.toml"], made_at):
        fresh, _ = schemas(root)
    else:
        parsed = {kind: {**json.loads(told), "$comment": mark(now)} for kind, told in had.items()}
        for schema in parsed.values():
            suggest(schema, now.table())
        fresh = {kind: text(schema) for kind, schema in parsed.items()}
    write({kind: told for kind, told in fresh.items() if told != had[kind]}, folder)
    os.utime(copy, ns=(begun, begun))  # what is saved from now on is newer


def _newer(paths: Iterable[Path], at: int) -> bool:
    for path in paths:
        with suppress(OSError):
            if os.stat(path).st_mtime_ns > at:
                return True
    return False

"""What `runner init` starts from: folders of files that ship with the program."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from runner.resolve.hints import listed
from runner.text.diagnostics import Refused, diagnose

PIPELINE = "pipeline.toml"
"""Every template has one; its `name` and `description` are those of the template."""


def names() -> dict[str, str]:
    """name -> what it is, the one to begin with first."""
    found = {path.parent.name: path for path in sorted(_folder().glob(f"*/{PIPELINE}"))}
    first = {name: found[name] for name in ("hello", *found)}
    return {name: str(tomllib.loads(path.read_text(encoding="utf-8"))["description"]) for name, path in first.items()}


def files(template: str, name: str) -> dict[str, bytes]:
    """path -> content, as they are to be in a project of that name. Raises Refused: there is no such template."""
    known = names()
    if template not in known:
        raise Refused([diagnose("E980", None, name=template, names=listed(known))])
    home = _folder() / template
    found = {
        path.relative_to(home).as_posix(): path.read_bytes()
        for path in sorted(home.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }
    text = found.pop(PIPELINE).decode("utf-8")
    named = re.sub(r"^name = .*$", f'name = "{name}"', text, count=1, flags=re.MULTILINE)
    return {PIPELINE: named.encode("utf-8"), **found}


def _folder() -> Path:
    from runner.model.data import folder

    return Path(folder("stdlib"), "templates")

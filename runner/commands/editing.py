"""A change of a user's file, written if `check` has nothing new to say against it; shared by `set` and `add`."""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from runner.commands.check import problems_of
from runner.model.data import schema
from runner.resolve.ask import Ask, find_root
from runner.resolve.kinds import is_profile
from runner.resolve.project import locate
from runner.text.diagnostics import Diagnostic, Refused, diagnose, exit_code
from runner.text.document import Document, parsed, read, show
from runner.text.fault import quoted
from runner.text.replace import encoded, replace
from runner.text.sources import Sources
from runner.views import problems as view

SERVICES = ("executor", "run-log", "catalog", "secrets")
Change = Callable[[Document], str]


def edit(ask: Ask, path: Path, changes: Iterable[Change]) -> int:
    """Make the first of the changes that brings no new error into the file; 0. Else its errors are shown and their
    exit code is the answer, and nothing is written. What is wrong elsewhere then, such as a step without an image for
    the executor, is shown only: the next change may mend it. Raises Refused: the file can't be read, changed, written.
    """
    if path.suffix == ".cue":
        raise Refused([diagnose("E990", None, path=path, hint="change it by hand")])
    content = read(path, Sources(Path()))
    doc = parsed(content, show(path))
    known = {(problem.code, problem.message) for problem in _problems(ask, path, None)}
    refused: tuple[list[Diagnostic], str] | None = None
    for change in changes:
        text = change(doc)
        after = encoded(text, content)
        found = _problems(ask, path, {os.path.abspath(path): after})
        found = [problem for problem in found if (problem.code, problem.message) not in known]
        if not exit_code(problem for problem in found if problem.place is None or problem.place.file == doc.path):
            replace(path, after)
            if found:
                view.show(found)
            return 0
        refused = refused or (found, text)
    assert refused is not None
    view.show(refused[0], {doc.path: refused[1]})
    sys.stderr.write(f"{path}: nothing was written\n")
    return exit_code(refused[0])


def _problems(ask: Ask, path: Path, instead: Mapping[str, bytes] | None) -> list[Diagnostic]:
    """What is wrong with a file, and with the pipeline that it is a profile of, if that is there."""
    found: list[Diagnostic] = []
    for file in dict.fromkeys((path, *([ask.file] if ask.file.exists() else []))):
        try:
            found += problems_of(ask._replace(file=file), instead)
        except Refused as refused:
            found += refused.problems
    return list(dict.fromkeys(found))


def target(ask: Ask) -> Path:
    """The file that is meant: the profile's, if one is named, else the pipeline. Raises Refused."""
    if ask.profile is None:
        return ask.file
    sources = Sources(find_root(ask.file))
    path = locate(ask.profile, None, ask, sources)
    if ":" in ask.profile:
        raise Refused([diagnose("E995", None, name=ask.profile, whose=ask.profile.partition(":")[0])])
    if path is None:
        raise Refused([diagnose("E505", None, path=f"profiles/{ask.profile}.toml")])
    return Path(show(path))


def order(doc: Document) -> list[str]:
    """The tables of a file of this kind, in the order in which they are documented."""
    names = list(schema("profile" if is_profile(doc.data) else "pipeline")["properties"])
    return sorted(names, key=lambda name: name not in SERVICES)


def values(text: str) -> list[str]:
    """What a word of a command line may mean as TOML: what it is there, and a text."""
    meant = [toml_text(text)]
    if "\n" not in text:
        try:
            if tomllib.loads(f"x = {text}").keys() == {"x"}:
                meant.insert(0, text.strip())
        except ValueError:
            pass
    return meant


def toml_text(text: str) -> str:
    """A text as it is written in TOML; a longer one over its own lines."""
    if "\n" in text and "'''" not in text and re.sub(r"[\n\t]", "", text).isprintable():
        return f"'''\n{text}'''"
    return quoted(text)

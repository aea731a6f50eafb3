"""`include`: a file and those that add to it, as one document whose places stay in the files that have them."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from runner.resolve import patterns
from runner.text.diagnostics import Diagnostic, Place, Refused, diagnose, near
from runner.text.document import At, Document, load, show
from runner.text.sources import Sources

SECTIONS = ("params", "types", "templates", "steps", "handlers", "finally")
HOW = "included here"


class Included(NamedTuple):
    """The files that one file includes, in order, each with the entry that names it; what is wrong with the list."""

    parts: tuple[tuple[Document, Place], ...]
    problems: tuple[Diagnostic, ...]


class Joined(Document):
    """A file with what it includes: the data of all, each name in the file that has it."""

    __slots__ = ("_doc", "_owners")

    def __init__(self, doc: Document, data: dict[str, Any], owners: dict[tuple[str, str], Document]) -> None:
        super().__init__(doc.path, doc.text, data)
        self._doc, self._owners = doc, owners

    def part(self, keys: Sequence[str | int]) -> Document:
        """The file that has these keys."""
        found = self._owners.get((str(keys[0]), str(keys[1]))) if len(keys) > 1 else None
        return found or self

    def place(self, keys: Sequence[str | int], at: At = "value", part: tuple[int, int] | None = None) -> Place:
        """As of any document, in the file that has the keys."""
        owner = self.part(keys)
        return (self._doc if owner is self else owner).place(keys, at, part)


def included(doc: Document, sources: Sources) -> Included:
    """Read what `include` of a file names; a file that can't be read is a problem at the entry that names it."""
    problems: list[Diagnostic] = []
    found: dict[str, tuple[Document, Place]] = {}
    given = doc.data.get("include")
    for index, entry in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(entry, str):
            continue
        place = doc.place(("include", index))
        if "\0" in entry:
            problems.append(diagnose("E101", place, path=entry))
            continue
        paths = list(_paths(doc, entry, sources))
        if not paths:
            problems.append(diagnose("E316", place, path=entry))
        for path in paths:
            real = os.path.realpath(path)
            if real == os.path.realpath(doc.path):
                if "*" not in entry:
                    problems.append(diagnose("E332", place, path=entry))
            elif real in found:
                related = ((found[real][1], "it is included here"),)
                problems.append(diagnose("E330", place, related=related, path=show(path)))
            else:
                try:
                    found[real] = read(path, entry, place, HOW, sources), place
                except Refused as refused:
                    problems += refused.problems
    return Included(tuple(found.values()), tuple(problems))


def read(path: str, said: str, place: Place, how: str, sources: Sources) -> Document:
    """The file that another one names as `said`.

    Raises Refused: problems with the whole file stand at that place, those in its text show it with the words of `how`.
    """
    try:
        return load(path, sources)
    except Refused as refused:
        whole = [_at(one, path, said, place, sources) for one in refused.problems if one.place is None]
        inside = [one._replace(related=(*one.related, (place, how))) for one in refused.problems if one.place]
        raise Refused([*whole, *inside]) from None


def _at(problem: Diagnostic, path: str, said: str, place: Place, sources: Sources) -> Diagnostic:
    """A problem with a whole file, at the place that names it; what was meant is said in that place's words."""
    if problem.code != "E101":
        return problem._replace(place=place)
    names = [name for name in sources.listdir(os.path.dirname(path) or ".") if name.endswith(".toml")]
    name = os.path.basename(said)
    like = near(name, names) or (f"{name}.toml" if f"{name}.toml" in names else None)
    return diagnose("E101", place, path=said, near=like and os.path.join(os.path.dirname(said), like))


def join(doc: Document, parts: Sequence[Document]) -> tuple[Document, list[Diagnostic]]:
    """One document of a file and its parts, all of which keep to the language; a name in two of them is a problem."""
    if not parts:
        return doc, []
    data = {**doc.data, **{section: dict(doc.data[section]) for section in SECTIONS if section in doc.data}}
    owners: dict[tuple[str, str], Document] = {}
    problems: list[Diagnostic] = []
    for part in parts:
        for section in SECTIONS:
            for name, value in part.data.get(section, {}).items():
                table = data.setdefault(section, {})
                if name in table:
                    first = owners.get((section, name), doc).place((section, name), "key")
                    place = part.place((section, name), "key")
                    related = ((first, "it stands here too"),)
                    problems.append(diagnose("E331", place, related=related, name=f"{section}.{name}"))
                    continue
                table[name] = value
                owners[section, name] = part
    if not data.get("steps"):
        problems.append(diagnose("E237", doc.place(("include",))))
    return Joined(doc, data, owners), problems


def _paths(doc: Document, entry: str, sources: Sources) -> Iterator[str]:
    """The files that an entry names, relative to the file that says it (N20)."""
    head: list[str] = []
    rest = entry.split("/")
    while rest and "*" not in rest[0]:
        head.append(rest.pop(0))
    base = os.path.normpath(os.path.join(os.path.dirname(doc.path), *(["/"] if entry.startswith("/") else []), *head))
    if not rest:
        yield base
        return
    for path in patterns.expand(Path(base), "/".join(rest), sources):
        yield os.path.normpath(os.path.join(base, path))

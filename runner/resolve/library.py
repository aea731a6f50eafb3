"""The files that a pipeline is made of: what it includes, what its steps use, and so on; each read and checked once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.resolve import packages
from runner.resolve.hints import like
from runner.resolve.include import HOW, included, join, read
from runner.resolve.kinds import is_profile, kind_of_file
from runner.text.diagnostics import SHOWN, Diagnostic, Place, Refused, Ways, diagnose, shortened
from runner.text.document import Document
from runner.text.sources import Sources

DEEP = 50
"""How many files may use each other, one within the other."""


class Use(NamedTuple):
    """A `uses` as it was written: its place, the step that says it, and the file that it means, by its real path."""

    place: Place
    step: str
    file: str


class Library(NamedTuple):
    """files: real path -> a pipeline or job with what it includes; uses: (file, what it says) -> real path.

    ways: how each file came in; packed: whether one of them belongs to an installed package.
    """

    pipeline: Document
    files: Mapping[str, Document]
    uses: Mapping[tuple[str, str], str]
    ways: Ways
    problems: tuple[Diagnostic, ...]
    packed: bool = False
    texts: tuple[Document, ...] = ()  # every file as it was read

    def used(self, doc: Document, said: str) -> Document | None:
        """The file that `uses` means where that document says it."""
        path = self.uses.get((doc.path, said))
        return self.files.get(path) if path is not None else None

    def used_by(self, doc: Document, said_in: Document, step: Mapping[str, Any]) -> Document | None:
        """The file that a step of `doc` uses, by its own word or by a template; None where it is of another kind."""
        seen: set[str] = set()
        while "uses" not in step:
            name = step.get("extends")
            if not isinstance(name, str) or name in seen or name not in doc.data.get("templates", {}):
                return None
            seen.add(name)
            step, said_in = doc.data["templates"][name], doc.part(("templates", name))
        return self.used(said_in, step["uses"])


def library(pipeline: Document, sources: Sources) -> Library:
    """Read and check all of them. No file's mistakes keep the others from being read."""
    return _Reader(sources).read(pipeline)


class _Reader:
    """One walk over the files, the nearest ones first."""

    def __init__(self, sources: Sources) -> None:
        self.sources = sources
        self.files: dict[str, Document] = {}
        self.uses: dict[tuple[str, str], str] = {}
        self.edges: dict[str, list[Use]] = {}
        self.ways: dict[str, tuple[tuple[Place, str], ...]] = {}
        self.problems: list[Diagnostic] = []
        self.packed = False
        self.texts: list[Document] = []
        self.met: set[str] = set()  # files that somebody has used already

    def read(self, pipeline: Document) -> Library:
        first = os.path.realpath(pipeline.path)
        self.files[first] = pipeline
        self.met.add(first)
        level = [first]
        for _ in range(DEEP + 2):  # what is used deeper than that is refused anyway
            level = [path for path in level for path in self._open(path)]
        shown = {path: doc.path for path, doc in self.files.items()}
        self.problems += circles(first, self.edges, shown)
        found = (self.files, self.uses, self.ways, tuple(self.problems), self.packed, tuple(self.texts))
        return Library(self.files[first], *found)

    def _open(self, path: str) -> Iterator[str]:
        """Read what a file includes and uses; the files among them that nobody has used before."""
        doc = self.files[path]
        parts = self._parts(path, doc, self.ways.get(doc.path, ()))
        self.edges[path] = []
        for use in (use for part in parts for use in self._uses(part)):
            self.edges[path].append(use)
            if use.file not in self.met:
                self.met.add(use.file)
                way = ((use.place, f"used by `{use.step}`"), *self.ways.get(use.place.file, ()))
                self.ways.setdefault(self.files[use.file].path, way)
                yield use.file

    def _parts(self, path: str, doc: Document, way: tuple[tuple[Place, str], ...]) -> list[Document]:
        """The file and what it includes; checked, and joined where all of it is right."""
        from runner.model.check import check

        more = included(doc, self.sources)
        parts = [part for part, _ in more.parts]
        for part, place in more.parts:
            self.ways.setdefault(part.path, ((place, HOW), *way))
        found = [*check(doc, kind_of_file(doc)), *(one for part in parts for one in check(part, "included"))]
        found += more.problems
        if not any(problem.severity == "error" for problem in found):
            self.files[path], twice = join(doc, parts)
            found += twice
        self.problems += found
        self.texts += [doc, *parts]
        return [doc, *parts]

    def _uses(self, doc: Document) -> Iterator[Use]:
        """What the steps and templates of a file use; files that nobody has read yet are read."""
        for keys, said in uses(doc.data):
            place = doc.place(keys)
            try:
                at = self._locate(doc, said, place)
                path = os.path.realpath(at)
                if path not in self.files:
                    self.files[path] = self._load(at, said, place, str(keys[-2]))
            except Refused as refused:
                self.problems += refused.problems
                continue
            self.uses[doc.path, said] = path
            yield Use(place, str(keys[-2]), path)

    def _locate(self, doc: Document, said: str, place: Place) -> str:
        if "\0" in said:
            raise Refused([diagnose("E101", place, path=said)])
        if ":" not in said:
            return os.path.normpath(os.path.join(os.path.dirname(doc.path), said))
        package, _, name = said.partition(":")
        found = packages.find(said, "blocks")
        if found is None:
            known = packages.names(package, "blocks")
            hint = like(said, known) or ({"hint": "`runner list --blocks` names those that there are"} if known else {})
            raise Refused([diagnose("E335", place, package=package, name=name, **hint)])
        self.packed |= package != "std"
        return str(found)

    def _load(self, path: str, said: str, place: Place, step: str) -> Document:
        doc = read(path, said, place, f"used by `{step}`", self.sources)
        if is_profile(doc.data):
            raise Refused([diagnose("E336", place, path=said)])
        return doc


def uses(data: Mapping[str, Any]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """Every `uses` of a file, with its keys, in the order of the file as far as its tables say."""
    pending: list[tuple[tuple[Any, ...], Any]] = [(("job",), data.get("job"))]
    pending += [(("!", section), data.get(section)) for section in ("finally", "handlers", "templates", "steps")]
    while pending:
        keys, table = pending.pop()
        if not isinstance(table, dict):
            continue
        if keys[0] == "!":  # a table of steps, not a step
            pending += [((*keys[1:], name), step) for name, step in reversed(list(table.items()))]
            continue
        if isinstance(table.get("uses"), str):
            yield (*keys, "uses"), table["uses"]
        pending += [((*keys, "default"), table.get("default"))]
        pending += [(("!", *keys, inner), table.get(inner)) for inner in ("cases", "steps")]


def circles(first: str, edges: Mapping[str, list[Use]], shown: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Files that use themselves, directly or not, each circle once; else the longest chain, if it is too long (N27)."""
    trail: list[tuple[str, Iterator[Use]]] = [(first, iter(edges[first]))]
    taken: list[Use] = []  # the edges between the files of the trail
    around = {first}
    height: dict[str, int] = {}  # files whose uses are all known: how many are used below them, at most
    down: dict[str, Use] = {}  # where the longest chain goes on
    whole = True

    def higher(path: str, use: Use) -> None:
        if height[use.file] >= height.get(path, 0):
            height[path], down[path] = height[use.file] + 1, use

    while trail:
        path, rest = trail[-1]
        use = next(rest, None)
        if use is None:
            trail.pop()
            around.discard(path)
            height.setdefault(path, 0)
            if trail:
                higher(trail[-1][0], taken.pop())
        elif use.file in around:
            whole = False
            start = next(index for index, (file, _) in enumerate(trail) if file == use.file)
            chain = [*taken[start:], use]
            names = " -> ".join([shown[use.file], *(shown[one.file] for one in chain)])
            related = [(one.place, f"`{one.step}` uses the next") for one in chain[1:][: 2 * SHOWN]]
            yield diagnose("E333", chain[0].place, related=related, path=names)
        elif use.file in height:
            higher(path, use)
        elif use.file in edges:
            around.add(use.file)
            taken.append(use)
            trail.append((use.file, iter(edges[use.file])))
    if whole and height[first] > DEEP:
        chain, path = [], first
        while path in down:
            chain.append(down[path])
            path = down[path].file
        way = shortened([(use.place, f"used by `{use.step}`") for use in chain[:DEEP][::-1]])
        yield diagnose("E334", chain[DEEP].place, related=way, limit=DEEP)

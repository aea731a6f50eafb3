"""Pipeline and profile as one: documents checked against their schemas, layers laid, parameters known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple

from runner.resolve.ask import Ask
from runner.resolve.elsewhere import elsewhere
from runner.resolve.kinds import of_steps, roots
from runner.resolve.layers import Layers
from runner.resolve.library import Library
from runner.resolve.parameters import Parameters, parameters
from runner.resolve.project import Files, read_files
from runner.resolve.said import said as say, spoken
from runner.text.diagnostics import Diagnostic, Refused, with_ways
from runner.text.document import Document
from runner.text.sources import Sources

MOST = 100_000  # steps that `--set` is compared with


class Resolved(NamedTuple):
    """What the planner starts from. problems: warnings and errors found on the way, none of them fatal to a plan."""

    ask: Ask
    files: Files
    layers: Layers
    parameters: Parameters
    problems: tuple[Diagnostic, ...]


def documents(files: Files, said: Document | None) -> Iterator[tuple[Document, str]]:
    """Every document that speaks beside the pipeline and what belongs to it, with the schema that holds for it."""
    if files.project is not None:
        yield files.project, "project"
    for profile in files.profiles:
        yield profile.doc, "profile"
    if said is not None:
        yield said, "profile"


def profiles(others: Iterable[Files], files: Files) -> Iterator[Document]:
    """The documents of other profiles that the chosen one does not have."""
    known = {profile.doc.path for profile in files.profiles}
    for profile in (one for other in others for one in other.profiles):
        if profile.doc.path not in known:
            known.add(profile.doc.path)
            yield profile.doc


def step_paths(doc: Document, library: Library) -> Iterator[str]:
    """Dotted paths of all steps that a pipeline writes, those of files that it uses among them."""
    broken = any(problem.severity == "error" for problem in library.problems)
    pending: list[tuple[str, Document, Any, Document | None]] = [("", doc, roots(doc), None)]
    while pending:
        prefix, doc, table, part = pending.pop()
        for name, step in table.items() if isinstance(table, dict) else ():
            path, said_in = f"{prefix}{name}", part or doc.part(("steps", name))
            yield path
            if not isinstance(step, dict):
                continue
            inner = f"{path}."
            pending += [(inner, doc, step.get(key), said_in) for key in ("steps", "cases")]
            pending.append((inner, doc, {"default": step["default"]} if "default" in step else None, said_in))
            used = None if broken else library.used_by(doc, said_in, step)
            if used is not None:
                pending.append((inner, used, roots(used), None))


def resolve(ask: Ask, sources: Sources, pipeline: Document | None = None) -> Resolved:
    """Read, check and lay. Raises Refused with the problems of every file at once."""
    from runner.model.check import check

    files = read_files(ask, sources, pipeline)
    sets = [of_steps(word, files.pipeline) for word in ask.sets]
    said = say(sets, islice(step_paths(files.pipeline, files.library), MOST)) if ask.sets else None
    problems = [*files.library.problems, *(one for doc, kind in documents(files, said) for one in check(doc, kind))]
    others = elsewhere(files, said, ask, sources)
    problems += [one for doc in profiles(others.values(), files) for one in check(doc, "profile")]
    if any(problem.severity == "error" for problem in problems):
        raise Refused(spoken(with_ways(problems, files.library.ways), ask.sets))
    layers = Layers(files, said, {name: Layers(other, said, None) for name, other in others.items()})
    known = parameters(layers, ask)
    return Resolved(ask, files, layers, known, (*problems, *known.problems))

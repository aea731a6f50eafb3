"""Pipeline and profile as one: documents checked against their schemas, layers laid, parameters known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from runner.resolve.ask import Ask
from runner.resolve.include import HOW, Included, included, join
from runner.resolve.kinds import kind_of_file
from runner.resolve.layers import Layers
from runner.resolve.parameters import Parameters, parameters
from runner.resolve.project import Files, read_files
from runner.resolve.said import said as say, spoken
from runner.text.diagnostics import Diagnostic, Refused, with_ways
from runner.text.document import Document
from runner.text.sources import Sources


class Resolved(NamedTuple):
    """What the planner starts from. problems: warnings and errors found on the way, none of them fatal to a plan."""

    ask: Ask
    files: Files
    layers: Layers
    parameters: Parameters
    problems: tuple[Diagnostic, ...]


def documents(files: Files, included: Included, said: Document | None) -> Iterator[tuple[Document, str]]:
    """Every document that speaks, with the schema that holds for it."""
    yield files.pipeline, kind_of_file(files.pipeline)
    for part, _ in included.parts:
        yield part, "included"
    if files.project is not None:
        yield files.project, "project"
    for profile in files.profiles:
        yield profile.doc, "profile"
    if said is not None:
        yield said, "profile"


def step_paths(doc: Document) -> Iterator[str]:
    """Dotted paths of all steps that a pipeline writes."""
    job = doc.data.get("job")
    pending = [("", doc.data.get("steps") if job is None else {str(doc.data.get("name") or "job"): job})]
    while pending:
        prefix, table = pending.pop()
        for name, step in table.items() if isinstance(table, dict) else ():
            path = f"{prefix}{name}"
            yield path
            if isinstance(step, dict):
                pending.append((f"{path}.", step.get("steps")))
                pending.append((f"{path}.", step.get("cases")))
                if isinstance(step.get("default"), dict):
                    pending.append((f"{path}.", {"default": step["default"]}))


def resolve(ask: Ask, sources: Sources, pipeline: Document | None = None) -> Resolved:
    """Read, check and lay. Raises Refused with the problems of every file at once."""
    from runner.model.check import check

    files = read_files(ask, sources, pipeline)
    more = included(files.pipeline, sources)
    parts = [part for part, _ in more.parts]
    said = say(ask.sets, _paths(files.pipeline, *parts)) if ask.sets else None
    files = files._replace(ways={part.path: ((place, HOW),) for part, place in more.parts})
    problems = [problem for doc, kind in documents(files, more, said) for problem in check(doc, kind)]
    problems += more.problems
    _refuse(problems, files, ask)
    joined, twice = join(files.pipeline, parts)
    _refuse([*problems, *twice], files, ask)
    files = files._replace(pipeline=joined)
    layers = Layers(files, said)
    known = parameters(layers, ask)
    return Resolved(ask, files, layers, known, (*problems, *known.problems))


def _paths(*docs: Document) -> list[str]:
    return [path for doc in docs for path in step_paths(doc)]


def _refuse(problems: Sequence[Diagnostic], files: Files, ask: Ask) -> None:
    if any(problem.severity == "error" for problem in problems):
        raise Refused(spoken(with_ways(problems, files.ways), ask.sets))

"""Pipeline parameters: every layer's word, its kind checked, its origin kept (N15, N18, N32)."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from runner.resolve.ask import Ask
from runner.resolve.hints import KINDS, like
from runner.resolve.layers import Layer, Layers, shared
from runner.rules.values import check_type, from_text, kind_of
from runner.text.diagnostics import Diagnostic, diagnose
from runner.text.document import Document

PREFIX = "RUNNER_UP_SET_"
DATES = {datetime.datetime: "datetime", datetime.date: "date", datetime.time: "time"}


class Parameter(NamedTuple):
    """One parameter: its value (dates as ISO text), its kind, and who said it."""

    value: Any
    kind: str | None
    origin: Layer


class Parameters(NamedTuple):
    """All parameters with a value, and the names that `[types]` requires but nobody gave."""

    known: dict[str, Parameter]
    required: tuple[str, ...]
    kinds: dict[str, str]
    problems: tuple[Diagnostic, ...]


def plain(value: Any) -> Any:
    """A TOML value as the plan holds it: dates travel as ISO text (N15)."""
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def kind(value: Any) -> str | None:
    """The kind of a TOML value; a text that is a reference has none yet."""
    if type(value) in DATES:
        return DATES[type(value)]
    if isinstance(value, str) and "${" in value:
        return None
    return kind_of(value)


def defaults(doc: Document, label: str = "") -> Parameters:
    """What a file says of its own parameters: all that there is of a file that a step uses. label: of the file."""
    types = doc.data.get("types", {})
    known: dict[str, Parameter] = {}
    kinds: dict[str, str] = {}
    for name, spec in types.items():
        if isinstance(spec, dict) and isinstance(spec.get("type"), str):
            kinds[name] = spec["type"]
    for name, value in doc.data.get("params", {}).items():
        layer = Layer(f"{label or doc.path} [params]", doc, ("params", name), {})
        found = kinds.get(name) or kind(value)
        if found:
            kinds.setdefault(name, found)
        known[name] = Parameter(plain(value), found, layer)
    missing = tuple(name for name in types if name not in known)
    return Parameters(known, missing, kinds, tuple(_beyond(known, types)))


def _beyond(known: dict[str, Parameter], types: dict[str, Any]) -> Iterator[Diagnostic]:
    """Values in files that their types do not allow."""
    for name, spec in types.items():
        if name in known and isinstance(spec, dict) and not _symbolic(known[name].value):
            why = check_type(known[name].value, {key: plain(value) for key, value in spec.items()})
            where = known[name].origin
            if why:
                yield diagnose("E452", where.doc.place(where.keys) if where.doc else None, name=name, why=why)


def parameters(layers: Layers, ask: Ask) -> Parameters:
    """Lay the parameters of pipeline, profiles, environment and command line; all problems at once."""
    pipeline = layers.files.pipeline
    types = pipeline.data.get("types", {})
    known, _, kinds, _ = defaults(pipeline, "pipeline")
    problems: list[Diagnostic] = []
    names = set(known) | set(types)
    for label, doc in layers.profiles:
        for name, value in doc.data.get("params", {}).items():
            layer = Layer(label, doc, ("params", name), {})
            if name not in names:
                if not shared(doc):
                    problems.append(_unknown(name, names, doc.place(("params", name), "key")))
                continue
            problems += _kind_kept(name, value, kinds, doc)
            known[name] = Parameter(plain(value), kinds.get(name) or kind(value), layer)
    for name, value in ask.given.items():
        if name in names:
            known[name] = Parameter(value, kinds.get(name) or kind_of(value), Layer("the resumed run", None, (), {}))
    outside: dict[tuple[str, str], str] = {}
    for label, name, text, doc in _outside(ask):
        if name not in names:
            problems.append(diagnose("E455", None, name=name, said=_said(label, name, text), **like(name, names)))
            continue
        layer = Layer(label, doc, (name,), {})
        outside[layer.label, name] = text
        try:
            value = from_text(text, kinds.get(name))
        except ValueError as error:
            problems.append(diagnose("E451", None, said=_said(label, name, text), why=str(error)))
            continue
        known[name] = Parameter(value, kinds.get(name) or kind_of(value), layer)
    for name, spec in types.items():
        said_by = known[name].origin.label if name in known else ""
        if (said_by, name) in outside and isinstance(spec, dict) and not _symbolic(known[name].value):
            why = check_type(known[name].value, {k: plain(v) for k, v in spec.items()})
            if why:
                said = _said(said_by, name, outside[said_by, name])
                problems.append(diagnose("E451", None, said=said, why=why))
    inside = {name: one for name, one in known.items() if (one.origin.label, name) not in outside}
    problems += _beyond(inside, types)
    missing = tuple(name for name in types if name not in known)
    return Parameters(known, missing, kinds, tuple(problems))


def _symbolic(value: Any) -> bool:
    return isinstance(value, str) and "${" in value


def _unknown(name: str, names: Iterable[str], place: Any) -> Diagnostic:
    return diagnose("E450", place, name=name, **like(name, names))


def _said(label: str, name: str, text: str) -> str:
    """A parameter as it was given from outside, for messages."""
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"{label} {name}={text}" if label == "--param" else f"{label}={text}"


def alike(old: str, new: str) -> bool:
    """Whether a value of kind `new` may stand where one of kind `old` is said to be (N18)."""
    texts = ("text", "path", "date", "time", "datetime")
    return old == new or {old, new} <= {"integer", "number"} or (old in texts and new == "text")


def _kind_kept(name: str, value: Any, kinds: dict[str, str], doc: Document) -> list[Diagnostic]:
    """N18: a layer may not change a parameter's kind, but for an integer where a number stood."""
    old, new = kinds.get(name), kind(value)
    if old is None or new is None or alike(old, new):
        return []
    return [diagnose("E453", doc.place(("params", name)), name=name, old=KINDS[old], new=KINDS[new])]


def _outside(ask: Ask) -> Iterable[tuple[str, str, str, Document]]:
    """Parameters from the environment, then from the command line: (layer, name, text, a document to point into)."""
    from runner.resolve.said import pair

    for variable in sorted(ask.env):
        if variable.startswith(PREFIX) and len(variable) > len(PREFIX):
            name = variable[len(PREFIX) :]
            yield variable, name, ask.env[variable], _line(variable, name, ask.env[variable])
    for word in ask.params:
        name, text = pair(word, "--param")
        yield "--param", name, text, _line("--param", name, text)


def _line(source: str, name: str, text: str) -> Document:
    import json

    from runner.resolve.said import as_toml

    key = name if name.replace("-", "_").isidentifier() else json.dumps(name)
    return Document(source, f"{key} = {as_toml(text)}\n", {name: text})

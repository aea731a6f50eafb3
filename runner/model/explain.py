"""Turns the faults of a file into diagnostics: the exact place, and what to write instead. Loaded only after a no."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.model import say, unknown, values
from runner.model.check import STARTS
from runner.model.data import schema as shipped
from runner.model.faults import Fault, Keys, faults
from runner.model.language import GROUPS, KINDS, SERVICES
from runner.text.diagnostics import Diagnostic, Place, diagnose
from runner.text.document import Document
from runner.text.near import near


def explain(
    doc: Document, kind: str, schema: dict[str, Any] | None, plugins: Mapping[str, Mapping[str, Any]] | None
) -> list[Diagnostic]:
    """Every problem of a file in file order; [] when a plug-in's settings make it valid after all."""
    name, start = STARTS[kind]
    broken: list[Diagnostic] = []
    if schema is None:
        schema, broken = _with_plugins(doc, name, plugins)
    found = list(broken)
    found += [_diagnostic(doc, kind, schema, start, fault) for fault in _worth_telling(faults(schema, start, doc.data))]
    found += [
        diagnose("E247", doc.place(keys), value=str(number))
        for keys, number in _infinite(doc.data)
        if not _known(found, doc, keys)
    ]
    unique = {(problem.code, problem.place, problem.message): problem for problem in found}
    return sorted(unique.values(), key=lambda problem: (problem.place[1:3] if problem.place else (0, 0), problem.code))


def _with_plugins(
    doc: Document, name: str, plugins: Mapping[str, Mapping[str, Any]] | None
) -> tuple[dict[str, Any], list[Diagnostic]]:
    """The shipped schema; with the settings of the plug-ins that the file names, if it names any."""
    schema = shipped(name)
    asked = {}
    for service, (group, _) in SERVICES.items():
        table = doc.data.get(service)
        if name != "pipeline" and isinstance(table, dict):
            own = schema["definitions"].get(service, {}).get("properties", {}).get("type", {}).get("enum", [])
            if isinstance(table.get("type"), str) and table["type"] not in own:
                asked[service] = (group, table["type"])
    inherits = name == "profile" and "extends" in doc.data and any(service in doc.data for service in SERVICES)
    if not asked and not inherits:
        return schema, []
    from runner.model.project import schemas_of

    built, problems = schemas_of(doc.data.get("plugins") if name == "project" else plugins or _declared(doc))
    mine = {(group, word) for group, word in asked.values()}
    return built[name], [problem for group, flavor, problem in problems if (group, flavor) in mine]


def _declared(doc: Document) -> Mapping[str, Any] | None:
    """`[plugins]` of the `runner.toml` nearest above a file."""
    for folder in Path(doc.path).absolute().parents:
        if (folder / "runner.toml").is_file():
            try:
                found = tomllib.loads((folder / "runner.toml").read_text(encoding="utf-8")).get("plugins")
            except (OSError, ValueError):
                return None  # that file has diagnostics of its own
            return found if isinstance(found, dict) else None
    return None


def _worth_telling(found: list[Fault]) -> list[Fault]:
    """Without those that follow from another: keys forbidden twice, rules of a kind in a table that has two kinds."""
    unknown_keys = {(fault.keys, fault.key) for fault in found if fault.word == "additionalProperties"}
    told, out = set(), []
    double = {fault.keys for fault in found if fault.word == "propertyNames" and fault.key in KINDS}
    for fault in found:
        if fault.keys in double and fault.word == "propertyNames":  # two kinds: told once, at the later one
            kinds = [word for word in fault.value if word in KINDS]
            if fault.key != kinds[-1]:
                continue
        if fault.word == "propertyNames" and (fault.keys, fault.key) in unknown_keys:
            continue
        mistyped = any(keys == fault.keys for keys, _ in unknown_keys)
        if fault.word in ("anyOf", "required") and isinstance(fault.value, dict) and mistyped:
            continue  # the kind is probably there, mistyped: one word about it is enough
        mark = (fault.keys, fault.word, fault.key)
        if mark not in told:
            told.add(mark)
            out.append(fault)
    return out


def _diagnostic(doc: Document, kind: str, schema: dict[str, Any], start: str, fault: Fault) -> Diagnostic:
    keys = fault.keys
    if fault.word == "additionalProperties":
        assert fault.key is not None
        return unknown.unknown_key(doc, kind, schema, start, fault)
    if fault.word == "propertyNames":
        return _name(doc, kind, fault)
    if fault.word == "required":
        return _missing(doc, fault)
    if fault.word == "anyOf" and isinstance(fault.value, dict) and "required" in str(fault.schema["anyOf"][0]):
        kinds = say.either(f"`{k}`" for k in KINDS)
        siblings: Any = doc.data
        for key in keys[:-1]:
            siblings = siblings[key]
        like = (
            near(str(keys[-1]), [name for name in siblings if name != keys[-1]]) if keys[-2:-1] == ("steps",) else None
        )
        hint = f"did you mean `{like}`? A step says one of {kinds}" if like else None
        return diagnose("E234", table_place(doc, keys), where=say.header(keys), kinds=kinds, hint=hint)
    return values.wrong_value(doc, fault, keys)


def _name(doc: Document, kind: str, fault: Fault) -> Diagnostic:
    """A key with a bad name, or one that this kind of step does not take."""
    assert fault.key is not None
    rule = fault.schema["propertyNames"]
    at = doc.place((*fault.keys, fault.key), "key")
    if "enum" not in rule:
        return values.bad_name(fault.key, rule, at, fault.keys)
    table = fault.value
    if fault.key == "from":
        told = "`from` is for groups: it names a return of a step inside"
        return diagnose("E233", at, key="from", what="a return of a task", hint=told)
    if not fault.keys and "job" in table:
        return diagnose("E232", at, key=fault.key)
    kinds = [word for word in KINDS if word in table]
    if not kinds:
        chosen = table.get("type", "?")
        return diagnose("E233", at, key=fault.key, what=f"`{chosen}`", hint="its keys: " + say.listing(rule["enum"]))
    if fault.key in KINDS:
        return diagnose("E235", at, kinds=say.either((f"`{word}`" for word in kinds), "and"))
    takers = unknown.takers(fault.key)
    hint: str | None = None
    if takers:
        hint = f"`{fault.key}` is for {say.either(f'`{word}`' for word in takers)} steps"
    if kinds[0] in GROUPS and fault.key in unknown.default_keys():
        hint = f"write it in the inner steps, or for all of them `defaults = {{ {fault.key} = ... }}`"
    return diagnose("E233", at, key=fault.key, what=f"a `{kinds[0]}` step", hint=hint)


def _missing(doc: Document, fault: Fault) -> Diagnostic:
    if not fault.keys and fault.key == "steps":
        return diagnose("E237", doc.place((), "header"))
    head = ".".join(say.bare(str(key)) for key in fault.keys)
    hint = f"write `[{head}.cases.VALUE]` for each value of `choose`" if fault.key == "cases" else None
    return diagnose("E236", table_place(doc, fault.keys), where=say.header(fault.keys), key=fault.key, hint=hint)


def table_place(doc: Document, keys: Keys) -> Place:
    """The name of a table, in its header or where it is written in line; the table itself in a list."""
    return doc.place(keys, "value" if keys and isinstance(keys[-1], int) else "key" if keys else "header")


def _infinite(data: Any) -> list[tuple[Keys, float]]:
    """Where nan and inf stand."""
    out: list[tuple[Keys, float]] = []
    todo: list[tuple[Keys, Any]] = [((), data)]
    while todo:
        keys, value = todo.pop()
        if isinstance(value, float) and not math.isfinite(value):
            out.append((keys, value))
        elif isinstance(value, (dict, list)):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            todo += [((*keys, key), inner) for key, inner in pairs]
    return out


def _known(found: list[Diagnostic], doc: Document, keys: Keys) -> bool:
    place = doc.place(keys)
    return any(problem.place == place for problem in found)

"""Classes to JSON Schema: the one shape that both TOML language servers complete, explain and check well.

Draft-07, one file a kind of document; flat tables, and `if`/`then` that only takes away.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import attrs

from runner.model import language
from runner.model.described import bound, described, shown
from runner.model.examples import examples
from runner.model.forms import Form, written
from runner.model.parts import Return

OPEN = (language.Volume,)  # tables that take more keys than we know
WHOLE = (language.Step, language.Template)
STEPS = (*WHOLE, language.Defaults, language.ProfileDefaults, language.Overlay)
TAKEN = {kind: language.taken_by(kind) for kind in language.KINDS}
DRAFT = "http://json-schema.org/draft-07/schema#"
Services = Mapping[str, Iterable[tuple[Any, Any]]]  # group -> (Flavor, settings class or None)


def build(services: Services) -> dict[str, dict[str, Any]]:
    """The schemas of all kinds of file, by name, with the settings of these flavors in them."""
    return {
        "pipeline": _file(language.Pipeline, {}),
        "included": _file(language.Included, {}),
        "profile": _file(language.Profile, _services(services, "executor", "run-log", "catalog", "secrets")),
        "project": _file(language.Project, _services(services, "run-log", "catalog")),
    }


def table_of(cls: type, definitions: dict[str, Any], takers: Mapping[str, Sequence[str]] = {}) -> dict[str, Any]:
    """The schema of one attrs class; what it refers to is added to `definitions`. takers: key -> the types of service
    that take it, where others do not."""
    hints = get_type_hints(cls, include_extras=True)
    properties, required = {}, []
    for field in attrs.fields(cls):
        name = written(field)
        if not field.metadata.get("about"):
            raise TypeError(f"{cls.__name__}.{field.name} has no description")
        bounds = [*_kinds(cls, field), *bound(takers.get(name, ()))]
        about = described(cls, field, hints[field.name], bounds)
        properties[name] = {"description": about, **_value(hints[field.name], field.metadata, definitions)}
        for value in (properties[name], *properties[name].get("anyOf", ())):
            if "$ref" not in value.get("items", {"$ref": ""}):  # taplo shows what items say in place of the list
                value["items"] = {"description": about.partition("\n\n")[0], **value["items"]}
        if field.metadata.get("default") is not None:
            properties[name]["default"] = field.metadata["default"]
        if field.default is attrs.NOTHING:
            required.append(name)
    out: dict[str, Any] = {"type": "object", "description": cls.__doc__, "additionalProperties": cls in OPEN}
    if required:
        out["required"] = required
    return out | {"properties": properties} | _rules(cls)


def _kinds(cls: type, field: Any) -> list[str]:
    """The note which kinds of step a key is for; in `[defaults]` and profiles, where no kind is said, only if it is for
    less than all tasks."""
    name = field.name
    if cls is language.Pipeline and name in language.NOT_IN_JOBS:
        return ["Not in a file with `[job]`."]
    if name in language.KINDS or cls not in STEPS:
        return []
    takers = [kind for kind in language.KINDS if name in TAKEN[kind]]
    others = [kind for kind in language.KINDS if name not in TAKEN[kind]]
    if cls in WHOLE:
        return bound(takers, others) if others else []
    return bound(takers) if field.metadata["only"] else []


def _file(cls: type, services: dict[str, Any]) -> dict[str, Any]:
    definitions: dict[str, Any] = {}
    table = table_of(cls, definitions)
    for name, service in services.items():
        about = f"{service['description']}\n\n{shown(examples(cls.__name__)[name])}"
        table["properties"][name] = {"description": about, "$ref": f"#/definitions/{name}"}
        definitions |= service.pop("definitions")
        definitions[name] = service
    _retell(table, definitions)
    title = f"runner-up {cls.__name__.lower()}"
    return {"$schema": DRAFT, "title": title, **table, "definitions": dict(sorted(definitions.items()))}


def _retell(table: dict[str, Any], definitions: dict[str, Any]) -> None:
    """A server that passes over what stands beside a reference shows what the table says of itself: that is made the
    same, where but one key leads to it."""
    told: dict[str, dict[str, str]] = {}  # table -> key that leads to it -> the longest description of that
    todo: list[tuple[str, Any]] = [("", table), ("", definitions)]
    while todo:
        key, node = todo.pop()
        if isinstance(node, dict) and "$ref" in node:
            keys = told.setdefault(node["$ref"].rpartition("/")[2], {})
            keys[key] = max(keys.get(key, ""), node.get("description", ""), key=len)
        elif isinstance(node, dict):
            named = node.get("properties", {})
            todo += [*named.items(), *(("", inner) for word, inner in node.items() if inner is not named)]
        elif isinstance(node, list):
            todo += [("", inner) for inner in node]
    for name, keys in told.items():
        (first, *rest) = keys.values()
        if first and not rest:
            definitions[name]["description"] = first


def _refer(cls: type, definitions: dict[str, Any]) -> dict[str, Any]:
    name = cls.__name__ if cls.__module__.startswith("runner.model.") else f"{cls.__module__}.{cls.__qualname__}"
    if name not in definitions:
        definitions[name] = {}  # holds the place while the class is met inside itself
        definitions[name] = table_of(cls, definitions)
    return {"$ref": f"#/definitions/{name}"}


def _value(kind: Any, metadata: Mapping[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The schema of a value by its annotation."""
    origin, args = get_origin(kind), get_args(kind)
    if kind is Any:
        return {}
    if origin is Annotated:
        form = next(arg for arg in args if isinstance(arg, Form))
        return form.schema() | ({"x-suggest": form.suggest} if form.suggest else {})
    if origin is Literal:
        docs = metadata.get("values") or {}
        told = {"x-taplo": {"docs": {"enumValues": [docs[word] for word in args]}}} if set(args) == set(docs) else {}
        return {"enum": list(args), **told}
    least = metadata.get("at_least", 0)
    if origin is list:
        items = _value(args[0], {}, definitions)
        return {"type": "array", **({"items": items} if items else {}), **({"minItems": least} if least else {})}
    if origin is dict:
        form = next(arg for arg in get_args(args[0]) if isinstance(arg, Form))
        names = {word: value for word, value in form.schema().items() if word in ("pattern", "not", "minLength")}
        offered = {"x-suggest-keys": form.suggest} if form.suggest else {}
        return {
            "type": "object",
            "additionalProperties": _value(args[1], {}, definitions) or True,
            **({"propertyNames": names} if names else {}),
            **({"minProperties": least} if least else {}),
            "x-tombi-additional-key-label": form.title,
            **offered,
        }
    if origin in (Union, UnionType):
        kinds = [arg for arg in args if arg is not type(None)]
        branches = [_value(arg, metadata, definitions) for arg in kinds]
        return branches[0] if len(branches) == 1 else {"anyOf": branches}
    if attrs.has(kind):
        return _refer(kind, definitions)
    return Form(
        title="value", types=({str: "string", bool: "boolean", int: "integer", float: "number"}[kind],)
    ).schema()


def _rules(cls: type) -> dict[str, Any]:
    """What `if`/`then` take away: keys of other kinds of step, keys that a job does not have."""
    if cls is language.Pipeline:
        allowed = [written(field) for field in attrs.fields(cls) if field.name not in language.NOT_IN_JOBS]
        graph = {"if": _has("include"), "then": _free(), "else": _free(required=["steps"])}
        return {"if": _has("job"), "then": _free(propertyNames={"enum": allowed}), "else": _free(**graph)}
    if cls is not language.Step:
        return {}
    fields = {field.name: written(field) for field in attrs.fields(language.Step)}
    inner = _free(propertyNames={"enum": [written(f) for f in attrs.fields(Return) if f.name != "from_"]})
    rules: list[dict[str, Any]] = []
    for kind in language.KINDS:
        then: dict[str, Any] = {"propertyNames": {"enum": [fields[name] for name in language.taken_by(kind)]}}
        if kind in language.TASKS:
            then["properties"] = {"returns": {"items": inner}}
        if kind == "choose":
            then["required"] = ["cases"]
        rules.append({"if": _has(kind), "then": _free(**then)})
    rules.append(_free(anyOf=[_has(name) for name in (*language.KINDS, "extends")]))
    return {
        "if": _free(),
        "then": _free(allOf=rules),
    }  # the detour hides `allOf` from a server that stops completing at it


def _has(name: str) -> dict[str, Any]:
    return {"required": [name], "additionalProperties": True}


def _free(**words: Any) -> dict[str, Any]:
    return {**words, "additionalProperties": True}


def _services(services: Services, *names: str) -> dict[str, Any]:
    return {name: _service(*language.SERVICES[name], services) for name in names}


def _service(group: str, about: str, services: Services) -> dict[str, Any]:
    """`type` and the settings of every flavor in one flat table; a chosen `type` takes the others' keys away."""
    definitions: dict[str, Any] = {}
    flavors = list(services.get(group, ()))
    takers = _takers(flavors)
    tables = [
        table_of(cls, definitions, takers[flavor.name])["properties"] if cls is not None else None
        for flavor, cls in flavors
    ]
    union: dict[str, list[dict[str, Any]]] = {}
    for table in tables:
        for key, value in (table or {}).items():
            if value not in union.setdefault(key, []):
                union[key].append(value)
    shapes = {key: [_bare(value) for value in values] for key, values in union.items()}
    unlike = {key for key, found in shapes.items() if any(shape != found[0] for shape in found)}
    rules: list[dict[str, Any]] = []
    words: dict[str, str] = {}
    for (flavor, _), table in zip(flavors, tables, strict=True):
        own = [flavor.name, *flavor.aliases]
        words |= dict.fromkeys(own, flavor.about)
        match = _free(properties={"type": {"enum": own}}, required=["type"])
        then: dict[str, Any] = {}  # a plug-in without a settings class takes any
        if table is not None:
            then["propertyNames"] = {"enum": ["type", *table]}
            if unlike & table.keys():
                then["properties"] = {key: table[key] for key in table if key in unlike}
        rules.append({"if": match, "then": _free(**then)})
    told = {
        key: "\n\n---\n\n".join(dict.fromkeys(value["description"] for value in values))
        for key, values in union.items()
    }
    settings = {
        key: {"description": told[key], **({} if key in unlike else _bare(values[0]))} for key, values in union.items()
    }
    listed = "".join(f"\n{'' if n else chr(10)}- `{word}`: {told}" for n, (word, told) in enumerate(words.items()))
    kind = {
        "description": f"Which one.{listed}" + "".join(f'\n\nExample: `type = "{word}"`' for word in list(words)[:1]),
        "enum": list(words),
        "x-taplo": {"docs": {"enumValues": list(words.values())}},
    }
    return {
        "type": "object",
        "description": about,
        "additionalProperties": None in tables,
        "properties": {"type": kind, **settings},
        "if": _free(),
        "then": _free(allOf=rules),
        "definitions": definitions,
    }


def _takers(flavors: Sequence[tuple[Any, Any]]) -> dict[str, dict[str, list[str]]]:
    """Flavor -> key -> the flavors in which the key means the same, for keys that do so not in all of them."""
    meant = {
        flavor.name: {written(f): (f.metadata["about"], f.metadata["default"]) for f in attrs.fields(cls)}
        for flavor, cls in flavors
        if cls is not None
    }
    found: dict[str, dict[str, list[str]]] = {flavor.name: {} for flavor, _ in flavors}
    for name, keys in meant.items():
        for key, meaning in keys.items():
            same = [other for other, theirs in meant.items() if theirs.get(key) == meaning]
            if len(same) < len(flavors):
                found[name][key] = same
    return found


def _bare(value: dict[str, Any]) -> dict[str, Any]:
    return {word: told for word, told in value.items() if word not in ("description", "default")}

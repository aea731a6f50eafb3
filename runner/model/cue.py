"""The schemas as definitions of CUE: what `cue vet` then refuses is what `check` refuses of a file's structure.

A table is a closed struct, and the schema's `if` a guard in it that takes keys away; so CUE names the very key.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

HEAD = """\
// What runner-up takes, for CUE 0.14 and later. Generated.
//
//	cue vet -c FILE runner.cue -d '#Pipeline'
//
// and likewise #Included, #Profile, #Project.

package runner

import (
	"strings"
	"struct"
)
"""
Schema = Mapping[str, Any]


def text(schemas: Mapping[str, Schema]) -> str:
    """All definitions, by the schemas of the kinds of file."""
    tables: dict[str, Schema] = {}
    for kind, schema in schemas.items():
        tables |= {kind: schema, **schema["definitions"]}
    return HEAD + "".join(
        f"\n{_comment(table, '')}{_name(name)}: {_table(table, '')}\n" for name, table in tables.items()
    )


def _name(word: str) -> str:
    """The name of a definition."""
    return "#" + "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", word))


def _label(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z$][\w$]*", name) else json.dumps(name)


def _comment(schema: Schema, indent: str) -> str:
    """What a description says first; the schema has the rest."""
    lines = str(schema.get("description", "")).partition("\n\n")[0].split("\n")
    return "".join(f"{indent}// {line}".rstrip() + "\n" for line in lines) if lines != [""] else ""


def _table(schema: Schema, indent: str) -> str:
    """An object: a struct, or a map."""
    properties = schema.get("properties")
    if properties is None:
        return _map(schema, indent)
    inner = f"{indent}\t"
    lines = []
    for name, shape in properties.items():
        mark = "!" if name in schema.get("required", ()) else "?"
        lines.append(f"{_comment(shape, inner)}{inner}{_label(name)}{mark}: {_value(shape, inner)}\n")
    if schema.get("additionalProperties", True) is not False:
        lines.append(f"{inner}...\n")
    lines += [f"{inner}{line}\n" for line in _rules(schema, properties, "here")]
    return "{\n" + "".join(lines) + indent + "}"


def _map(schema: Schema, indent: str) -> str:
    inner = schema.get("additionalProperties", True)
    value = "_" if inner is True else _value(inner, indent)
    names = schema.get("propertyNames")
    key = _value({"type": "string", **names}, indent) if names else "string"
    least = schema.get("minProperties")
    return (f"struct.MinFields({least}) & " if least else "") + f"{{[{key}]: {value}}}"


def _rules(schema: Schema, properties: Schema, where: str) -> Iterator[str]:
    """The guards for the rules of a table, a line each. where: what the guards so far have found it to be."""
    if "if" in schema:
        name, words = _asked(schema["if"])
        if name is None:
            yield from _body(schema.get("then", {}), properties, where)
            return
        called = f"of type {' or '.join(map(json.dumps, words))}" if words else f"with `{name}`"
        yes = f"if {name} != _|_"
        if words:
            yes += " if " + " || ".join(f"{name} == {json.dumps(word)}" for word in words)
        for guard, rule, there in ((yes, "then", called), (f"if {name} == _|_", "else", f"without `{name}`")):
            lines = list(_body(schema.get(rule, {}), properties, there))
            if lines:
                yield f"{guard} {{"
                yield from (f"\t{line}" for line in lines)
                yield "}"
    for rule in schema.get("allOf", ()):
        yield from _body(rule, properties, where)


def _asked(question: Schema) -> tuple[str | None, list[str]]:
    """The key that a question is about, and the values that it must have, if any."""
    if "required" not in question:
        return None, []
    (name,) = question["required"]
    words: list[str] = question.get("properties", {}).get(name, {}).get("enum", [])
    return name, words


def _body(rule: Schema, properties: Schema, where: str) -> Iterator[str]:
    """What a `then` or `else` says."""
    allowed = rule.get("propertyNames", {}).get("enum")
    for name in properties:
        if allowed is not None and name not in allowed:
            yield f"{_label(name)}?: error({json.dumps(f'not {where}')})"
        elif name in rule.get("required", ()):
            yield f"{_label(name)}!: _"
        elif name in rule.get("properties", {}):
            yield f"{_label(name)}?: {_value(rule['properties'][name], '')}"
    if "anyOf" in rule:
        names = [branch["required"][0] for branch in rule["anyOf"]]
        told = json.dumps(f"one of {', '.join(names)}")  # a key that nobody writes: CUE says that it is missing
        yield " ".join(f"if {name} == _|_" for name in names) + f" {{{told}!: _}}"
    yield from _rules(rule, properties, where)


def _value(schema: Schema, indent: str) -> str:
    """Any value, as an expression."""
    if "$ref" in schema:
        return _name(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_value(branch, indent) for branch in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        return " | ".join(json.dumps(word) for word in ([schema["const"]] if "const" in schema else schema["enum"]))
    if "items" in schema and "type" not in schema:
        return _of_type("array", schema, indent)
    if "propertyNames" in schema and "type" not in schema:  # of tables only
        return f"string | {{{', '.join(f'{_label(name)}?: _' for name in schema['propertyNames']['enum'])}}}"
    kinds = schema.get("type", [])
    return " | ".join(_of_type(kind, schema, indent) for kind in ([kinds] if isinstance(kinds, str) else kinds)) or "_"


def _of_type(kind: str, schema: Schema, indent: str) -> str:
    if kind == "object":
        return _table(schema, indent)
    if kind == "array":
        items = _value(schema.get("items", {}), indent)
        items = f"({items})" if " | " in items else items
        return f"[{f'{items}, ' * schema.get('minItems', 0)}...{items}]"
    if kind == "string":
        limits = [f"!={json.dumps(word)}" for word in schema.get("not", {}).get("enum", ())]
        if "pattern" in schema:
            limits.append(f'=~#"{schema["pattern"]}"#')
        if schema.get("minLength"):
            limits.append(f"strings.MinRunes({schema['minLength']})")
        return " & ".join(limits) or "string"
    if kind == "boolean":
        return "bool"
    signs = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<="}
    return " & ".join(
        [kind.removesuffix("eger"), *(f"{sign}{schema[word]}" for word, sign in signs.items() if word in schema)]
    )

"""Decides whether data keeps to a JSON Schema, fast: the schema becomes closures, the first mismatch ends it.

Knows the words of draft-07 that our schemas use. `$ref` is put on a list of things to do and never called, so neither
the nesting nor the size of a file can overflow the stack. Imports the standard library alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Todo = list[tuple[str, Any]]  # references yet to be checked: (definition, value)
Check = Callable[[Any, Todo], bool]

TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
SILENT = {
    "$schema", "$comment", "title", "description", "default", "examples", "definitions", "x-taplo", "x-suggest",
    "x-suggest-keys", "x-tombi-additional-key-label",
}  # fmt: skip
INFINITE = (float("inf"), float("-inf"))


def gate(schema: dict[str, Any], start: str = "#") -> Callable[[Any], bool]:
    """A function that says whether a value keeps to `schema`, or to one definition of it (`#/definitions/Step`)."""
    made: dict[str, Check] = {}

    def drain(todo: Todo) -> bool:
        while todo:
            reference, value = todo.pop()
            check = made.get(reference)
            if check is None:
                check = made[reference] = compile_schema(find(schema, reference), drain)
            if not check(value, todo):
                return False
        return True

    return lambda value: drain([(start, value)])


def find(schema: dict[str, Any], reference: str) -> dict[str, Any]:
    """The part of a schema that a local reference names. Raises KeyError for one that names nothing."""
    node: Any = schema
    for part in reference.split("/")[1:]:
        node = node[part]
    found: dict[str, Any] = node
    return found


def compile_schema(schema: Any, drain: Callable[[Todo], bool]) -> Check:
    """One closure for one schema. Raises NotImplementedError for a word that the gate doesn't know."""
    if schema is True or schema == {}:
        return _yes
    if schema is False:
        return lambda value, todo: False
    if "$ref" in schema:
        reference = schema["$ref"]

        def defer(value: Any, todo: Todo) -> bool:
            todo.append((reference, value))
            return True

        return defer
    checks: list[Check] = []
    rest = set(schema) - SILENT
    for words, compiler in _COMPILERS:
        if rest & words:
            rest -= words
            found = compiler(schema, drain)
            if found is not _yes:
                checks.append(found)
    if rest:
        raise NotImplementedError(f"the gate does not know {sorted(rest)}")
    return _all(checks)


def _yes(value: Any, todo: Todo) -> bool:
    return True


def _all(checks: list[Check]) -> Check:
    if not checks:
        return _yes
    if len(checks) == 1:
        return checks[0]
    if len(checks) == 2:
        first, second = checks
        return lambda value, todo: first(value, todo) and second(value, todo)

    def every(value: Any, todo: Todo) -> bool:
        for check in checks:  # noqa: SIM110  a generator costs a third more here
            if not check(value, todo):
                return False
        return True

    return every


def _type(schema: Any, drain: Any) -> Check:
    names = schema["type"]
    kinds = frozenset(kind for name in ([names] if isinstance(names, str) else names) for kind in TYPES[name])
    if float not in kinds:
        return lambda value, todo: type(value) in kinds
    return lambda value, todo: (
        type(value) in kinds and (type(value) is not float or (value == value and value not in INFINITE))
    )


def _text(schema: Any, drain: Any) -> Check:
    match = re.compile(python_pattern(schema["pattern"])).search if "pattern" in schema else None
    least = schema.get("minLength", 0)
    if match is None:
        return lambda value, todo: type(value) is not str or len(value) >= least
    return lambda value, todo: type(value) is not str or (len(value) >= least and match(value) is not None)


def python_pattern(pattern: str) -> str:
    r"""The pattern as JSON Schema means it: `$` is the very end, and `\d` a digit of ASCII."""
    return "(?a)" + (pattern[:-1] + r"\Z" if pattern.endswith("$") and not pattern.endswith(r"\$") else pattern)


def _number(schema: Any, drain: Any) -> Check:
    low, above, high = (schema.get(word) for word in ("minimum", "exclusiveMinimum", "maximum"))

    def check(value: Any, todo: Todo) -> bool:
        if type(value) is not int and type(value) is not float:
            return True
        return (low is None or value >= low) and (above is None or value > above) and (high is None or value <= high)

    return check


def _enum(schema: Any, drain: Any) -> Check:
    allowed = {(type(value), value) for value in ([schema["const"]] if "const" in schema else schema["enum"])}
    scalars = (str, int, float, bool)
    return lambda value, todo: type(value) in scalars and (type(value), value) in allowed


def _list(schema: Any, drain: Callable[[Todo], bool]) -> Check:
    least = schema.get("minItems", 0)
    inner = compile_schema(schema.get("items", True), drain)

    def check(value: Any, todo: Todo) -> bool:
        if type(value) is not list:
            return True
        if len(value) < least:
            return False
        if inner is not _yes:
            for item in value:
                if not inner(item, todo):
                    return False
        return True

    return check


def _table(schema: Any, drain: Callable[[Todo], bool]) -> Check:
    required = schema.get("required", ())
    least = schema.get("minProperties", 0)
    known = {name: compile_schema(inner, drain) for name, inner in schema.get("properties", {}).items()}
    other = schema.get("additionalProperties", True)
    more = compile_schema(other, drain) if other is not False else None
    look = bool(known) or more is not _yes

    def check(value: Any, todo: Todo) -> bool:
        if type(value) is not dict:
            return True
        for name in required:
            if name not in value:
                return False
        if len(value) < least:
            return False
        if look:
            for name, item in value.items():
                inner = known.get(name, more)
                if inner is None or not inner(item, todo):
                    return False
        return True

    return check


def _names(schema: Any, drain: Callable[[Todo], bool]) -> Check:
    rule = schema["propertyNames"]
    if set(rule) == {"enum"}:
        allowed = frozenset(rule["enum"])
        return lambda value, todo: type(value) is not dict or value.keys() <= allowed
    inner = compile_schema(rule, drain)
    return lambda value, todo: type(value) is not dict or all(inner(name, todo) for name in value)


def _choice(schema: Any, drain: Callable[[Todo], bool]) -> Check:
    branches = schema["anyOf"]
    by_type = {kind: branch for branch in branches for kind in kinds_of(branch)}
    if all(map(kinds_of, branches)) and sum(len(kinds_of(branch)) for branch in branches) == len(by_type):
        compiled = {id(branch): compile_schema(branch, drain) for branch in branches}
        chosen = {kind: compiled[id(branch)] for kind, branch in by_type.items()}

        def dispatch(value: Any, todo: Todo) -> bool:
            check = chosen.get(type(value))
            return check is not None and check(value, todo)

        return dispatch
    tries = [compile_schema(branch, drain) for branch in branches]

    def some(value: Any, todo: Todo) -> bool:
        for check in tries:
            own: Todo = []
            if check(value, own) and drain(own):
                return True
        return False

    return some


def kinds_of(branch: dict[str, Any]) -> frozenset[type]:
    """The Python types that a branch of `anyOf` can take; empty if its text doesn't say."""
    if "$ref" in branch:
        return frozenset((dict,))  # references name tables only
    if "anyOf" in branch:  # a project's schema: names that are there, or any other
        return frozenset().union(*map(kinds_of, branch["anyOf"]))
    if "type" in branch:
        names = branch["type"]
        return frozenset(kind for name in ([names] if isinstance(names, str) else names) for kind in TYPES[name])
    return frozenset(type(value) for value in ([branch["const"]] if "const" in branch else branch.get("enum", ())))


def _every(schema: Any, drain: Callable[[Todo], bool]) -> Check:
    return _all([compile_schema(inner, drain) for inner in schema["allOf"]])


def _not(schema: Any, drain: Callable[[Todo], bool]) -> Check:
    inner = compile_schema(schema["not"], drain)

    def check(value: Any, todo: Todo) -> bool:
        own: Todo = []
        return not (inner(value, own) and drain(own))

    return check


def _if(schema: Any, drain: Callable[[Todo], bool]) -> Check:
    asked, then, other = (compile_schema(schema.get(word, True), drain) for word in ("if", "then", "else"))
    question = schema["if"]
    if asked is _yes or set(question) == {"additionalProperties"}:
        return then
    if set(question) == {"required", "additionalProperties"} and len(question["required"]) == 1:
        (name,) = question["required"]  # the common case: is that kind of step asked for?
        return lambda value, todo: then(value, todo) if type(value) is not dict or name in value else other(value, todo)

    def check(value: Any, todo: Todo) -> bool:
        own: Todo = []
        return then(value, todo) if asked(value, own) and drain(own) else other(value, todo)

    return check


_COMPILERS: list[tuple[set[str], Callable[[Any, Callable[[Todo], bool]], Check]]] = [
    ({"type"}, _type),
    ({"enum", "const"}, _enum),
    ({"pattern", "minLength"}, _text),
    ({"minimum", "exclusiveMinimum", "maximum"}, _number),
    ({"not"}, _not),
    ({"anyOf"}, _choice),
    ({"items", "minItems"}, _list),
    ({"required", "minProperties", "properties", "additionalProperties"}, _table),
    ({"propertyNames"}, _names),
    ({"if", "then", "else"}, _if),
    ({"allOf"}, _every),
]

"""Lists every way in which data breaks a schema: jsonschema, pointing at keys, never recursing through `$ref`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jsonschema import Draft7Validator, ValidationError, validators  # type: ignore[import-untyped]

from runner.model.gate import TYPES, find, gate, kinds_of, python_pattern
from runner.text.near import near

Keys = tuple[str | int, ...]
Sure = Callable[[str, Any], bool]


class Fault(NamedTuple):
    """One broken rule. word: the schema's word that says no. key: the unknown, missing or badly named key."""

    keys: Keys  # of the value, or of the table that the key stands in
    word: str
    value: Any
    schema: dict[str, Any]  # that holds the word
    key: str | None = None
    table: dict[str, Any] | None = None  # the schema of the definition in which it was found


def faults(schema: dict[str, Any], start: str, data: Any) -> list[Fault]:
    """All faults of `data`, in no particular order. `schema` is trusted."""
    found: list[Fault] = []
    validator = _validator(schema)
    todo: list[tuple[str, Keys, Any]] = [(start, (), data)]
    while todo:
        reference, keys, value = todo.pop()
        part = find(schema, reference)
        for error in validator(part).iter_errors(value):
            at = keys + tuple(error.absolute_path)
            if error.validator == "$ref":
                todo.append((error.validator_value, at, error.instance))
            else:
                key = getattr(error, "key", None)
                found.append(Fault(at, str(error.validator), error.instance, error.schema, key, part))
    return found


def _error(word: str, value: Any, instance: Any, schema: Any, key: str | None = None) -> ValidationError:
    error = ValidationError(word, validator=word, validator_value=value, instance=instance, schema=schema)
    if key is not None:
        error.key = key
    return error


def _references(sure: Sure) -> Any:
    """The word `$ref`: a mark that the caller goes on from, not the stack; nothing for a part that is valid."""

    def ref(validator: Any, target: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not isinstance(instance, dict):
            yield _error("type", "object", instance, {"type": "object", "$ref": target})
        elif not sure(target, instance):
            yield _error("$ref", target, instance, schema)

    return ref


def _branches(root: dict[str, Any]) -> Any:
    """The word `anyOf`: the errors of the branch that was meant, by the value's type, among tables by their keys."""

    def any_of(validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        meant = [branch for branch in branches if type(instance) in kinds_of(branch)]
        if len(meant) > 1 and isinstance(instance, dict):
            meant = [max(meant, key=lambda branch: _likeness(root, branch, instance))]
        if len(meant) == 1 and "const" not in meant[0]:
            yield from validator.descend(instance, meant[0])
        elif not any(validator.evolve(schema=branch).is_valid(instance) for branch in branches):
            yield _error("anyOf", branches, instance, schema)

    return any_of


def _likeness(root: dict[str, Any], branch: dict[str, Any], table: dict[str, Any]) -> int:
    known = (find(root, branch["$ref"]) if "$ref" in branch else branch).get("properties", {})
    return 2 * sum(key in known for key in table) + sum(near(key, known) is not None for key in table)


def _more(sure: Sure) -> Any:
    """The word `additionalProperties`, one error a key."""

    def more(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        if not isinstance(instance, dict) or rule is True:
            return
        known = schema.get("properties", {})
        target = rule.get("$ref") if rule else None
        for key in instance:
            if key in known or (target and sure(target, instance[key])):
                continue
            if rule is False:
                yield _error("additionalProperties", rule, instance, schema, key)
            else:
                yield from validator.descend(instance[key], rule, path=key)

    return more


def _names(validator: Any, rule: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    for key in instance if isinstance(instance, dict) else ():
        if not validator.evolve(schema=rule).is_valid(key):
            yield _error("propertyNames", rule, instance, schema, key)


def _required(validator: Any, names: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    for key in names if isinstance(instance, dict) else ():
        if key not in instance:
            yield _error("required", names, instance, schema, key)


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not re.search(python_pattern(pattern), instance):
        yield _error("pattern", pattern, instance, schema)


def _kind(*kinds: type) -> Any:
    def check(checker: Any, value: Any) -> bool:
        return type(value) in kinds and (type(value) is not float or abs(value) < float("inf"))  # nan is not below

    return check


_CHECKER = Draft7Validator.TYPE_CHECKER.redefine_many({name: _kind(*kinds) for name, kinds in TYPES.items()})


def _validator(root: dict[str, Any]) -> Any:
    gates: dict[str, Any] = {}

    def sure(target: str, value: Any) -> bool:
        """Whether a part is valid: one look by the gate, however large it is."""
        if target not in gates:
            gates[target] = gate(root, target)
        return bool(gates[target](value))

    words = {
        "$ref": _references(sure),
        "anyOf": _branches(root),
        "additionalProperties": _more(sure),
        "propertyNames": _names,
        "required": _required,
        "pattern": _pattern,
    }
    return validators.extend(Draft7Validator, words, type_checker=_CHECKER)


def strict_validator(schema: dict[str, Any]) -> Any:
    """jsonschema as it comes, but with TOML's types: 3.0 is no integer, nan no number, `$` the end. For tests."""
    return validators.extend(Draft7Validator, {"pattern": _pattern}, type_checker=_CHECKER)(schema)

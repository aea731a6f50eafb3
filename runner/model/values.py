"""What to say of a value that its schema refuses: the sentence, and the line to write instead."""

from __future__ import annotations

import re
from typing import Any

from runner.model import say, units
from runner.model.faults import Fault, Keys
from runner.model.forms import BUILTINS, RESERVED
from runner.model.language import KINDS
from runner.text.diagnostics import Diagnostic, Place, diagnose
from runner.text.document import Document
from runner.text.near import near

WRITTEN = ("needs", "after", "retry", "inputs", "outputs", "returns", "params", "secrets", "tags", "resources", "cache")
"""Keys of a step that land in its `env` when they are written below that header."""

SHORT = {  # the key that a lone value was meant for
    "retry": "attempts", "resources": "cpu", "container": "image", "on-failure": "run", "runtime": "file",
    "build": "base", "schedule": "cron", "executor": "type", "run-log": "type", "catalog": "type", "secrets": "type",
    "repeat": "max",
}  # fmt: skip
SERVICES = {"executor": "executor", "run-log": "run log", "catalog": "catalog", "secrets": "provider of secrets"}
TYPES = {  # what other languages call our types
    "int": "integer", "str": "text", "string": "text", "float": "number", "double": "number", "bool": "boolean",
    "array": "list", "dict": "table", "object": "table", "map": "table",
}  # fmt: skip
PATTERNS = {
    "step name": "a step's name is a letter, then letters, digits, `-` and `_`",
    "name": "a name is a letter or `_`, then letters, digits and `_`",
    "name of a variable": "a variable's name is a letter or `_`, then letters, digits and `_`",
}


def wrong_value(doc: Document, fault: Fault, keys: Keys) -> Diagnostic:
    """The diagnostic for a value of the wrong type, form or size."""
    place = doc.place(keys)
    schema, value, name = fault.schema, fault.value, say.name_of(keys)
    title = schema.get("title", "")
    if fault.word in ("enum", "const"):
        if not isinstance(value, str) or fault.word == "const":
            return _type(fault, keys, place)
        if len(keys) == 2 and keys[1] == "type" and keys[0] in SERVICES:
            return _service(str(keys[0]), value, schema["enum"], place)
        like = near(value, [str(word) for word in schema["enum"]])
        if TYPES.get(value) in schema["enum"]:
            like = TYPES[value]
        hint = f"did you mean `{like}`?" if like else f"write {say.either(say.toml(word) for word in schema['enum'])}"
        return diagnose("E243", place, value=value, key=name, hint=hint)
    if fault.word in ("minItems", "minProperties", "minLength"):
        return diagnose("E242", place, key=name, hint=_filled(keys))
    if fault.word in ("minimum", "exclusiveMinimum", "maximum"):
        word = {"minimum": "at least", "exclusiveMinimum": "more than", "maximum": "at most"}[fault.word]
        return diagnose("E241", place, key=name, limit=f"{word} {schema[fault.word]}", value=say.toml(value))
    if fault.word == "pattern" and keys[-2:-1] in (("needs",), ("after",)) and "." in str(value):
        hint = f"steps wait for those beside them: a group is waited for as a whole, as `{value.partition('.')[0]}`"
        return diagnose("E244", place, name=value, rule=PATTERNS["step name"], hint=hint)
    if fault.word == "pattern":
        return _form(title, schema, value, name, place)
    if fault.word == "not":
        return diagnose("E245", place, name=value, words=say.listing(RESERVED))
    return _type(fault, keys, place)


def _service(service: str, value: str, known: list[str], place: Place) -> Diagnostic:
    """A `type` that nobody provides."""
    like = near(value, known)
    hint = f"did you mean `{like}`?" if like else f"installed: {say.listing(known)}"
    return diagnose("E248", place, what=SERVICES[service], value=value, hint=hint)


def bad_name(name: str, rule: dict[str, Any], place: Place, keys: Keys) -> Diagnostic:
    """A key that is no name."""
    if name in rule.get("not", {}).get("enum", ()):
        return diagnose("E245", place, name=name, words=say.listing(rule["not"]["enum"]))
    dash = "_-]" in rule.get("pattern", "")
    return _named("step name" if dash else "name", name, place)


def _named(kind: str, name: str, place: Place) -> Diagnostic:
    better = re.sub(
        "[^A-Za-z0-9_-]+" if kind == "step name" else "[^A-Za-z0-9_]+", "-" if kind == "step name" else "_", name
    )
    better = better.strip("-") if kind == "step name" else better
    fits = re.fullmatch("[A-Za-z][A-Za-z0-9_-]*" if kind == "step name" else "[A-Za-z_][A-Za-z0-9_]*", better)
    hint = f"write `{better}`" if fits and better not in RESERVED else None
    return diagnose("E244", place, name=name, rule=PATTERNS[kind], hint=hint)


def _form(title: str, schema: dict[str, Any], value: Any, name: str, place: Place) -> Diagnostic:
    """A text that its pattern refuses."""
    if title in PATTERNS:
        return _named(title, value, place)
    if title == "duration":
        better = units.duration_hint(value)
        return diagnose("E239", place, value=value, hint=f'write `"{better}"`' if better else None)
    if title == "size":
        better = units.size_hint(value)
        return diagnose("E240", place, value=value, hint=f'write `"{better}"`' if better else None)
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if types[0] in ("integer", "number"):
        plain = value.strip()
        better = (
            units.cpu_hint(value)
            if name == "cpu"
            else plain
            if re.fullmatch("-?[0-9]+(\\.[0-9]+)?", plain, re.ASCII)
            else None
        )
        if better and types[0] == "integer" and "." in better:
            better = None
        hint = f"write `{name} = {better}`" if better else None
        return diagnose("E238", place, key=name, expected=say.TYPE_WORDS[types[0]], found="text", hint=hint)
    if title == "reference":
        inner = value.strip().strip("${}")
        hint = (
            f'write `"${{{inner}}}"`, or a list `[{say.toml(value)}]`'
            if re.fullmatch("[A-Za-z_][\\w.-]*", inner)
            else None
        )
        if numbers := re.fullmatch(r"(-?[0-9]+)\s*(?:\.\.\.?|-|:|,)\s*(-?[0-9]+)", value, re.ASCII):
            hint = f"write `{{ range = [{numbers[1]}, {int(numbers[2]) + 1}] }}`, which ends before the last"
        elif "*" in value:
            hint = f'write `{{ glob = "{value}" }}`'
        return diagnose("E246", place, value=value, expected="a list, nor one reference to a list", hint=hint)
    if "module:function" in title:
        return _function(title, value, name, place)
    if title == "versions":
        hint = f'write `">={value}"`' if re.fullmatch("[0-9][0-9.]*", value, re.ASCII) else 'such as `">=1.2,<2"`'
        return diagnose("E246", place, value=value, expected="a list of versions", hint=hint)
    return diagnose("E246", place, value=value, expected=say.expected(schema), hint=None)


def _function(title: str, value: str, name: str, place: Place) -> Diagnostic:
    """A text that is no `module:function`, nor the name of a built-in reducer where that is allowed."""
    found = re.fullmatch(r"([A-Za-z_][\w.]*)\.([A-Za-z_]\w*)(\(\))?", value, re.ASCII)
    hint = f'write `"{found[1]}:{found[2]}"`' if found else None
    if title == "module:function":
        if program := {"py": "python", "R": "Rscript", "sh": "bash"}.get(value.rpartition(".")[2]):
            hint = f"a script: `command = {say.toml([program, value])}`"
        elif re.fullmatch(r"[\w.]+:\w+\(.*\)", value):
            hint = f'write `"{value.partition("(")[0]}"`: its arguments are found by their names'
        elif found is None and re.search(r"[ (]", value):
            hint = "a line of Python: " + f"`command = {say.toml(['python', '-c', value])}`"
        if value in BUILTINS:
            hint = f'write `{name} = {{ NAME = "{value}" }}`'
        return diagnose("E246", place, value=value, expected="of the form `module:function`", hint=hint)
    like = near(value, BUILTINS)
    hint = f"did you mean `{like}`?" if like else hint or f"the built-ins are {say.listing(BUILTINS)}"
    return diagnose("E246", place, value=value, expected="a built-in reducer, nor `module:function`", hint=hint)


def _type(fault: Fault, keys: Keys, place: Place) -> Diagnostic:
    """A value of the wrong type: what is expected there, and the same thing written right."""
    schema, value, name = fault.schema, fault.value, say.name_of(keys)
    better = _rewritten(schema, value, keys)
    hint = f"write `{better}`" if better else None
    if schema.get("title") == "size" and type(value) is int:
        hint = f'say of what: `"{value}Mi"` or `"{value}Gi"`'
    if keys[-2:-1] == ("env",) and keys[-1] in WRITTEN:
        better, size = say.header(keys[:-1]), len(keys) - 2
        hint = f"`{name}` belongs to {say.header(keys[:size])}: write it there, above {better}"
    found = f"`{value}`" if isinstance(value, float) and "integer" in str(schema.get("type")) else say.found(value)
    return diagnose("E238", place, key=name, expected=say.expected(schema), found=found, hint=hint)


def _rewritten(schema: dict[str, Any], value: Any, keys: Keys) -> str | None:
    """The value in the form that was meant, with its key."""
    name = say.name_of(keys)
    branches = schema.get("anyOf", [schema])
    types = [kind for branch in branches for kind in _types(branch)]
    title = schema.get("title", "")
    scalar = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    if title == "duration":
        better = units.duration_hint(value)
        return f'{name} = "{better}"' if better else None
    if title == "size" or (isinstance(value, (dict, list)) and not value):
        return None
    if (
        isinstance(value, list)
        and keys
        and keys[-1] in ("steps", "handlers", "finally", "templates")
        and all(isinstance(v, dict) for v in value)
    ):
        return f"[{say.bare(str(keys[-1]))}.NAME]"
    if len(keys) == 2 and keys[0] in ("finally", "handlers", "steps") and keys[1] in KINDS and _lone(value):
        return f"[{keys[0]}.NAME]` above it, or `{keys[0]}.NAME.{name} = {say.toml(value)}"
    if len(keys) == 2 and keys[0] == "types" and isinstance(value, str):
        return f'{name} = {{ type = "{TYPES.get(value, value)}" }}'
    if keys[-1:] == ("env",) and isinstance(value, list):
        pairs = [str(one).partition("=") for one in value if isinstance(one, str) and "=" in one]
        return f"env = {say.toml({pair[0]: pair[2] for pair in pairs})}" if pairs else None
    if keys[-1:] == ("when",) and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return f"when = {say.toml(' and '.join(f'({one})' for one in value))}"
    if keys[-1:] == ("returns",) and isinstance(value, dict):
        return f"returns = {say.toml(list(value))}"
    if keys[-2:-1] == ("for-each",) and type(value) is int:
        return f"{name} = {{ range = {value} }}"
    if "boolean" in types and str(value).lower() in ("yes", "on", "1", "no", "off", "0"):
        return f"{name} = {'true' if str(value).lower() in ('yes', 'on', '1') else 'false'}"
    if isinstance(value, list) and keys[-1:] == ("for-each",):
        return f"for-each = {{ item = {say.toml(value)} }}"
    if isinstance(value, str) and keys[-1:] == ("for-each",):
        return f"for-each = {{ item = {say.toml(value)} }}"
    if isinstance(value, float) and value.is_integer() and "integer" in types:
        return f"{name} = {int(value)}"
    if name == "shell" and isinstance(value, list) and value:
        return f"command = {say.toml(value)}"
    if name == "command" and isinstance(value, str):
        return f"command = {say.toml(value.split())}"
    if "array" in types and isinstance(value, str):
        return f"{name} = [{say.toml(value)}]"
    if isinstance(value, str) and value in ("true", "false") and "boolean" in types:
        return f"{name} = {value}"
    if scalar and keys and keys[-1] in SHORT and "object" in types:
        return _short(str(keys[-1]), value)
    if (
        isinstance(value, str)
        and len(keys) > 1
        and keys[-2] in ("steps", "handlers", "finally", "cases")
        and "object" in types
    ):
        return f"{name} = {{ shell = {say.toml(value)} }}"
    if types[:1] == ["string"] and isinstance(value, (int, float)):
        return f'{name} = "{say.toml(value)}"'
    if isinstance(value, list) and len(value) == 1 and "string" in types and isinstance(value[0], str):
        return f"{name} = {say.toml(value[0])}"
    return None


def _lone(value: Any) -> bool:
    return isinstance(value, (str, list))


def _types(branch: dict[str, Any]) -> list[str]:
    if "$ref" in branch:
        return ["object"]
    types = branch.get("type", [])
    return [types] if isinstance(types, str) else list(types)


def _short(key: str, value: Any) -> str | None:
    inner = SHORT[key]
    if inner in ("attempts", "cpu", "max") and isinstance(value, str):
        return None
    if inner not in ("attempts", "cpu", "max") and not isinstance(value, str):
        return None
    extra = ', until = "..."' if key == "repeat" else ""
    return f"{key} = {{ {inner} = {say.toml(value)}{extra} }}"


def _filled(keys: Keys) -> str | None:
    if keys[-1:] == ("steps",):
        return "write at least one `[" + ".".join(say.bare(str(key)) for key in keys) + ".NAME]`"
    return None

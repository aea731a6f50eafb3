"""What to say of a key that a table does not have: a near key, the table that has it, or the keys there are."""

from __future__ import annotations

from typing import Any

import attrs

from runner.model import say
from runner.model.data import schema as shipped
from runner.model.faults import Fault, Keys
from runner.model.forms import written
from runner.model.gate import find
from runner.model.language import KINDS, Step, taken_by
from runner.text.diagnostics import Diagnostic, diagnose
from runner.text.document import Document
from runner.text.near import near

# words of other tools, and what we call that
ELSEWHERE = {
    "run": "shell", "cmd": "shell", "script": "shell", "bash": "shell", "exec": "command",
    "entrypoint": "command", "function": "python", "depends": "needs", "depends-on": "needs",
    "dependencies": "needs", "deps": "needs", "requires": "needs", "upstream": "needs", "next": "needs",
    "foreach": "for-each", "map": "for-each", "matrix": "for-each", "with-items": "for-each", "if": "when",
    "condition": "when", "switch": "choose", "outs": "outputs", "output": "outputs", "input": "inputs",
    "environment": "env", "retries": "retry", "cwd": "workdir", "working-dir": "workdir", "dir": "workdir",
    "catch": "on-failure", "parallelism": "max-parallel", "parallel": "max-parallel",
    "concurrency": "max-parallel", "venv": "runtime", "conda": "runtime", "limits": "resources",
    "requests": "resources", "loop": "repeat", "use": "uses", "tasks": "steps", "jobs": "steps",
    "stages": "steps", "nodes": "steps", "variables": "params", "vars": "params", "parameters": "params",
    "cpus": "cpu", "mem": "memory", "gpus": "gpu", "max": "max-parallel", "with": "params", "config": "params",
    "strategy": "for-each", "template": "extends", "on-error": "on-failure", "bash-command": "shell",
    "python-callable": "python", "docker": "image", "runs-on": "image", "timeout-minutes": "timeout",
    "trigger-rule": "after", "rules": "steps", "rule": "steps", "dag": "steps",
}  # fmt: skip
ATTEMPTS = dict.fromkeys(("max", "times", "count", "limit", "tries", "max-attempts", "max-retries"), "attempts")
IN_RETRY = {**ATTEMPTS, "wait": "delay", "sleep": "delay", "interval": "delay", "backoff": "factor"}
GOES_ON = 'a handler lets the run go on: `on-failure = { run = "NAME", recover = "skip" }`'
SENTENCES = {  # what takes more than another word
    **dict.fromkeys(("continue-on-error", "allow-failure", "ignore-errors", "ignore-failure"), GOES_ON),
    "on-success": "a step that `needs` this one runs when it has succeeded",
}
FILE_WORDS = {"pipeline": "pipeline", "profile": "profile", "project": "`runner.toml`"}


def takers(key: str) -> list[str]:
    """The kinds of step that take a key."""
    names = {written(field): field.name for field in attrs.fields(Step)}
    return [kind for kind in KINDS if names.get(key) in taken_by(kind)]


def default_keys() -> set[str]:
    """The keys marked D."""
    return {written(field) for field in attrs.fields(Step) if "D" in field.metadata["marks"]}


def step_keys() -> set[str]:
    """Every key that a step may have."""
    return {written(field) for field in attrs.fields(Step)}


def unknown_key(doc: Document, kind: str, schema: dict[str, Any], start: str, fault: Fault) -> Diagnostic:
    """The diagnostic for one key that the table at `fault.keys` does not have."""
    key = str(fault.key)
    keys = fault.keys
    value = fault.value[key]
    place = doc.place((*keys, key), "key")
    table = fault.schema
    known = list(table.get("properties", {}))
    where = say.header(keys)
    overlay = kind == "profile" and len(keys) == 2 and keys[0] in ("steps", "tags")
    if overlay and key in step_keys():
        return diagnose("E231", place, key=key, hint="a profile may set: " + say.listing(sorted(known), 30))
    hint = (
        _elsewhere(kind, keys, key, known)
        or _nested_step(kind, keys, key, value, known)
        or _above(schema, start, keys, key)
        or _near(key, known)
        or _below(schema, table, key, value, top=not keys)
        or _other_file(kind, keys, key)
        or "the keys here are " + say.listing(known)
    )
    return diagnose("E230", place, key=key, where=where, hint=hint)


def _elsewhere(kind: str, keys: Keys, key: str, known: list[str]) -> str | None:
    """What other tools call so, where a word alone would not do, or would be taken for the name of a step."""
    word = key.replace("_", "-").lower()
    if "on-failure" in known and word in SENTENCES:
        return SENTENCES[word]
    if keys[-1:] == ("retry",) and word in IN_RETRY:
        return f"did you mean `{IN_RETRY[word]}`?"
    if len(keys) > 1 and ELSEWHERE.get(word) in known:
        return f"did you mean `{ELSEWHERE[word]}`?"
    if len(keys) == 2 and keys[0] == "types" and key in ("default", "value", "required"):
        return f"its value stands in `[params]`; where `{keys[1]}` has none there, whoever runs it must give one"
    if keys == ("defaults",) and key in KINDS:
        return "what to run stands in each step"
    if not keys and key == "secrets" and kind in ("pipeline", "job", "included"):
        return "a step says `secrets = [...]`; where they come from stands in a profile, and their values in no file"
    return None


def _nested_step(kind: str, keys: Keys, key: str, value: Any, known: list[str]) -> str | None:
    """`[steps.a.b]`: a step inside a step, or a dotted path in a profile."""
    if (
        not isinstance(value, dict)
        or len(keys) < 2
        or keys[0] not in ("steps", "handlers", "finally", "tags", "templates")
    ):
        return None
    if kind == "profile":
        path = ".".join(str(part) for part in keys[1:])
        return f'write `[steps."{path}.{key}"]`' if keys[0] == "steps" and len(keys) == 2 else None
    if not set(KINDS) & set(known):
        return None
    head = ".".join(say.bare(str(part)) for part in keys)
    looks = set(value) & step_keys() or any(
        isinstance(inner, dict) and set(inner) & step_keys() for inner in value.values()
    )
    near_key = near(key, known)
    if near_key and not set(value) & set(KINDS):
        return None  # a mistyped table, such as `[steps.a.resource]`
    return f"an inner step is written `[{head}.steps.{say.bare(key)}]`" if looks or not near_key else None


def _above(schema: dict[str, Any], start: str, keys: Keys, key: str) -> str | None:
    """The nearest table around this one that has the key: it was written below a header that it should stand above."""
    for size in range(len(keys) - 1, -1, -1):
        around = _table_at(schema, start, keys[:size])
        if around is not None and key in around.get("properties", {}):
            if size:
                return f"`{key}` belongs to {say.header(keys[:size])}: write it there, above {say.header(keys)}"
            return f"`{key}` belongs to the top of the file: write it above the first table"
    return None


def _near(key: str, known: list[str]) -> str | None:
    like = near(key, known)
    other = ELSEWHERE.get(key.replace("_", "-").lower())
    if other in known:
        like = other
    longer = [one for one in known if one.startswith(key) and len(key) > 2]
    if like is None and len(longer) == 1:
        like = longer[0]
    return f"did you mean `{like}`?" if like else None


def _below(schema: dict[str, Any], table: dict[str, Any], key: str, value: Any, top: bool) -> str | None:
    """The table in this one that has the key: `cpu` belongs into `resources`."""
    for name, inner in table.get("properties", {}).items():
        for branch in inner.get("anyOf", [inner]):
            target = find(schema, branch["$ref"]) if "$ref" in branch else {}
            apart = name in ("default", "defaults", "job") and not (top and name == "defaults")
            if not apart and key in target.get("properties", {}):
                return f"write `{name} = {{ {key} = {say.toml(value)} }}`"
    return None


def _other_file(kind: str, keys: Keys, key: str) -> str | None:
    """A key that stands at the top of another kind of file, or in a step."""
    if keys:
        return None
    if kind == "included" and key in shipped("pipeline")["properties"]:
        return f"`{key}` belongs in the file that includes this one"
    mine = "pipeline" if kind in ("pipeline", "job", "included") else kind
    for name, words in FILE_WORDS.items():
        if name != mine and key in shipped(name)["properties"]:
            return f"`{key}` belongs in a {words}" if name != "project" else f"`{key}` belongs in {words}"
    if mine == "pipeline" and key in step_keys():
        return f"`{key}` belongs to a step: write it below `[steps.NAME]`"
    return None


def _table_at(schema: dict[str, Any], start: str, keys: Keys) -> dict[str, Any] | None:
    """The schema of the table at a path of the document; None where the path leaves the schema."""
    node: Any = find(schema, start)
    for key in keys:
        if isinstance(key, int):
            node = node.get("items")
        else:
            node = node.get("properties", {}).get(key, node.get("additionalProperties"))
        if not isinstance(node, dict):
            return None
        for branch in node.get("anyOf", []):
            if "$ref" in branch or branch.get("type") == "object":
                node = branch
                break
        if "$ref" in node:
            node = find(schema, node["$ref"])
    return node if isinstance(node, dict) else None

"""What must hold of a Workflow, whatever it is for: names, references, limits, and in braces only what we know."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

Table = dict[str, Any]
MOST = 200  # templates of a Workflow, tasks of a DAG: more is refused at admission
TEMPLATE = re.compile(r"[a-z][-a-z0-9]{0,127}")
TASK = re.compile(r"[a-z][-a-zA-Z0-9]{0,127}")
RESULTS = ("Succeeded", "Failed", "Errored", "Skipped", "Omitted", "Daemoned")
TERM = re.compile(r"([-a-zA-Z0-9]+)\.(\w+)")
TAG = re.compile(r"\{\{.*?\}\}", re.DOTALL)
INPUT = re.compile(r"inputs\.parameters\.(\w+)")
OUTPUT = re.compile(r"tasks(?:\.|\[')([-a-zA-Z0-9]+?)(?:'\])?\.(?:outputs\??\.parameters\??\.(\w+)|status)")
OPERATORS = re.compile(r"==|\?\?|\?|:|\(|\)|&&|\|\||'(?:true|false|error|Succeeded|Failed|Error|Skipped|\d+)'|\s")
ANYWHERE = (
    "workflow.parameters.parent",
    "workflow.uid",
    "workflow.scheduledTime",
    "workflow.name",
    "retries",
    "workflow.creationTimestamp.RFC3339",
)


def lint(workflow: Mapping[str, Any]) -> list[str]:
    """Everything that is wrong with a Workflow, a sentence each."""
    spec = workflow["spec"]
    names = [one["name"] for one in spec["templates"]]
    templates: dict[str, Table] = {one["name"]: one for one in spec["templates"]}
    wrong = [f"{name} is no name of a template" for name in names if not TEMPLATE.fullmatch(name)]
    wrong += [f"{name} stands there twice" for name in names if names.count(name) > 1]
    wrong += [f"{len(names)} templates"] if len(names) > MOST else []
    wrong += [
        f"{word} names no template" for word in ("entrypoint", "onExit") if word in spec and spec[word] not in templates
    ]
    reached = _reached(templates, [spec["entrypoint"], *([spec["onExit"]] if "onExit" in spec else [])])
    wrong += [f"{name} is used by nothing" for name in names if name not in reached and name != "nothing"]
    last = _reached(templates, [spec["onExit"]] if "onExit" in spec else [])
    volumes = {one["name"] for one in spec.get("volumes", ())}
    for one in spec["templates"]:
        own = volumes | {volume["name"] for volume in one.get("volumes", ())}
        mounts = one.get("container", {}).get("volumeMounts", ())
        wrong += [f"{one['name']}: no volume {mount['name']}" for mount in mounts if mount["name"] not in own]
        wrong += [f"{one['name']}: {problem}" for problem in _template(one, templates, one["name"] in last)]
    outside = {key: value for key, value in workflow.items() if key != "spec"}
    rest = {key: value for key, value in spec.items() if key != "templates"}
    wrong += [f"{tag} outside a template" for text in _texts([outside, rest]) for tag in TAG.findall(text)]
    return wrong


def _template(one: Table, templates: Mapping[str, Table], last: bool) -> Iterator[str]:
    inputs = {entry["name"] for entry in one.get("inputs", {}).get("parameters", ())}
    tasks = {task["name"]: task for task in one.get("dag", {}).get("tasks", ())}
    if len(tasks) > MOST:
        yield f"{len(tasks)} tasks"
    if len(tasks) != len(one.get("dag", {}).get("tasks", ())):
        yield "a task stands there twice"
    above: dict[str, set[str]] = {}
    for name, task in tasks.items():
        yield from (f"{name}: {problem}" for problem in _task(task, templates))
        behind = {found[1] for found in TERM.finditer(task.get("depends", ""))}
        if behind - above.keys():
            yield f"{name} waits for {sorted(behind - above.keys())}, which do not stand before it"
        above[name] = behind.union(*(above.get(other, set()) for other in behind))
    for where, text in _placed(one):
        if "{{" in TAG.sub("", text) or "}}" in TAG.sub("", text):
            yield f"a brace stands alone in {text!r}"
        if where == "" and one.get("dag"):
            allowed = set(tasks)
        else:
            allowed = above.get(where, set())
        for tag in TAG.findall(text):
            inner = tag[2:-2].lstrip("=").strip()
            rest = inner
            for found in OUTPUT.finditer(inner):
                if found[1] not in allowed:
                    yield f"{where}: {tag} is about {found[1]}, which it does not wait for"
                elif found[2] and found[2] not in _outputs(templates[tasks[found[1]]["template"]]):
                    yield f"{where}: {tag}: {found[1]} has no output {found[2]}"
                rest = rest.replace(found[0], "", 1)
            for found in INPUT.finditer(rest):
                if found[1] not in inputs:
                    yield f"{where}: {tag}: there is no input {found[1]}"
            rest = OPERATORS.sub("", INPUT.sub("", rest)) if tag.startswith("{{=") else INPUT.sub("", rest)
            known = [*ANYWHERE, *(["item"] if "withSequence" in tasks.get(where, {}) else [])]
            known += [*(["workflow.status"] if last else []), *(["tasks.name"] if "container" in one else [])]
            if rest and rest not in known:
                yield f"{where}: {tag} is none of ours"


def _task(task: Table, templates: Mapping[str, Table]) -> Iterator[str]:
    if not TASK.fullmatch(task["name"]):
        yield "is no name of a task"
    if task["template"] not in templates:
        yield f"there is no template {task['template']}"
        return
    asked = templates[task["template"]].get("inputs", {}).get("parameters", ())
    given = {entry["name"] for entry in task.get("arguments", {}).get("parameters", ())}
    yield from (f"{one['name']} is not given" for one in asked if "value" not in one and one["name"] not in given)
    yield from (f"{name} is taken by nobody" for name in given - {one["name"] for one in asked})
    for found in TERM.finditer(task.get("depends", "")):
        if found[2] not in RESULTS:
            yield f"{found[2]} is no end of a task"
    when = task.get("when", "")
    if when and not (when in ("true", "false", "error") or (when.startswith("{{=") and when.endswith("}}"))):
        yield f"{when!r} is no condition"


def _placed(one: Table) -> Iterator[tuple[str, str]]:
    """Texts of a template, each with the task that it belongs to."""
    for task in one.get("dag", {}).get("tasks", ()):
        yield from ((task["name"], text) for text in _texts(task))
    yield from (("", text) for key, value in one.items() if key != "dag" for text in _texts(value))


def _outputs(template: Mapping[str, Any]) -> set[str]:
    return {entry["name"] for entry in template.get("outputs", {}).get("parameters", ())}


def _reached(templates: Mapping[str, Table], start: list[str]) -> set[str]:
    found: set[str] = set()
    pending = list(start)
    while pending:
        name = pending.pop()
        if name not in found and name in templates:
            found.add(name)
            pending += [task["template"] for task in templates[name].get("dag", {}).get("tasks", ())]
    return found


def _texts(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            pending += [*one.values(), *one.keys()]
        elif isinstance(one, (list, tuple)):
            pending += one

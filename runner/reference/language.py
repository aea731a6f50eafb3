"""The page of the language: every key of pipelines, profiles and `runner.toml`, from what the schemas are made of."""

from __future__ import annotations

import json
import re
from typing import Any

import attrs

from runner.model import language, schemas
from runner.model.forms import written
from runner.model.generate import own_flavors
from runner.reference.markdown import code, head, table

LEAD = """\
The same stands in the schemas that editors use. [How a pipeline is written](../guide.md) tells it in order.

Marks: **T** for tasks alone, not for groups (`steps`, `choose`, `uses`). **D** also in `[defaults]`. **P** a profile
may say it, too.

Kinds of value: a *duration* is `"90s"`, `"1h30m"`, `"2d"`; a *size* `"512Mi"`, `"2Gi"`, `"10G"`: a whole number and one
of k M G T Ki Mi Gi Ti. A *ref text* may hold references, `${name}`; a *path* is such a text, and inside the project. A
*condition* is text such as `"accuracy > 0.9 and 'Dream' in islands"`, names without `${}`. A *name* has letters, digits
and `_`, a *step name* `-` too. Numbers are never written as text, lists never as a single text."""
OVERLAYS = """\
In `[defaults]` stand keys with the mark D; in `[steps."PATH"]` and `[tags.TAG]` those with P, `unset` (dotted keys that
weaker layers may not set) and `profile` (the step runs as that profile runs it)."""
SERVICES = ("executor", "run-log", "catalog", "secrets")


class Page:
    """What is told, and what still has to be: tables that others refer to."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.todo: dict[str, type] = {}
        self.done: set[str] = set()

    def add(self, cls: type, title: str, marks: bool = False, level: int = 2) -> None:
        """The table of one class."""
        definitions: dict[str, Any] = {}
        told = schemas.table_of(cls, definitions)["properties"]
        rows = []
        for field in attrs.fields(cls):
            name = written(field)
            value = told[name]
            default = value.get("default")
            cells = [code(name), kind(value), code(toml(default)) if default is not None else ""]
            if field.default is attrs.NOTHING:
                cells[-1] = "required"
            if marks:
                letters = field.metadata["marks"]
                cells.append(" ".join(one for one in "TDP" if one in letters and not (one == "T" and "G" in letters)))
            rows.append([*cells, shown(value["description"])])
        about = (cls.__doc__ or "").strip()
        names = ("key", "type", "default", *(("marks",) if marks else ()), "meaning")
        self.out.append(f"\n{'#' * level} {title}\n\n{about}\n\n{table(names, rows)}")

    def rest(self, *classes: type) -> None:
        """Tables inside tables, in the order in which they are met."""
        for cls in classes:
            definitions: dict[str, Any] = {}
            schemas.table_of(cls, definitions)
            for name in definitions:
                found = PARTS.get(name)
                if found is not None and name not in self.done:
                    self.done.add(name)
                    self.add(found, name, level=3)


FENCE = re.compile(r"\n\nExample:\s*```toml\n(.*?)```", re.DOTALL)
FORMS = {"text, may hold ${}": "ref text", "path, may hold ${}": "path"}
SKIPPED = {"Step", "Defaults", "ProfileDefaults", "Overlay", "Template", "Build", "Schedule", "Volume", "Plugins"}
PARTS = {
    cls.__name__: cls
    for module in (language, __import__("runner.model.parts", fromlist=["parts"]))
    for cls in vars(module).values()
    if isinstance(cls, type) and attrs.has(cls) and cls.__name__ not in SKIPPED
}
"""Tables that stand inside others, by the name that the schema has for them."""


def page() -> str:
    """The page."""
    out = Page()
    out.add(language.Pipeline, "Pipeline file")
    out.add(language.Step, "Step", marks=True)
    out.out.append("\n## Tables in a step\n")
    out.rest(language.Step, language.Pipeline)
    out.add(language.Profile, "Profile file")
    out.out.append(f"\n{OVERLAYS}\n")
    for cls, name in (
        (language.Volume, "[volumes.NAME]"),
        (language.Build, "[build]"),
        (language.Schedule, "[schedule]"),
    ):
        out.add(cls, f"`{name}`", level=3)
    flavors = own_flavors()
    for service in SERVICES:
        group, about = language.SERVICES[service]
        out.out.append(f"\n## `[{service}]`\n\n{about} `type` says which; a plug-in may bring others.\n")
        for flavor, settings in flavors[group]:
            also = f" Also called {', '.join(code(one) for one in flavor.aliases)}." if flavor.aliases else ""
            if settings is not None and attrs.fields(settings):
                out.add(settings, f'`type = "{flavor.name}"`', level=3)
                out.out[-1] = out.out[-1].replace((settings.__doc__ or "").strip(), flavor.about + also, 1)
            else:
                out.out.append(f'\n### `type = "{flavor.name}"`\n\n{flavor.about}{also} It has no settings.\n')
    out.add(language.Project, "Project file `runner.toml`")
    out.out.append("\n`[run-log]` and `[catalog]` stand here as in a profile.\n")
    out.add(language.Plugins, "`[plugins]`", level=3)
    return head("The language", LEAD) + "".join(out.out)


def kind(value: dict[str, Any]) -> str:
    """What a value may be, in words."""
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(map(kind, value["anyOf"])))
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2].rpartition(".")[2]
        return f"[{name}](#{name.lower()})" if name in PARTS or name == "Step" else "table"
    if "enum" in value:
        return ", ".join(code(json.dumps(word)) for word in value["enum"])
    if "const" in value:
        return code(toml(value["const"]))
    if value.get("type") == "array":
        return f"list of {kind(value['items'])}" if value.get("items") else "list"
    if value.get("type") == "object":
        inner = value.get("additionalProperties")
        label = value.get("x-tombi-additional-key-label", "name")
        return f"table: {label} = {kind(inner) if isinstance(inner, dict) else 'any value'}"
    if "title" in value:
        return FORMS.get(str(value["title"]), str(value["title"]))
    kinds = value.get("type")
    return (
        {"string": "text", "boolean": "true or false"}.get(kinds, str(kinds)) if isinstance(kinds, str) else "any value"
    )


def shown(about: str) -> str:
    """A description with its example below it, line by line: a cell of a table holds no block."""
    about = re.sub(r"\n\nDefault: `[^\n]*`", "", about)  # it has a column of its own
    about = FENCE.sub(lambda found: "<br>" + "<br>".join(map(code, found[1].strip().splitlines())), about)
    return about.replace("\n\nExample: `", "<br>`")


def toml(value: Any) -> str:
    """A default as it would be written."""
    return json.dumps(value, ensure_ascii=False)

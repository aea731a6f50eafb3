"""Writes what is made from the model: schema/*.json and runner/flavors.py. Called by `make schema`."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from runner.model import cue, results, schemas
from runner.model.forms import written
from runner.model.suggest import text

ROOT = Path(__file__).parents[2]
HEAD = '''"""The flavors that come with runner-up. Generated from the entry points of pyproject.toml: run `make schema`.

group -> name -> (settings, implementation, aliases, about, defaults, required and known ones, reach, more, gaps if any)
"""

from __future__ import annotations

from typing import Any

Row = tuple[Any, ...]

BUILT_IN: dict[str, dict[str, Row]] = {
'''


def own_flavors(root: Path = ROOT) -> dict[str, list[tuple[Any, Any]]]:
    """Our flavors and their settings classes by group, in pyproject.toml's order."""
    declared = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["entry-points"]
    found: dict[str, list[tuple[Any, Any]]] = {}
    for group, entries in declared.items():
        for name, path in entries.items():
            flavor = named(path)
            if flavor.name != name:
                raise ValueError(f"{path} calls itself {flavor.name}, pyproject.toml calls it {name}")
            found.setdefault(group.removeprefix("runner."), []).append((flavor, named(flavor.settings)))
    return found


def named(path: str | None) -> Any:
    """The object that "module:name" stands for; None for None."""
    if path is None:
        return None
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


def flavors_text(services: dict[str, list[tuple[Any, Any]]]) -> str:
    """The module runner/flavors.py."""
    lines = [HEAD]
    for group, flavors in services.items():
        lines.append(f'    "{group}": {{\n')
        for flavor, cls in flavors:
            fields = attrs.fields(cls) if cls is not None else ()
            defaults = {written(f): f.metadata["default"] for f in fields if f.metadata["default"] is not None}
            required = tuple(written(f) for f in fields if f.default is attrs.NOTHING)
            known = tuple(written(f) for f in fields)
            row = [flavor.settings, flavor.implementation, flavor.aliases, flavor.about, defaults, required, known]
            row += [flavor.reach, flavor.more, *([flavor.gaps] if flavor.gaps else [])]
            lines.append(
                f'        "{flavor.name}": (\n'
                + "".join(f"            {_folded(cell)},\n" for cell in row)
                + "        ),\n"
            )
        lines.append("    },\n")
    return "".join(lines) + "}\n"


def _folded(value: Any) -> str:
    """A cell of a row, over several lines where one is too long."""
    text = quoted(value)
    if len(text) + 13 <= 120 or not isinstance(value, tuple | dict):
        return text
    pairs = value.items() if isinstance(value, dict) else ((None, item) for item in value)
    parts = [f"{quoted(key)}: {quoted(item)}" if key is not None else quoted(item) for key, item in pairs]
    return text[0] + "\n" + "".join(f"                {part},\n" for part in parts) + "            " + text[-1]


def quoted(value: Any) -> str:
    """A value as Python source, texts in double quotes."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "(" + "".join(f"{quoted(item)}, " for item in value).rstrip(" " if len(value) == 1 else ", ") + ")"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{quoted(key)}: {quoted(item)}" for key, item in value.items()) + "}"
    return repr(value)


def files(root: Path = ROOT) -> dict[str, str]:
    """Everything that is generated: path from the project's root -> text."""
    services = own_flavors(root)
    files = schemas.build(services)
    built = {**files, **results.build(schemas.DRAFT)}
    out = {f"schema/{name}.json": text(schema) for name, schema in built.items()}
    return out | {"schema/runner.cue": cue.text(files), "runner/flavors.py": flavors_text(services)}


def main() -> None:
    """Write all generated files."""
    for path, content in files().items():
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main()

"""The blocks that come with the runner, as people and scripts read them: what each does, takes and gives."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import fill
from typing import Any

from runner.resolve.hints import like
from runner.resolve.packages import find, names
from runner.text.diagnostics import Refused, diagnose
from runner.views.table import table

WIDTH = 88  # columns of prose
LIMITS = ("enum", "minimum", "maximum", "pattern")


def facts() -> list[dict[str, Any]]:
    """Every block of the standard library."""
    return [fact(name) for name in names("std", "blocks")]


def fact(name: str) -> dict[str, Any]:
    """A block by its name, `PACKAGE:NAME`. Raises Refused: there is none, or it can't be read."""
    import tomllib

    path = find(name, "blocks")
    if path is None:
        package = name.partition(":")[0]
        known = [*names(package, "blocks"), *names(package, "profiles")]
        hint = like(name, known) or {"hint": "`runner list --blocks` and `runner list --profiles` name what there is"}
        raise Refused([diagnose("E981", None, name=name, **hint)])
    try:
        text = path.read_text(encoding="utf-8")
        data = tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        raise Refused([diagnose("E982", None, name=name, path=path)]) from None
    job = data.get("job", {})
    tasks = [job, *data.get("steps", {}).values()]
    return {
        "block": name,
        "description": data.get("description", ""),
        "steps": list(data.get("steps", {})),
        "params": list(_params(data)),
        "returns": [
            entry if isinstance(entry, str) else entry["name"] for entry in job.get("returns", data.get("returns", []))
        ],
        "outputs": [entry if isinstance(entry, str) else entry["path"] for entry in _entries(job.get("outputs", []))],
        "secrets": sorted({secret for task in tasks for secret in task.get("secrets", ())}),
        "example": _example(text),
    }


def _params(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What it takes, what has to be given first."""
    given, told = data.get("params", {}), data.get("types", {})
    for name in [*(name for name in told if name not in given), *given]:
        said = told.get(name, {})
        found = {"name": name, "type": said.get("type"), "description": said.get("description", "")}
        found |= {limit: said[limit] for limit in LIMITS if limit in said}
        yield found | ({"default": given[name]} if name in given else {})


def _entries(said: Any) -> list[Any]:
    return list(said.values()) if isinstance(said, Mapping) else list(said)


def _example(text: str) -> str:
    """The comment at the head of a file, behind the line that names its schema."""
    head, _, _ = text.partition("\n\n")
    lines = [line.removeprefix("#").removeprefix(" ") for line in head.split("\n") if not line.startswith("#:")]
    return "\n".join(lines).strip("\n") if head.startswith("#") else ""


def listed(as_json: bool) -> int:
    """Print all of them."""
    found = facts()
    if as_json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    width = max(len(one["block"]) for one in found) + 2
    for one in found:
        takes = [part["name"] if "default" not in part else f"[{part['name']}]" for part in one["params"]]
        sys.stdout.write(f"{one['block']:<{width}}{one['description']}\n{'':<{width}}{' '.join(takes)}\n")
    sys.stdout.write("\nin [brackets]: what has a default; `runner explain std:fetch` says more of one\n")
    return 0


def told(name: str, as_json: bool) -> int:
    """Print one of them, or a profile of that name."""
    profile = None if find(name, "blocks") else find(name, "profiles")
    if profile is not None:
        return _profile(name, profile, as_json)
    one = fact(name)
    sys.stdout.write(json.dumps(one, indent=2, ensure_ascii=False) + "\n" if as_json else text(one))
    return 0


def text(one: Mapping[str, Any]) -> str:
    """A block as `explain` tells it."""
    out = [f"{one['block']}: {one['description']}", ""]
    rows = [(part["name"], kind(part), default(part), about(part)) for part in one["params"]]
    out += table(("PARAMETER", "TYPE", "DEFAULT", "MEANING"), rows).splitlines()
    facts = [(key, ", ".join(one[key])) for key in ("steps", "returns", "outputs", "secrets")]
    out += ["", *(f"{key:<8} {said}" for key, said in facts if said)] if any(said for _, said in facts) else []
    if one["example"]:
        out += ["", "example:", "", *(f"    {line}".rstrip() for line in one["example"].split("\n"))]
    return "\n".join(out) + "\n"


def kind(part: Mapping[str, Any]) -> str:
    """The type of a parameter."""
    return str(part["type"] or "any")


def default(part: Mapping[str, Any]) -> str:
    """What a parameter is if nobody gives it."""
    return json.dumps(part["default"], ensure_ascii=False) if "default" in part else "required"


def about(part: Mapping[str, Any]) -> str:
    """What a parameter is for, and its limits."""
    limits = [f"{word} {json.dumps(part[word], ensure_ascii=False)}" for word in LIMITS[:3] if word in part]
    return str(part["description"]) + (f" ({', '.join(limits)})" if limits else "")


def _profile(name: str, path: Path, as_json: bool) -> int:
    import tomllib

    said = path.read_text(encoding="utf-8")
    data = tomllib.loads(said)
    if as_json:
        print(json.dumps({"profile": name, "description": data.get("description", ""), "says": data}, indent=2))
        return 0
    body = "\n".join(line for line in said.split("\n") if not line.startswith(("#:", "description = "))).strip("\n")
    lines = [
        fill(f"{name}: {data.get('description', '')}", WIDTH),
        "",
        *(f"    {line}".rstrip() for line in body.split("\n")),
    ]
    print(
        "\n".join([*lines, "", f"use: runner up pipeline.toml --profile {name}, or `extends` of a profile of your own"])
    )
    return 0

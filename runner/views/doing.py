"""What a step does, where, with what, and what it may take: as its plan says it, in a few lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.views import words
from runner.views.expressions import written
from runner.views.outline import inner
from runner.views.sizes import amount
from runner.views.terminal import clean
from runner.views.times import duration

MOST = 8  # lines of a script
Nodes = Mapping[str, Mapping[str, Any]]


def doing(plan: Mapping[str, Any], id: str) -> list[str]:
    """Lines with a head each; [] for what only holds others."""
    nodes: Nodes = plan["nodes"]
    part = inner(nodes[id])
    do = part.get("do")
    if not do:
        return []
    lines = runs(do, nodes)
    if len(lines) > MOST + 1:
        lines = [*lines[:MOST], f"... {len(lines) - MOST} more lines"]
    first, *rest = lines if len(lines) == 1 else ["", *lines]
    lines = [f"does      {do['kind']}  {first}".rstrip(), *(f"          {line}" for line in rest)]
    lines.append(f"where     {', '.join(_where(plan, do))}")
    asks = list(_asks(part, do))
    lines += [f"may take  {', '.join(asks)}"] if asks else []
    inputs = [_input(entry, nodes) for entry in do.get("inputs") or ()]
    return lines + ([f"inputs    {words.listed(inputs)}"] if inputs else [])


def runs(do: Mapping[str, Any], nodes: Nodes) -> list[str]:
    """The command, script or function, a line each; [] for a stub."""
    if do.get("module"):
        return [f"{do['module']}:{do.get('function')}"]
    if do.get("notebook"):
        return [str(do["notebook"])]
    if do.get("argv"):
        return [" ".join(_word(_said(word, nodes)) for word in do["argv"])]
    return [clean(line) for line in _said(do.get("script") or "", nodes).strip("\n").splitlines()]


def _said(value: Any, nodes: Nodes) -> str:
    """A text as a file writes it."""
    if isinstance(value, str):
        return value
    text = written(value, nodes)
    return text if value[:1] == ["text"] else f"${{{text}}}"


def _word(text: str) -> str:
    """A word of a command, on one line."""
    text = clean(text.replace("\n", "\\n"))
    return f"'{text}'" if not text or " " in text or "\\n" in text else text


def _where(plan: Mapping[str, Any], do: Mapping[str, Any]) -> Iterator[str]:
    profile = (plan.get("profiles") or {}).get(do.get("profile")) or plan.get("profile") or {}
    name, executor = str(profile.get("name")), profile.get("executor") or {}
    kind = str(executor.get("type"))
    yield f"profile {name}" if name == kind else f"profile {name} ({kind})"
    image = do.get("image") or executor.get("image")
    if image:
        yield f"image {_said(image, plan['nodes'])}"


def _asks(part: Mapping[str, Any], do: Mapping[str, Any]) -> Iterator[str]:
    for name, value in (do.get("resources") or {}).items():
        size = isinstance(value, (int, float)) and name in ("memory", "disk")
        yield f"{name} {amount(value) if size else value}"
    if isinstance(part.get("timeout"), (int, float)):
        yield f"{duration(part['timeout'])} an attempt"
    tries = (part.get("retry") or {}).get("attempts", 1)
    if tries != 1:
        yield f"{tries} attempts"


def _input(entry: Mapping[str, Any], nodes: Nodes) -> str:
    """A path, and the step that makes it."""
    makers = [str(nodes[id]["path"]) for id in entry.get("writers") or () if id in nodes]
    path = _said(entry["path"], nodes)
    return f"{path} (from {', '.join(makers)})" if makers else path

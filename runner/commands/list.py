"""`runner list`: the steps of a pipeline with what they take and give, or the profiles and blocks that can be named."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runner.commands.asking import FILE, JSON
from runner.views.expressions import written
from runner.views.outline import inner, tags
from runner.views.table import table
from runner.views.terminal import is_terminal, size

OPTIONS = [
    *FILE,
    (("--profiles",), {"action": "store_true", "help": "the profiles that --profile finds, instead of the steps"}),
    (("--blocks",), {"action": "store_true", "help": "the blocks that come with the runner, for `uses`"}),
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Print the answer; nothing runs."""
    if args.profiles:
        return _profiles(args)
    if args.blocks:
        from runner.commands.blocks import listed  # reads no pipeline

        return listed(args.json)
    from runner.commands.making import make_plan

    plan = make_plan(args)
    if args.json:
        print(json.dumps(summary(plan), indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(text(plan))
    return 0


def summary(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The steps as data: what `--json` prints."""
    nodes = plan["nodes"]
    return {
        "name": plan.get("name"),
        "description": plan.get("description") or "",
        "params": {name: _default(expr, nodes) for name, expr in plan.get("params", {}).items()},
        "steps": [_step(nodes, id) for id in nodes if not str(nodes[id]["path"]).endswith("!reduce")],
    }


def _step(nodes: Mapping[str, Any], id: str) -> dict[str, Any]:
    node = nodes[id]
    body = inner(node)
    do: Mapping[str, Any] = body.get("do") or {}
    returns = body.get("returns") or do.get("returns") or []
    names = [entry["name"] if isinstance(entry, Mapping) else str(entry) for entry in returns]
    return {
        "step": node["path"],
        "kind": do.get("kind") or _group(body),
        "description": node.get("description") or "",
        "tags": list(node.get("tags") or ()),
        "needs": [nodes[need]["path"] for need in node.get("needs", ()) if need in nodes],
        "after": [nodes[before]["path"] for before in node.get("after", ()) if before in nodes],
        "about": tags(nodes, id),
        "params": sorted(do.get("takes") or {}),
        "returns": names,
        "inputs": [path for entry in do.get("inputs") or () for path in _paths(nodes, entry)],
        "outputs": [path for entry in do.get("outputs") or () for path in _paths(nodes, entry)],
        "secrets": [entry["name"] for entry in do.get("secrets") or ()],
    }


def _group(body: Mapping[str, Any]) -> str:
    """The kind of a step with others in it; of one that uses a file, with that file."""
    if "uses" in body:
        return f"uses {body['uses']}"
    return {"graph": "steps", "choice": "choose"}.get(body["type"], str(body["type"]))


def _default(expr: Any, nodes: Mapping[str, Any]) -> Any:
    """A parameter's value; what is known only when a run starts, as a file writes it."""
    if not isinstance(expr, list):
        return expr
    return expr[1] if expr[0] == "lit" else _whole(expr, nodes)


def _whole(expr: Any, nodes: Mapping[str, Any]) -> str:
    text = written(expr, nodes)
    return text if expr[0] == "text" else f"${{{text}}}"


def _paths(nodes: Mapping[str, Any], entry: Mapping[str, Any]) -> list[str]:
    """One path; of a parameter that is a list of paths, each of them."""
    path = entry["path"]
    if isinstance(path, str):
        return [path]
    if path[0] == "lit" and isinstance(path[1], list):
        return [str(one) for one in path[1]]
    return [_whole(path, nodes)]


def text(plan: Mapping[str, Any]) -> str:
    """One block a step: its name and kind, then a line for each thing there is to say."""
    listing = summary(plan)
    lines = [str(listing["name"]) + (f"  {listing['description']}" if listing["description"] else "")]
    for step in listing["steps"]:
        lines += ["", f"{step['step']}  ({step['kind']})" + (f"  {step['description']}" if step["description"] else "")]
        lines += [f"  {about}" for about in step["about"]]
        for key in ("needs", "after", "params", "inputs", "outputs", "returns", "secrets", "tags"):
            if step[key]:
                lines.append(f"  {key:<8} {', '.join(step[key])}")
    if listing["params"]:
        lines += ["", "parameters"]
        lines += [f"  {name} = {json.dumps(value, ensure_ascii=False)}" for name, value in listing["params"].items()]
    return "\n".join(lines) + "\n"


def _profiles(args: argparse.Namespace) -> int:
    from runner.resolve.ask import Ask, find_root
    from runner.resolve.packages import names
    from runner.resolve.project import locate, profile_names
    from runner.text.sources import Sources

    file = Path(args.file)
    ask = Ask(file, None, (), (), os.environ)
    sources = Sources(find_root(file))
    found = []
    shipped = names("std", "profiles")
    for name in (*profile_names(ask, sources.root, sources), *shipped):
        path = locate(name, None, ask, sources)
        found.append(
            {"profile": name, "description": _description(path), "file": None if name in shipped else _shown(path)}
        )
    if args.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return 0
    width = size(sys.stdout, os.environ)[0] if is_terminal(sys.stdout) else None
    rows = [(str(entry["profile"]), entry["file"] or "(built in)", entry["description"] or "") for entry in found]
    sys.stdout.write(table(("PROFILE", "FILE", "DESCRIPTION"), rows, width=width))
    return 0


def _description(path: Path | None) -> str | None:
    from runner.text.diagnostics import Refused
    from runner.text.document import load
    from runner.text.sources import Sources

    if path is None:
        return None
    try:
        said = load(path, Sources(path.parent)).data.get("description")
    except Refused:
        return "(cannot be read: `runner check` says why)"
    return str(said) if said else None


def _shown(path: Path | None) -> str | None:
    if path is None:
        return None
    short = os.path.relpath(path)
    return str(path) if short.startswith("..") else short

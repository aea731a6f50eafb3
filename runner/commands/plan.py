"""`runner plan`: what would run, in which order, and why; leaves no trace (N51)."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands.asking import FILE, JSON, RESUME
from runner.commands.selecting import SELECT, selected
from runner.plan.mocked import task_of
from runner.rules.expr import ABSENT, ExprError, truth
from runner.rules.last import LAST, of_file
from runner.views.expressions import written
from runner.views.table import table
from runner.views.terminal import is_terminal, size

if TYPE_CHECKING:
    from runner.run.foresight import Verdict
    from runner.run.resume import Parent

DIFF: list[Any] = [
    (
        ("--diff",),
        {
            "nargs": "?",
            "const": "@last",
            "metavar": "WITH",
            "help": "what changed since a run (the newest), against a profile, or a folder of `render -o`",
        },
    ),
    (("--exit-code",), {"action": "store_true", "help": "with `--diff`: 6 where something changed"}),
]
OPTIONS: list[Any] = [*FILE, *SELECT, *RESUME, *DIFF, JSON]

Table = dict[str, Any]


def run(args: argparse.Namespace) -> int:
    """Print the plan: as people read it, or the very JSON that executors read."""
    from runner.commands.planning import parent_of, planned

    args.dry_run = True  # nothing is kept of it, or ended for it
    parent = parent_of(args)
    made = planned(args)
    if args.diff or args.exit_code:
        from runner.commands.diffing import diff

        return diff(args, made)
    return show(made.plan, args, made.root, made.plugins, parent)


def show(plan: Table, args: argparse.Namespace, root: Path, plugins: Any, parent: Parent | None = None) -> int:
    """Print a plan, and beside it what would become of its cached steps, and of those that the parent has done."""
    from runner.commands.foreseeing import data, foreseen

    ids = selected(args, plan)
    found = foreseen(plan, root, ids, plugins, parent)
    after = parent.run["name"] if parent else None
    if args.json:
        beside = {} if found is None else {"would": data(found), **({"resumes": after} if after else {})}
        print(json.dumps({**plan, **beside}, indent=2, sort_keys=False, ensure_ascii=False))
        return 0
    nodes = plan["nodes"]
    mixed = any(_sent(node) for node in nodes.values())
    lines = [
        (
            _name(node, nodes),
            _kind(node),
            *((_where(node, plan),) if mixed else ()),
            _why(id, node, plan, ids, (found or {}).get(id), after),
        )
        for id, node in nodes.items()
        if not node["path"].endswith(("!reduce", "!on-failure"))
    ]
    width = size(sys.stdout, os.environ)[0] if is_terminal(sys.stdout) else None
    goes = f"  goes on from {after}" if after else ""
    sys.stdout.write(f"{plan['name']}  profile {plan['profile']['name']}  plan {plan['digest'][:12]}{goes}\n")
    sys.stdout.write(table(("step", "kind", *(("where",) if mixed else ()), "why"), lines, width=width))
    return 0


def _name(node: Table, nodes: Table) -> str:
    depth, parent = 0, node["parent"]
    while parent:
        depth, parent = depth + 1, nodes[parent]["parent"]
    path = str(node["path"])
    return "  " * depth + (path if of_file(path) else path.removesuffix(LAST))


def _kind(node: Table) -> str:
    if node["type"] == "map":
        return f"map of {_part(node)}"
    return _part(node)


def _sent(node: Table) -> str:
    """The profile that runs a task, its items or rounds, where that is another."""
    return str((task_of(node) or {}).get("profile", ""))


def _where(node: Table, plan: Table) -> str:
    """The profile that runs a task; what holds others has none."""
    return _sent(node) or (plan["profile"]["name"] if task_of(node) else "")


def _part(node: Table) -> str:
    while "body" in node:
        node = node["body"]
    return str(node["do"]["kind"] if node["type"] == "task" else node.get("uses") or node["type"])


def _why(
    id: str, node: Table, plan: Table, ids: frozenset[str] | None, found: Verdict | None, after: str | None
) -> str:
    nodes = plan["nodes"]
    if ids is not None and id not in ids:
        return "not selected: its last results are taken"
    said: list[str] = []
    if of_file(node["path"]):
        return f"at the end of `{nodes[node['parent']]['path']}`, whatever happened"
    if node["path"].endswith(LAST):
        said.append("at the end, whatever happened")
    if node["needs"]:
        said.append("needs " + ", ".join(nodes[other]["path"] for other in node["needs"]))
    if node["after"]:
        said.append("after " + ", ".join(nodes[other]["path"].removesuffix(LAST) for other in node["after"]))
    if node["type"] == "map":
        said.append(_items(node, nodes))
    if "when" in node:
        text = written(node["when"], nodes)
        try:
            holds = truth(node["when"], lambda ref: _static(ref, plan))
            said.insert(0, f"when {text}" if holds else f"skipped: `{text}` is false")
        except (_Later, ExprError):
            skipped = found is not None and not found.counts
            said.insert(0, f"when {text}" if skipped else f"when {text}, known during the run")
    if found is not None and found.counts:
        from runner.views.verdicts import verdict

        said.insert(0, verdict(found.would, found.counts, found.why, after))
    elif found is not None and not any(text.startswith("skipped") for text in said):
        said.insert(0, "does not run")  # a case that is not chosen, an item of an empty list
    if node.get("handler"):
        said.append(f"if it fails, `{node['handler']['name']}`")
    return "; ".join(said) or ("" if after else "runs at once")  # of a group that is gone on with its steps tell


def _items(node: Table, nodes: Table) -> str:
    counts = [
        len(source[1]) if isinstance(source, list) and source[0] == "lit" else None for source in node["each"].values()
    ]
    names = " x ".join(node["each"])
    if any(count is None for count in counts) or "filter" in node:
        return f"one item a {names}, counted when they are known"
    total = 1
    for count in counts:
        total *= count or 0
    return f"{total} item{'s' if total != 1 else ''} of {names}"


class _Later(Exception):
    """A condition that asks for what only the run knows."""


def _static(ref: list[Any], plan: Table) -> Any:
    if ref[0] == "param":
        value = plan["params"].get(ref[1], ABSENT)
        if not isinstance(value, list):
            return value
        if value[0] == "lit":
            return value[1]
    raise _Later

"""`--resume`: what the run that is resumed was asked is asked again; what is said anew changes (N49)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runner.agent.spawn import end_run
from runner.commands.common import open_run, plugins_of
from runner.commands.find import find
from runner.commands.warning import warn_of_damage
from runner.plan.nearby import away
from runner.plan.services import OTHERS
from runner.resolve.ask import find_root
from runner.resolve.layers import SERVICES
from runner.resolve.naming import name_in
from runner.run.resume import Parent, open_parent
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]
PLACES = (*SERVICES, *OTHERS)


def recall(args: argparse.Namespace) -> Parent:
    """The parent that `--resume` names, its profile, `--set` and parameters put into `args`.

    What is still alive of it is ended where this run will begin. Raises Refused.
    """
    if args.resume is None:
        raise Refused([diagnose("E936", None)])
    if args.resume.endswith((".toml", ".cue")) and Path(args.resume).is_file():  # `--resume FILE`: its newest run
        args.file, args.resume = args.resume, "@last"
    file = Path(args.file)
    root = find_root(file)
    name = name_in(file, root)
    parent = open_parent(root, args.resume, name, plugins_of(root))
    if not args.dry_run and not away(parent.run["executor"], plugins_of(root)):
        end_run(parent.meta["run"])
    warn_of_damage(parent.meta.get("name"), parent.damaged)
    steps = getattr(args, "steps", None)
    if steps is not None:  # `retry`: of what that run was about
        if parent.meta.get("status") == "succeeded" and not steps and not args.changed:
            raise Refused([diagnose("E937", None, name=parent.meta.get("name"))])
        args.selected = parent.run.get("selected")
    asked = parent.run.get("ask", {})
    kept = list(asked.get("set", ()))
    if args.profile and args.profile != asked.get("profile"):  # what was said of the places of the other is not meant
        kept = [one for one in kept if one.partition("=")[0].split(".")[0] not in PLACES]
    args.profile = args.profile or asked.get("profile")
    anew = {one.partition("=")[0].split(".")[1] for one in args.set if one.startswith("params.")}
    args.set = [*kept, *args.set]
    args.given = {name: value for name, value in parent.run.get("params", {}).items() if name not in anew}
    return parent._replace(changed=args.changed, again=_again(parent, root, steps or ()))


def _again(parent: Parent, root: Path, steps: Sequence[str]) -> frozenset[tuple[str, str]]:
    """The instances that these words name in the parent, as `logs` reads them, and what is inside them. Raises Refused
    (E915, E916)."""
    if not steps:
        return frozenset()
    opened = open_run(str(parent.meta["run"]), root)
    nodes: dict[str, Table] = opened.plan["nodes"]
    named: dict[str, set[str]] = {}
    for id, _, key in (one.partition(" ") for step in steps for one in find(opened.run, nodes, step).addresses):
        named.setdefault(id, set()).add(key)
    around = {id: node["parent"] for id, node in nodes.items()}
    around.update((node["reduce"]["node"], id) for id, node in nodes.items() if (node.get("reduce") or {}).get("node"))
    found = set()
    for id, _, key in (address.partition(" ") for address in opened.run["nodes"]):
        at: str | None = id
        while at is not None and not named.get(at, set()).intersection(_outward(key)):
            at = around.get(at)
        if at is not None:
            found.add((id, key))
    return frozenset(found)


def _outward(key: str) -> list[str]:
    """A key and those of the items around it: `0.1`, `0`, `-`."""
    parts = key.split(".")
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)] + ["-"]

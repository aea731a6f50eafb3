"""`--resume`: what the run that is resumed was asked is asked again; what is said anew changes (N49)."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from runner.commands.common import open_run, plugins_of
from runner.commands.find import find
from runner.commands.warning import warn_of_damage
from runner.plan.build import pipeline_name
from runner.resolve.ask import find_root
from runner.run.resume import Parent, open_parent
from runner.text.document import load
from runner.text.sources import Sources


def recall(args: argparse.Namespace) -> Parent | None:
    """The parent that `--resume` names, its profile, `--set` and parameters put into `args`; None without `--resume`.

    Raises Refused.
    """
    if args.resume is None:
        return None
    if args.resume.endswith(".toml") and Path(args.resume).is_file():  # `--resume FILE`: its newest run
        args.file, args.resume = args.resume, "@last"
    file = Path(args.file)
    root = find_root(file)
    name = pipeline_name(load(file, Sources(root), "pipeline"), file)
    parent = open_parent(root, args.resume, name, plugins_of(root))
    warn_of_damage(parent.meta.get("name"), parent.damaged)
    asked = parent.run.get("ask", {})
    args.profile = args.profile or asked.get("profile")
    args.set = [*asked.get("set", ()), *args.set]
    args.given = parent.run.get("params", {})
    return parent._replace(changed=args.changed, again=_again(parent, root, getattr(args, "steps", ())))


def _again(parent: Parent, root: Path, steps: Sequence[str]) -> frozenset[tuple[str, str]]:
    """The instances that these words name in the parent, as `logs` reads them. Raises Refused (E915, E916)."""
    if not steps:
        return frozenset()
    opened = open_run(str(parent.meta["run"]), root)
    addresses = [one for step in steps for one in find(opened.run, opened.plan["nodes"], step).addresses]
    return frozenset((id, key) for id, _, key in (address.partition(" ") for address in addresses))

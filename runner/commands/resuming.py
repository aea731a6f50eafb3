"""`--resume`: what the run that is resumed was asked is asked again; what is said anew changes (N49)."""

from __future__ import annotations

import argparse
from pathlib import Path

from runner.commands.common import plugins_of
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
    return parent

"""`runner plugins check`: what is wrong with plug-ins, before a run finds out."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands.asking import JSON
from runner.commands.check import as_json
from runner.commands.common import plugins_of
from runner.commands.plugins import KINDS
from runner.text.diagnostics import Refused, diagnose

if TYPE_CHECKING:
    from runner.plugins import Flavor

OPTIONS: list[Any] = [
    (("name",), {"nargs": "*", "metavar": "NAME", "help": "only plug-ins of these names"}),
    JSON,
]

PLUG_IN = 5


def run(args: argparse.Namespace) -> int:
    """A line for each that is right. Raises Refused with all that is wrong (exit code 5)."""
    from runner.plugins import names
    from runner.resolve.ask import find_root

    plugins = plugins_of(find_root(Path("runner.toml")))
    known = {kind: names(group, plugins) for kind, group in KINDS.items()}
    strange = [name for name in args.name if not any(name in some for some in known.values())]
    good: list[str] = []
    wrong = [diagnose("E801", None, group="plug-in", name=name) for name in strange]
    for kind, some in known.items():
        for name in some:
            if not args.name or name in args.name:
                try:
                    line = right(kind, name, plugins, bool(args.name))
                except Refused as refused:
                    wrong += refused.problems
                else:
                    good += [line] if line else []
    if args.json:
        print(json.dumps({"right": good, "wrong": [as_json(one) for one in wrong]}, indent=2, ensure_ascii=False))
        return PLUG_IN if wrong else 0
    for line in good:
        print(line)
    if wrong:
        raise Refused(wrong)
    return 0


def right(kind: str, name: str, plugins: Any, ours: bool = False) -> str | None:
    """Import all that a plug-in is made of; a line about it. Raises Refused. ours: one of runner-up, too."""
    from runner.plugins import OURS, find, load

    flavor = find(KINDS[kind], name, plugins)
    if flavor.origin == OURS and not ours:
        return None
    _settings(flavor)
    load(flavor)
    return f"{kind} {name} of {flavor.origin}: {flavor.implementation}"


def _settings(flavor: Flavor) -> None:
    from runner.model.project import shape
    from runner.plugins import settings

    cls = settings(flavor)
    if cls is not None:
        shape(cls, flavor)

"""`runner plugins list`: every service that can be named in a profile, and whose it is."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from runner.commands.asking import JSON
from runner.commands.common import plugins_of
from runner.commands.plugins import KINDS
from runner.text.diagnostics import Diagnostic, Refused
from runner.views.table import table
from runner.views.terminal import is_terminal, size

OPTIONS: list[Any] = [
    (("kind",), {"nargs": "?", "choices": KINDS, "metavar": "KIND", "help": f"only one of {', '.join(KINDS)}"}),
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Print the list; no implementation is imported. Raises Refused with those that are broken, after the others."""
    from runner.plugins import every
    from runner.resolve.ask import find_root

    plugins = plugins_of(find_root(Path("runner.toml")))
    rows: list[dict[str, str]] = []
    broken: list[Diagnostic] = []
    for kind in [args.kind] if args.kind else KINDS:
        flavors, problems = every(KINDS[kind], plugins)
        rows += [{"kind": kind, "name": one.name, "from": one.origin, "about": one.about} for one in flavors]
        broken += problems
    if args.json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        cells = [[row["kind"], row["name"], row["from"], row["about"]] for row in rows]
        width = size(sys.stdout, os.environ)[0] if is_terminal(sys.stdout) else None
        sys.stdout.write(table(("KIND", "NAME", "FROM", "ABOUT"), cells, width=width))
    if broken:
        raise Refused(broken)
    return 0

"""`runner plugins add`: a plug-in of this project, named in its runner.toml; the file keeps its style."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from runner.commands.plugins import KINDS
from runner.text.diagnostics import Refused, diagnose

OPTIONS: list[Any] = [
    (("kind",), {"choices": KINDS, "metavar": "KIND", "help": ", ".join(KINDS)}),
    (("name",), {"metavar": "NAME", "help": "what profiles call it: `type = NAME`"}),
    (("path",), {"metavar": "MODULE:OBJECT", "help": "a Flavor, or the class itself"}),
]


def run(args: argparse.Namespace) -> int:
    """Register it, if it can be used. Raises Refused: the plug-in is broken, the file can't be read or written."""
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    from runner.plugins import PROJECT, find, load
    from runner.resolve.ask import find_root

    group = KINDS[args.kind]
    table = group.replace("_", "-")
    load(find(group, args.name, {table: {args.name: args.path}}))
    path = find_root(Path(PROJECT)) / PROJECT
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        document: Any = tomlkit.parse(text)
        document.setdefault("plugins", tomlkit.table()).setdefault(table, tomlkit.table())[args.name] = args.path
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except (OSError, TOMLKitError, TypeError, AttributeError) as error:
        raise Refused([diagnose("E961", None, path=path, why=str(error))]) from None
    print(f"{path}: {args.kind} {args.name}")
    return 0

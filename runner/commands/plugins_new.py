"""`runner plugins new executor NAME`: a package that passes its own tests, to be changed from there."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from runner.text.diagnostics import Refused, diagnose

OPTIONS: list[Any] = [
    (("kind",), {"choices": ["executor"], "metavar": "KIND", "help": "executor"}),
    (("name",), {"metavar": "NAME", "help": "what profiles will call it, such as company-batch"}),
    (("--transpile",), {"action": "store_true", "help": "one that writes files, rather than one that submits jobs"}),
    (("-o", "--to"), {"metavar": "DIR", "help": "where to write it (./NAME)"}),
]


def run(args: argparse.Namespace) -> int:
    """Write the package. Raises Refused: the name can't be one, or there is something already."""
    from runner.commands.scaffold import flow, queue

    if not re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", args.name):
        raise Refused([diagnose("E962", None, name=args.name)])
    folder = Path(args.to or args.name)
    if folder.exists() and any(folder.iterdir()):
        raise Refused([diagnose("E960", None, path=folder, hint="name another folder: `--output DIR`")])
    for path, text in (flow if args.transpile else queue)(args.name).items():
        try:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
        except OSError as error:
            raise Refused([diagnose("E961", None, path=folder / path, why=error.strerror or "")]) from None
        print(folder / path)
    return 0

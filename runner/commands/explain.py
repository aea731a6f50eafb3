"""`runner explain FILE [KEY]`: every value with its layer, file and line; or what a code or block is, `E250`."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from typing import Any

from runner.commands.asking import FILE, JSON, ask_of
from runner.views.words import count

OPTIONS: list[Any] = [
    FILE[0],
    (
        ("key",),
        {"nargs": "?", "metavar": "KEY", "help": "only this key and what is below it, such as steps.train.resources"},
    ),
    *FILE[1:],
    (("--codes",), {"action": "store_true", "help": "list all codes of errors and warnings"}),
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Print the rows, or what a code or a block is; exit 2 for a key, code or block that is not there."""
    code = r"[EWew]\d{1,3}|[EW]\d\w{2}"  # the latter with a slip of the pen
    if args.codes or (re.fullmatch(code, args.file) and not os.path.exists(args.file)):
        from runner.commands.codes import tell  # reads no pipeline

        return tell("" if args.codes else args.file.upper(), args.json)
    if re.fullmatch(r"[A-Za-z_]\w*:[\w./-]+", args.file) and not os.path.exists(args.file):
        from runner.commands.blocks import told

        return told(args.file, args.json)
    from runner.commands.making import make
    from runner.commands.origins import rows
    from runner.resolve.kinds import of_steps
    from runner.text.diagnostics import Refused, diagnose, near

    alone = r"(steps|params)\..+|(executor|run-log|catalog|secrets|build|schedule)(\..+)?"
    if re.fullmatch(alone, args.file) and not args.key and not os.path.exists(args.file):
        args.file, args.key = "pipeline.toml", args.file
    made = make(ask_of(args))
    if any(problem.severity == "error" for problem in made.problems):
        raise Refused(list(made.problems))
    found = list(rows(made))
    if args.key:
        args.key = of_steps(args.key, made.resolved.files.pipeline)
        wanted = [row for row in found if row.key == args.key or row.key.startswith(args.key + ".")]
        if not wanted:
            keys = {".".join(row.key.split(".")[: args.key.count(".") + 1]) for row in found}
            raise Refused([diagnose("E923", None, key=args.key, near=near(args.key, keys))])
        found = wanted
    if args.json:
        print(json.dumps([row._asdict() for row in found], indent=2, ensure_ascii=False, default=str))
        return 0
    width = max((len(row.key) for row in found), default=0)
    shown = [(row, _told(row.value)) for row in found]
    middle = min(60, max((len(text) for _, text in shown), default=0))
    for row, text in shown:
        sys.stdout.write(f"{row.key:<{width}}  {text:<{middle}}  {row.layer}{'  ' + row.place if row.place else ''}\n")
    return 0


def _told(value: Any) -> str:
    """A value on one line; of a text of many lines the first, for its place is told beside it."""
    first, *rest = value.strip().splitlines() if isinstance(value, str) and value.strip() else [value]
    text = json.dumps(first if rest else value, ensure_ascii=False, default=str)
    return f"{text} and {count(len(rest), 'more line')}" if rest else text

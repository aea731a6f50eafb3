"""`runner doctor`: is all there that a profile needs? For bug reports too: no names of people, no secrets."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from runner.commands.asking import FILE, JSON

OPTIONS: list[Any] = [*FILE, JSON]

MISSING = 4


def run(args: argparse.Namespace) -> int:
    """Print what was found; 4 where something is missing that this profile needs. Raises Refused: no such profile."""
    from runner.commands.asking import ask_of
    from runner.commands.machine import machine, project
    from runner.commands.place import place
    from runner.resolve.ask import find_root
    from runner.views.findings import Nameless, lines, user
    from runner.views.terminal import coloured

    ask = ask_of(args)
    root = find_root(Path(args.file))
    nameless = Nameless(os.environ, user(os.environ))
    found = [nameless.of(one) for part in (machine(os.environ), project(root), place(ask, root)) for one in part]
    if args.json:
        print(json.dumps([one._asdict() for one in found], indent=2, ensure_ascii=False))
    else:
        sys.stdout.write(lines(found, coloured(sys.stdout, os.environ)))
    return MISSING if any(one.state == "wrong" for one in found) else 0

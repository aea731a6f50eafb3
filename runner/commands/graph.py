"""`runner graph`: a picture of a pipeline or a run, for the terminal, a README, a browser, or Graphviz."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

from runner.commands.asking import FILE, JSON, ROOT
from runner.commands.writing import by_end, write
from runner.views.terminal import coloured, is_terminal, symbols

FORMATS = ("tree", "mermaid", "dot", "svg", "html")
OPTIONS = [
    *FILE,
    (("--format",), {"choices": FORMATS, "help": "tree, mermaid, dot, svg or html (tree; with -o as the file ends)"}),
    (
        ("--run",),
        {
            "nargs": "?",
            "const": "@last",
            "metavar": "RUN",
            "help": "draw this run with what became of its steps, not the file: name, unique prefix (@last)",
        },
    ),
    (("--all",), {"action": "store_true", "help": "fold nothing, however many steps stand side by side"}),
    (("-o", "--to"), {"metavar": "FILE", "help": "write it there instead of printing it"}),
    ROOT,
    JSON,
]
ENDS = {
    "": "tree",
    ".txt": "tree",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
    ".dot": "dot",
    ".gv": "dot",
    ".svg": "svg",
    ".html": "html",
}


def run(args: argparse.Namespace) -> int:
    """Print or write the picture; nothing runs. Raises Refused: no such run, a file that can't be written."""
    format = args.format or by_end(args.to, ENDS)
    plan, head, stand = _asked(args)
    if args.json:
        from runner.views.picture import data

        text = json.dumps(data(plan, stand), indent=2, ensure_ascii=False) + "\n"
    elif format == "mermaid":
        from runner.views.mermaid import mermaid

        text = mermaid(plan, stand)
    elif format == "dot":
        from runner.views.dot import dot

        text = dot(plan, stand)
    elif format == "svg":
        from runner.views.svg import svg

        text = svg(plan, head, stand, fold=not args.all)
    elif format == "html":
        from runner.views.page import page

        text = page(plan, head, stand, fold=not args.all)
    else:
        from runner.views.tree import tree

        signs = symbols(sys.stdout, os.environ)
        here = is_terminal(sys.stdout) and not args.to
        colours = coloured(sys.stdout, os.environ) and not args.to
        text = tree(plan, stand, head, signs=signs, fold=here and not args.all, colours=colours)
    write(text, args.to)
    return 0


def _asked(args: argparse.Namespace) -> tuple[dict[str, Any], str, Any]:
    """The plan; of a run also a line about it, and how its nodes stand."""
    if args.run is None:
        from runner.commands.making import make_plan

        return make_plan(args), "", None
    from runner.commands.common import open_run
    from runner.run.fold import in_order
    from runner.views.standing import standings
    from runner.views.times import took

    opened = open_run(args.run, Path(args.root) if args.root else None)
    plan, told = opened.plan, opened.run
    nodes = plan["nodes"]
    order = in_order(plan, [*plan["steps"], *plan.get("finally", ())])  # what was stored has lost the order of keys
    head = "  ".join(text for text in (str(told.get("name")), opened.state, took(told)) if text)
    return {**plan, "nodes": {id: nodes[id] for id in order}}, head, standings(told, nodes)

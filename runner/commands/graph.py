"""`runner graph`: a picture of a pipeline, for the terminal, a README (mermaid) or Graphviz (dot)."""

from __future__ import annotations

import argparse
import sys

from runner.commands.asking import FILE
from runner.views.terminal import is_terminal, symbols

OPTIONS = [
    *FILE,
    (("--format",), {"choices": ("tree", "mermaid", "dot"), "default": "tree", "help": "tree, mermaid or dot (tree)"}),
    (("--all",), {"action": "store_true", "help": "fold nothing, however many steps stand side by side"}),
]


def run(args: argparse.Namespace) -> int:
    """Print the picture; nothing runs."""
    from runner.commands.making import make_plan

    plan = make_plan(args)
    if args.format == "mermaid":
        from runner.views.mermaid import mermaid

        sys.stdout.write(mermaid(plan))
    elif args.format == "dot":
        from runner.views.dot import dot

        sys.stdout.write(dot(plan))
    else:
        from runner.views.tree import tree

        fold = is_terminal(sys.stdout) and not args.all
        sys.stdout.write(tree(plan, signs=symbols(sys.stdout), fold=fold))
    return 0

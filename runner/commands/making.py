"""From the words of a command line to a plan: the first arrows of the road (DESIGN 3), shared by all verbs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.commands.asking import ask_of
from runner.commands.collecting import uncollected
from runner.plan.build import Built, build
from runner.plan.gaps import gaps
from runner.resolve.ask import Ask, find_root
from runner.resolve.resolved import Resolved, resolve
from runner.resolve.said import spoken
from runner.text.allow import unsilenced
from runner.text.diagnostics import Diagnostic, Refused
from runner.text.document import Document
from runner.text.sources import Sources


class Made(NamedTuple):
    """What the road yields; the plan is None when there are errors."""

    ask: Ask
    sources: Sources
    resolved: Resolved
    built: Built
    problems: tuple[Diagnostic, ...]

    @property
    def plan(self) -> dict[str, Any] | None:
        """The plan, if nothing forbids it."""
        return None if any(problem.severity == "error" for problem in self.problems) else self.built.plan


def make(ask: Ask, pipeline: Document | None = None, instead: Mapping[str, bytes] | None = None) -> Made:
    """Read, check, resolve, plan; `pipeline` is the file where it was read already; `instead` as Sources has it.

    Raises Refused where nothing can be planned at all (files that can't be read).
    """
    sources = Sources(find_root(ask.file), instead=instead)
    with uncollected():
        resolved = resolve(ask, sources, pipeline)
        built = build(resolved, sources)
        missing = gaps(built.plan, built.tree, resolved, sources) if built.plan is not None else []
        problems = unsilenced((*built.problems, *spoken(missing, ask.sets)))
    return Made(ask, sources, resolved, built, tuple(problems))


def made(args: argparse.Namespace) -> tuple[dict[str, Any], Made]:
    """The plan and all behind it. Raises Refused with every problem; warnings go to stderr."""
    result = make(ask_of(args))
    plan = result.plan
    if plan is None:
        raise Refused(list(result.problems))
    if result.problems:
        from runner.views.problems import show

        show(result.problems)
        sys.stderr.flush()
    return plan, result


def make_plan(args: argparse.Namespace) -> dict[str, Any]:
    """The plan alone."""
    return made(args)[0]

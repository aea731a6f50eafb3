"""The plan of a run: the one that was kept, if nothing that it was made from has changed, else made anew."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.commands.asking import ask_of
from runner.plan import kept
from runner.resolve.ask import Ask, find_root
from runner.rules.keys import written
from runner.text.sources import Sources

if TYPE_CHECKING:
    from runner.commands.making import Made
    from runner.plan.steps import Step
    from runner.run.resume import Parent
    from runner.text.diagnostics import Place


class Planned(NamedTuple):
    """A plan, its text, and what a run needs of its making; `behind` makes it all over again if need be."""

    ask: Ask
    root: Path
    plan: dict[str, Any]
    text: bytes
    plugins: Mapping[str, Mapping[str, Any]] | None
    behind: Callable[[], Made]

    def where(self, service: str) -> Place | None:
        """Where the settings of a service were written."""
        return self.behind().resolved.layers.written(service)

    def output(self, id: str, number: int) -> Place | None:
        """Where an output of a node was written."""
        return self.behind().built.tree.output(id, number)

    def secrets(self, id: str) -> Place | None:
        """Where the secrets of a node were named."""
        step = self.step(id)
        return step.place(("secrets",)) if step is not None else None

    def step(self, id: str) -> Step | None:
        """The step that became a node, as it was written."""
        return next((step for step in self.behind().built.tree.steps if step.id == id), None)


def planned(args: argparse.Namespace) -> Planned:
    """The plan that a verb's options ask for. Raises Refused with every problem; warnings go to stderr."""
    ask = ask_of(args)
    sources = Sources(find_root(ask.file))
    found = kept.find(ask, sources)
    if found is not None:
        if found.warnings:
            from runner.views.problems import show

            show(found.warnings)
        return Planned(ask, sources.root, found.plan, found.text, None, lambda: _again(ask))
    from runner.commands.making import made

    plan, behind = made(args)
    text = written(plan)
    if not args.dry_run and _keepable(plan, behind):
        kept.keep(ask, behind.sources, text, behind.problems)
    return Planned(ask, behind.sources.root, plan, text, behind.resolved.files.plugins, lambda: behind)


def parent_of(args: argparse.Namespace) -> Parent | None:
    """The run from which `--resume` goes on, what that was asked put into `args`; None without. Raises Refused."""
    if args.resume is None and not args.changed:
        return None
    from runner.commands.resuming import recall

    return recall(args)


def _again(ask: Ask) -> Made:
    from runner.commands.making import make

    return make(ask)


def _keepable(plan: Mapping[str, Any], behind: Made) -> bool:
    """What plug-ins and packages answer is not asked of Sources; what CUE answers can't be asked again for less."""
    from runner.flavors import BUILT_IN

    files, profile = behind.resolved.files, plan["profile"]
    groups = {"executor": "executors", "run-log": "run_logs", "catalog": "catalogs", "secrets": "secrets"}
    ours = all(profile[service]["type"] in BUILT_IN[group] for service, group in groups.items())
    others = behind.resolved.layers.others.values()
    ours = ours and all(other.service("executor").table["type"] in BUILT_IN["executors"] for other in others)
    chain = (*files.profiles, *(one for other in others for one in other.files.profiles))
    packed = any(":" in one.name and not one.name.startswith("std:") for one in chain)
    return ours and not packed and not files.plugins and not files.library.packed and behind.sources.again()

"""Folders that steps of this machine need and that are not there: seen before the run, as far as nobody makes them."""

from __future__ import annotations

from collections.abc import Iterator

from runner.plan.steps import Step, Tree
from runner.text.diagnostics import Diagnostic, diagnose
from runner.text.sources import Sources

WHAT = {"runtime": "runtime", "workdir": "folder"}
HINTS = {
    "runtime": "make it: `python -m venv {path}`, and install there what the step imports",
    "workdir": "make it, or let a step write below it",
}


def lacking(step: Step, tree: Tree, sources: Sources) -> Iterator[Diagnostic]:
    """`runtime` and `workdir` of a task that no step writes to, either."""
    for key in ("runtime", "workdir"):
        said = step.table.get(key)
        path = said.get("file") if isinstance(said, dict) and said.get("type") == "venv" else said
        if not isinstance(path, str) or "$" in path or sources.exists(sources.root / path):
            continue
        start = path.removeprefix("./").rstrip("/")
        if any(str(entry["raw"]).startswith(start) for one in tree.steps for entry in one.writes):
            continue
        hint = HINTS[key].format(path=path)
        yield diagnose("W612", step.place((key,)), what=WHAT[key], path=path, hint=hint)

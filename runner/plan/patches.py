"""Patches of a mock (`[executor.steps]`) that meet no step, or say what their step can't give."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from runner.plan.steps import Tree
from runner.resolve.layers import Laid, shared
from runner.text.diagnostics import Diagnostic, diagnose

Table = dict[str, Any]
ITEM = re.compile(r"\[[^\]]*\]|#[0-9]+")  # of a label: items and rounds


def patches(said: Table, tree: Tree, laid: Laid) -> Iterator[Diagnostic]:
    """Problems of a table of patches. laid: the executor's table, as profiles say it."""
    reducers = {f"{step.path}!reduce" for step in tree.steps if "reduce" in step.table}
    tasks = {step.path: [entry["name"] for entry in step.returns] for step in tree.steps if step.task}
    for name, patch in said.items():
        path = ITEM.sub("", name)
        met = [one for one in tasks if one == path or ("*" in name and fnmatchcase(one, name))]
        if not met and path not in reducers and not _passed_over(laid, name):
            group = next((step for step in tree.steps if step.path == path), None)
            if "*" in name:
                yield diagnose("W618", laid.place(("steps", name), "key"), name=name)
            elif group is not None:
                hint = f'`[executor.steps."{path}.*"]` means all steps inside'
                yield diagnose("E618", laid.place(("steps", name), "key"), name=name, hint=hint)
            else:
                yield diagnose("E618", laid.place(("steps", name), "key"), name=name, **tree.guess(path, tasks))
        if "exit" in patch and patch.get("status", "failed") != "failed":
            yield diagnose("E620", laid.place(("steps", name, "exit"), "key"), status=patch["status"])
        known = dict.fromkeys(given for one in met for given in tasks[one])
        for given in patch.get("returns") or () if met else ():
            if given not in known:
                place, near = laid.place(("steps", name, "returns", given), "key"), tree.guess(given, known)
                yield diagnose("E619", place, step=name, name=given, **near)


def _passed_over(laid: Laid, name: str) -> bool:
    """Whether a profile of several pipelines says a patch (N34)."""
    layer = laid.origin(("steps", name))
    return layer is not None and layer.doc is not None and shared(layer.doc)

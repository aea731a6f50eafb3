"""What can't be handed to a process (N46), and Python that an isolated step would not find (N38)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.plan.steps import Step, Tree
from runner.resolve.layers import Keys
from runner.rules.paths import matches
from runner.text.diagnostics import Diagnostic, diagnose
from runner.text.sources import Sources

TEXTS = ("shell", "command", "interpreter", "env")  # of a step, handed over as they are


def processes(tree: Tree, sources: Sources) -> Iterator[Diagnostic]:
    """Problems of all tasks."""
    isolated = [step for step in tree.steps if step.table.get("isolate") is True and "python" in step.table]
    listed = sources.listed() if isolated else None
    if listed is not None:
        travels = frozenset(listed)
        for step in isolated:
            yield from unseen(step, travels, sources)
    for step in tree.steps:
        if step.task:
            for key in TEXTS:
                for keys, text in texts(step.table.get(key), (key,)):
                    if "\0" in text:
                        yield diagnose("E320", step.place(keys), what=".".join(str(one) for one in keys))


def texts(value: Any, keys: Keys) -> Iterator[tuple[Keys, str]]:
    """All text of a value of one or two levels, with where it stands."""
    if isinstance(value, str):
        yield keys, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for spot, item in inner:
        if isinstance(item, str):
            yield (*keys, spot), item


def unseen(step: Step, travels: frozenset[str], sources: Sources) -> Iterator[Diagnostic]:
    """Modules of an isolated Python step that neither travel with the project nor are named in `inputs`."""
    from runner.resolve.signatures import imports

    named = [entry["pattern"] for entry in step.reads if isinstance(entry.get("pattern"), str)]
    for file in imports(sources.root, str(step.table["python"]).partition(":")[0], sources):
        if file not in travels and not any(matches(pattern, file) for pattern in named):
            yield diagnose("E321", step.place(("python",)), file=file)

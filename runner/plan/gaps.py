"""What a plan asks and its executor can't do (DESIGN 4), and stores that its steps can't reach (DESIGN 3.4)."""

from __future__ import annotations

from typing import Any

from runner.plan.steps import Tree
from runner.resolve.resolved import Resolved
from runner.text.diagnostics import Diagnostic, diagnose

Table = dict[str, Any]
LOCAL = frozenset({"map", "choice", "handlers", "finally", "loop", "isolate"})


def gaps(plan: Table, tree: Tree, resolved: Resolved) -> list[Diagnostic]:
    """One pass over all steps for all executors; each gap points at the key that asks."""
    from runner.plugins import find

    plugins = resolved.files.plugins
    laid = resolved.layers.service("executor")
    name = str(plan["profile"]["executor"]["type"])
    flavor = find("executors", name, plugins, laid.place(("type",)) if laid.origin(("type",)) else None)
    can: frozenset[str] = frozenset(getattr(flavor, "capabilities", ()) or LOCAL)
    found: list[Diagnostic] = []
    for step in tree.steps:
        if step.kind == "container" and "containers" not in can:
            found.append(
                diagnose(
                    "E610",
                    step.place(("container",), "key"),
                    executor=name,
                    what="a `container` step",
                    hint="choose an executor that runs images, such as `docker`",
                )
            )
        if "profile" in step.table:
            found.append(
                diagnose(
                    "E610", step.place(("profile",), "key"), executor=name, what="a step that another profile runs"
                )
            )
        runtime = step.table.get("runtime")
        if (
            isinstance(runtime, dict)
            and runtime.get("type") == "conda"
            and str(runtime.get("file", "")).endswith((".yaml", ".yml"))
            and can is LOCAL
        ):
            found.append(diagnose("W610", step.place(("runtime",)), file=str(runtime["file"])))
    return found

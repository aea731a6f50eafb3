"""What a plan asks and its executor can't do (DESIGN 4), and stores that its steps can't reach (DESIGN 3.4)."""

from __future__ import annotations

from typing import Any

from runner.plan.services import OTHERS
from runner.plan.steps import Step, Tree
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
    found = [diagnose("W611", resolved.layers.service(service).place((), "header"), service=service, executor=name)
             for service in OTHERS if service in plan["profile"] and service not in can]  # fmt: skip
    for step in tree.steps:
        found += _of_step(step, name, can)
    return found


def _of_step(step: Step, executor: str, can: frozenset[str]) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    if step.kind == "container" and "containers" not in can:
        hint = "choose an executor that runs images, such as `docker`"
        place = step.place(("container",), "key")
        found.append(diagnose("E610", place, executor=executor, what="a `container` step", hint=hint))
    if "profile" in step.table:
        place = step.place(("profile",), "key")
        found.append(diagnose("E610", place, executor=executor, what="a step that another profile runs"))
    runtime = step.table.get("runtime")
    file = str(runtime.get("file", "")) if isinstance(runtime, dict) and runtime.get("type") == "conda" else ""
    if file.endswith((".yaml", ".yml")) and "environments" not in can:
        found.append(diagnose("W610", step.place(("runtime",)), file=file))
    return found

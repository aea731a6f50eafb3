"""What a plan asks and its executor can't do (DESIGN 4), and stores that its steps can't reach (DESIGN 3.4)."""

from __future__ import annotations

from typing import Any

from runner.plan.mocked import PRETEND
from runner.plan.patches import patches
from runner.plan.services import OTHERS
from runner.plan.steps import Step, Tree
from runner.resolve.resolved import Resolved
from runner.text.diagnostics import Diagnostic, diagnose

Table = dict[str, Any]
STORES = {"run-log": "run_logs", "catalog": "catalogs"}


def gaps(plan: Table, tree: Tree, resolved: Resolved) -> list[Diagnostic]:
    """One pass over all steps for all executors; each gap points at the key that asks."""
    from runner.plugins import find

    plugins = resolved.files.plugins
    laid = resolved.layers.service("executor")
    name = str(plan["profile"]["executor"]["type"])
    flavor = find("executors", name, plugins, laid.place(("type",)) if laid.origin(("type",)) else None)
    can = frozenset(flavor.more)
    found = [diagnose("W611", resolved.layers.service(service).place((), "header"), service=service, executor=name)
             for service in OTHERS if service in plan["profile"] and not {service, PRETEND} & can]  # fmt: skip
    if PRETEND in can:
        found += patches(plan["profile"]["executor"].get("steps") or {}, tree, laid)
    found += _unreached(plan, resolved, name, flavor.reach)
    for step in tree.steps:
        found += _of_step(step, name, can)
    return found


def _unreached(plan: Table, resolved: Resolved, executor: str, who: tuple[str, ...]) -> list[Diagnostic]:
    """Stores that the steps of an executor have to reach and can't; each points at the choice of the store."""
    from runner.plugins import every, find

    found: list[Diagnostic] = []
    for service, group in STORES.items():
        kind, plugins = str(plan["profile"][service]["type"]), resolved.files.plugins
        there = find(group, kind, plugins).reach
        if not there or set(who) <= set(there):
            continue
        fit = [f"`{flavor.name}`" for flavor in every(group, plugins)[0] if set(who) <= set(flavor.reach)]
        place = resolved.layers.written(service) or resolved.layers.written("executor")
        args: Table = {"executor": executor, "service": service.replace("-", " "), "kind": kind}
        found.append(diagnose("E612", place, hint=f"say `{service}.type`: {' or '.join(fit)}", **args))
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

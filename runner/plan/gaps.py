"""What a plan asks and its executor can't do (DESIGN 4), and stores that its steps can't reach (DESIGN 3.4)."""

from __future__ import annotations

from typing import Any

from runner.plan.mocked import PRETEND
from runner.plan.nearby import holder
from runner.plan.patches import patches
from runner.plan.services import OTHERS
from runner.plan.steps import Step, Tree
from runner.resolve.resolved import Resolved
from runner.text.diagnostics import Diagnostic, diagnose

Table = dict[str, Any]
WHERE = {"submitter": "on this machine", "place": "in the cluster"}
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
    found += _unseen(plan, resolved, name) if "volumes" in can else []
    if PRETEND not in can:
        found += _unknown(plan, resolved, name, "place" if "volumes" in can else "submitter")
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


def _unseen(plan: Table, resolved: Resolved, executor: str) -> list[Diagnostic]:
    """Stores in folders that no volume shows to pods (DESIGN 3.4)."""
    found: list[Diagnostic] = []
    for service in STORES:
        path = plan["profile"][service].get("path")
        if path is None or holder(plan["profile"], path) is not None:
            continue
        mounts = [one["mount"] for one in plan["profile"].get("volumes", {}).values() if one.get("mount")]
        hint = (
            f"say a path below {' or '.join(f'`{mount}`' for mount in mounts)}: `{service}.path`"
            if mounts
            else 'say where: `[volumes.data]` with `claim = "NAME"`, `mount = "/mnt"`, and a path below it'
        )
        place = resolved.layers.written(service) or resolved.layers.written("executor")
        args: Table = {"executor": executor, "service": service.replace("-", " "), "path": path}
        found.append(diagnose("E613", place, hint=hint, **args))
    return found


def _unknown(plan: Table, resolved: Resolved, executor: str, where: str) -> list[Diagnostic]:
    """Secrets whose provider knows them elsewhere than the executor needs them, and those that have no home."""
    from runner.plugins import every, find

    laid, kind = resolved.layers.service("secrets"), str(plan["profile"]["secrets"]["type"])
    names = {entry["name"] for node in plan["nodes"].values() for entry in _declared(node)}
    reach = find("secrets", kind, resolved.files.plugins).reach
    if not names or not reach:
        return []
    if where not in reach:
        fit = [f"`{one.name}`" for one in every("secrets", resolved.files.plugins)[0] if where in one.reach]
        place = resolved.layers.written("secrets") or resolved.layers.written("executor")
        args: Table = {"executor": executor, "kind": kind, "where": WHERE[reach[0]]}
        return [diagnose("E614", place, hint=f"say `secrets.type`: {' or '.join(fit)}", **args)]
    settings = plan["profile"]["secrets"]
    lost = sorted(names - set(settings.get("map") or ())) if where == "place" and not settings.get("secret") else []
    return [diagnose("E615", laid.place((), "header"), name=name) for name in lost]


def _declared(part: Table) -> list[Table]:
    while "body" in part:
        part = part["body"]
    found: list[Table] = part.get("do", {}).get("secrets", [])
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

"""What a plan asks and its executor can't do (DESIGN 4), and stores that its steps can't reach (DESIGN 3.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from runner.plan.lacking import lacking
from runner.plan.mocked import PRETEND
from runner.plan.nearby import holder
from runner.plan.patches import patches
from runner.plan.services import OTHERS
from runner.plan.steps import Step, Tree
from runner.plan.ticks import ticks
from runner.plugins import Flavor, every, find, gaps as teller
from runner.resolve.layers import Layers, packed
from runner.resolve.resolved import Resolved
from runner.text.diagnostics import Diagnostic, Place, diagnose
from runner.text.sources import Sources

Table = dict[str, Any]
WHERE = {"submitter": "on this machine", "place": "in the cluster"}
STORES = {"run-log": "run_logs", "catalog": "catalogs"}


def gaps(plan: Table, tree: Tree, resolved: Resolved, sources: Sources) -> list[Diagnostic]:
    """One pass over all steps for all executors; each gap points at the key that asks."""
    layers = resolved.layers
    flavor = _flavor(layers, plan["profile"])
    found = [diagnose("W611", layers.service(one).place((), "header"), service=one, executor=flavor.name)
             for one in OTHERS if one in plan["profile"] and not {one, PRETEND}.intersection(flavor.more)]  # fmt: skip
    flavors = {"": flavor}
    found += _of_place(plan, tree, resolved, "", flavor)
    for name, table in plan.get("profiles", {}).items():
        flavors[name] = _flavor(layers.others[name], table)
        if not _whole(flavors[name]):  # of those nothing else needs to be said
            found += _of_place(plan, tree, resolved, name, flavors[name])
    found += _alone(flavors, tree)
    found += _imageless(plan, tree, flavors)
    for step in tree.steps:
        if step.task:
            where = flavors[tree.sent(step) or ""]
            found += _of_step(step, where)
            if not (where.far or {"containers", "carries", "form", PRETEND}.intersection(where.more)):
                found += lacking(step, tree, sources)
        elif _sent_as_a_whole(step) and not resolved.ask.mock:
            found.append(diagnose("E621", step.place(("profile",), "key"), step=step.path))
    found += ticks(plan["profile"], layers)
    if "form" in flavor.more:
        found += _of_form(plan, tree, flavor)
    return found


def _of_form(plan: Table, tree: Tree, flavor: Flavor) -> list[Diagnostic]:
    """What the form of a platform can't say; each points at the key that asks."""
    steps: dict[str | None, Step] = {step.id: step for step in tree.steps}

    def place(id: str | None, keys: tuple[str, ...]) -> Place | None:
        if id in steps:
            return steps[id].place(keys)
        return tree.doc.place(("name",)) if "name" in tree.doc.data else None

    tell = teller(flavor)
    return [
        diagnose(code, place(id, keys), **{"executor": flavor.name, **args})
        for code, id, keys, args in (tell(plan) if tell is not None else ())
    ]


def _flavor(layers: Layers, profile: Table) -> Flavor:
    laid = layers.service("executor")
    place = laid.place(("type",)) if laid.origin(("type",)) else None
    return find("executors", str(profile["executor"]["type"]), layers.files.plugins, place)


def _of_place(plan: Table, tree: Tree, resolved: Resolved, name: str, flavor: Flavor) -> list[Diagnostic]:
    """Of one executor: what its steps can't reach. name: the profile to which they are sent, "" for the run's own."""
    profile, layers = plan["profiles"][name] if name else plan["profile"], resolved.layers.others.get(name)
    if PRETEND in flavor.more:
        laid = (layers or resolved.layers).service("executor")
        return list(patches(profile["executor"].get("steps") or {}, tree, laid))
    sent = next((step.place(("profile",)) for step in tree.steps if tree.sent(step) == name), None)
    found = _unreached(plan, resolved, flavor, sent)
    found += (
        _unseen(plan, resolved, flavor.name)
        if flavor.far
        else list(_unlike(profile, flavor, layers or resolved.layers))
    )
    does = {
        id: do for id, do in ((id, _do(node)) for id, node in plan["nodes"].items()) if do.get("profile", "") == name
    }
    declared = {entry["name"]: id for id, do in reversed(does.items()) for entry in do.get("secrets", ())}

    def asks(secret: str) -> Place | None:
        return next((step.place(("secrets",)) for step in tree.steps if step.id == declared[secret]), None)

    return found + _unknown(plan, resolved, flavor.name, "place" if flavor.far else "submitter", set(declared), asks)


def _unlike(profile: Table, flavor: Flavor, layers: Layers) -> Iterator[Diagnostic]:
    """Volumes of a kind that only clusters have."""
    laid = layers.service("volumes")
    for name, volume in profile.get("volumes", {}).items() if "volumes" in flavor.more and not flavor.far else ():
        for key in ("secret", "config-map", *(() if "here" in volume else ("sub-path",))):
            if key in volume:
                yield diagnose("E626", laid.place((name, key), "key"), key=key, executor=flavor.name)


def _whole(flavor: Flavor) -> bool:
    """Whether a run of this executor has no others."""
    return flavor.far or "form" in flavor.more


def _alone(flavors: dict[str, Flavor], tree: Tree) -> list[Diagnostic]:
    """Executors that take a pipeline as a whole, or whose stores this machine may not see, in a run that has others."""
    real = {name: flavor for name, flavor in flavors.items() if PRETEND not in flavor.more}
    found: list[Diagnostic] = []
    for name, flavor in real.items() if len(real) > 1 else ():
        if _whole(flavor):
            first = next(step for step in tree.steps if tree.sent(step) and (not name or tree.sent(step) == name))
            found.append(diagnose("E622", first.place(("profile",)), executor=flavor.name))
    return found


def _imageless(plan: Table, tree: Tree, flavors: dict[str, Flavor]) -> list[Diagnostic]:
    """The first step of each executor of containers for which nobody names an image."""
    found: dict[str, Diagnostic] = {}
    for step in tree.steps:
        name = tree.sent(step) or ""
        profile = plan["profiles"][name] if name else plan["profile"]
        more = flavors[name].more
        bare = step.task and step.kind not in ("container", "stub") and "image" not in step.table
        needs = (bare and {"containers", "carries"} & set(more)) or (step.kind == "container" and "carries" in more)
        named = profile["executor"].get("image") or ("build" in profile and "build" in more)
        if needs and PRETEND not in more and not named:
            args: Table = {"step": step.path, "executor": flavors[name].name}
            found.setdefault(name, diagnose("E623", step.place((str(step.kind),), "key"), **args))
    return list(found.values())


def _sent_as_a_whole(step: Step) -> bool:
    """Whether a group is named to be sent elsewhere; a pattern means what is inside it."""
    said = step.laid.origin(("profile",)) if "profile" in step.table else None
    return said is not None and "*" not in said.keys[-1]


def _unreached(plan: Table, resolved: Resolved, flavor: Flavor, sent: Place | None) -> list[Diagnostic]:
    """Stores that the steps of an executor have to reach and can't; each points at the choice of the store, or where
    steps were sent to that executor."""
    found: list[Diagnostic] = []
    who = set(flavor.reach)
    for service, group in STORES.items():
        kind, plugins = str(plan["profile"][service]["type"]), resolved.files.plugins
        there = find(group, kind, plugins).reach
        if not there or who <= set(there):
            continue
        fit = [f"`{store.name}`" for store in every(group, plugins)[0] if who <= set(store.reach)]
        place = sent or resolved.layers.written(service) or resolved.layers.written("executor")
        args: Table = {"executor": flavor.name, "service": service.replace("-", " "), "kind": kind}
        found.append(diagnose("E612", place, hint=f"say `{service}.type`: {' or '.join(fit)}", **args))
    return found


def _unseen(plan: Table, resolved: Resolved, executor: str) -> list[Diagnostic]:
    """Stores in folders that no volume shows to pods (DESIGN 3.4)."""
    found: list[Diagnostic] = []
    for service in STORES:
        path = plan["profile"][service].get("path")
        volume = holder(plan["profile"], path) if path is not None else None
        if path is None or volume is not None:
            found += _unfit(plan["profile"], resolved, service, volume) if volume is not None else []
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


def _unfit(profile: Table, resolved: Resolved, service: str, volume: Table) -> list[Diagnostic]:
    """A volume that a store lies on and that pods do not share, or may not write to."""
    name = next(name for name, one in profile["volumes"].items() if one is volume)
    locked = volume.get("read-only") or volume.get("secret") or volume.get("config-map")
    what = "read-only" if locked else "" if volume.get("claim") or volume.get("here") else "empty in each pod"
    place = resolved.layers.service("volumes").place((name, "read-only" if volume.get("read-only") else "mount"))
    args: Table = {"service": service.replace("-", " "), "volume": name, "what": what}
    return [diagnose("E627", place, path=profile[service]["path"], **args)] if what else []


def _unknown(
    plan: Table, resolved: Resolved, executor: str, where: str, names: set[str], asks: Callable[[str], Place | None]
) -> list[Diagnostic]:
    """Secrets whose provider knows them elsewhere than the executor needs them, and those that have no home. names:
    what its steps declare; asks: where one of them does."""
    laid, kind = resolved.layers.service("secrets"), str(plan["profile"]["secrets"]["type"])
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
    ours = laid.origin(())
    here = laid.place((), "header") if ours is not None and not packed(ours.label) else None
    return [diagnose("E615", here or asks(name), name=name, file="" if here else _yours(resolved)) for name in lost]


def _yours(resolved: Resolved) -> str:
    """The file of the user's that may say what a shipped profile leaves open."""
    for chosen in resolved.files.profiles[-1:]:
        return (
            f', in a profile with `extends = "{chosen.name}"`' if packed(chosen.name) else f", in `{chosen.doc.path}`"
        )
    return ", in a profile"


def _do(part: Table) -> Table:
    while "body" in part:
        part = part["body"]
    found: Table = part.get("do", {})
    return found


def _of_step(step: Step, flavor: Flavor) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    if step.kind == "container" and "carries" in flavor.more:
        if "command" not in step.table["container"]:
            what, hint = "start what the image does by itself", "write the words of its entry point as `command`"
            place = step.place(("container",), "key")
            found.append(diagnose("E616", place, executor=flavor.name, what=what, hint=hint))
    elif step.kind == "container" and "containers" not in flavor.more:
        hint = "choose a profile whose executor runs images, such as `--profile std:docker`"
        place = step.place(("container",), "key")
        found.append(diagnose("E610", place, executor=flavor.name, what="a `container` step", hint=hint))
    runtime = step.table.get("runtime")
    file = str(runtime.get("file", "")) if isinstance(runtime, dict) and runtime.get("type") == "conda" else ""
    if file.endswith((".yaml", ".yml")) and "environments" not in flavor.more:
        found.append(diagnose("W610", step.place(("runtime",)), file=file))
    return found

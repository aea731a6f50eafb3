"""The services of a run, found as flavors and opened: executor, run log, secrets (DESIGN 6)."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from runner.plan.nearby import Beyond
from runner.plugins import find, load
from runner.rules.last import LAST
from runner.text.diagnostics import Diagnostic, Place, Refused, diagnose

if TYPE_CHECKING:
    from runner.run.several import Several
    from runner.run.stock import Pool

Table = dict[str, Any]
Plugins = Mapping[str, Mapping[str, Any]] | None


def implementation(group: str, settings: Table, plugins: Plugins) -> Any:
    """The class of a service by the `type` of its settings. Raises Refused (E8xx)."""
    return load(find(group, str(settings["type"]), plugins))


Where = Callable[[str], Place | None]  # where the settings of a service were written


def nowhere(service: str) -> None:
    """For settings that nobody wrote, or that a record holds."""


def open_store(
    settings: Table, root: Path, run: str, plugins: Plugins = None, write: bool = True, where: Where = nowhere
) -> Any:
    """The run log of one run. Raises Refused (E702; its cause is Busy where another process writes it)."""
    from runner.store.journal import Busy

    try:
        return implementation("run_logs", settings, plugins).open(settings, str(root), run, write)
    except (OSError, Busy) as error:
        what = (
            "another live process writes it" if isinstance(error, Busy) else getattr(error, "strerror", None) or error
        )
        why = f"{what}: `{settings.get('path') or settings['type']}`"
        raise Refused([diagnose("E702", where("run-log"), why=why)]) from error


def open_catalog(settings: Table, root: Path, plugins: Plugins = None, where: Where = nowhere) -> Any:
    """The catalog of a profile. Raises Refused (E703)."""
    if settings.get("beyond"):
        return Beyond()
    try:
        return implementation("catalogs", settings, plugins).open(settings, str(root))
    except OSError as error:
        why = f"{error.strerror or error}: `{settings.get('path') or settings['type']}`"
        raise Refused([diagnose("E703", where("catalog"), why=why)]) from None


def open_executor(settings: Table, catalog: Any, env: Mapping[str, str], plugins: Plugins = None) -> Any:
    """The executor of a profile; outputs of its steps go into the catalog. Raises Refused (E752): it starts nothing."""
    found = implementation("executors", settings, plugins)
    if not hasattr(found, "start"):
        raise Refused([diagnose("E752", None, executor=settings["type"])])
    return found(settings=settings, catalog=catalog, environ=env)


class Services(NamedTuple):
    """What a run works with; secrets: values by name."""

    executor: Any
    catalog: Any
    secrets: dict[str, str]

    def pools(self) -> list[Pool]:
        """What steps may take in all (`resources`), as far as it is counted."""
        from runner.run.stock import Pool

        if hasattr(self.executor, "pools"):
            return list(self.executor.pools())
        stock = self.executor.stock()
        return [Pool(("",), stock)] if stock else []


def open_services(
    plan: Table,
    selected: frozenset[str] | None,
    root: Path,
    plugins: Plugins = None,
    where: Where = nowhere,
    asks: Where = nowhere,
) -> Services:
    """Executors, catalog and secrets of a plan's profile. asks: where a node names its secrets, by id. Raises Refused
    before anything has run."""
    profile = plan["profile"]
    secrets = read_secrets(plan, selected, root, os.environ, plugins, asks)
    env = {name: text for name, text in os.environ.items() if name not in secrets.variables}
    catalog = open_catalog(profile["catalog"], root, plugins, where)
    sent = {} if "profiles" not in plan else sent_to(plan, selected)
    if not any(sent.values()):
        executor = open_executor(profile["executor"], catalog, env, plugins)
    else:
        executor = several(plan, sent, catalog, env, plugins)
    if hasattr(executor, "ready"):
        executor.ready(plan, list(declared(plan, selected)))
    return Services(executor, catalog, secrets.values)


def several(plan: Table, sent: Mapping[str, str], catalog: Any, env: Mapping[str, str], plugins: Plugins) -> Several:
    """The executors of a run that has more than one. sent: as `sent_to` gives it."""
    from runner.run.several import Member, Several

    members: dict[str, Member] = {}
    profile = plan["profile"]
    for name in dict.fromkeys(sent.values()):
        settings = plan["profiles"][name]["executor"] if name else profile["executor"]
        apart = "step" in find("executors", str(settings["type"]), plugins).reach
        members[name] = Member(open_executor(settings, catalog, env, plugins), grace_of(settings), apart)
    return Several(members, sent, catalog)


def grace_of(executor: Table) -> float:
    """How long steps may take to end when they are stopped, in seconds."""
    from runner.agent.call import DEFAULT_GRACE
    from runner.model.units import seconds

    grace = executor.get("grace")
    return seconds(grace) if grace else DEFAULT_GRACE


def sent_to(plan: Table, selected: frozenset[str] | None) -> dict[str, str]:
    """By id of each task that may run, the profile that runs it, "" for the run's own."""
    found: dict[str, str] = {}
    for id, node in plan["nodes"].items():
        part = node
        while "body" in part:
            part = part["body"]
        if "do" in part and (selected is None or id in selected or "!" in node["path"]):
            found[id] = part["do"].get("profile", "")
    return found


def declared(plan: Table, selected: frozenset[str] | None) -> dict[str, list[str]]:
    """By name of each secret that the steps of a run declare, the ids of those."""
    found: dict[str, list[str]] = {}
    for id, node in plan["nodes"].items():
        if selected is not None and id not in selected:
            continue
        part = node
        while "body" in part:
            part = part["body"]
        for entry in part.get("do", {}).get("secrets", ()):
            found.setdefault(entry["name"], []).append(id)
    return found


class Secrets(NamedTuple):
    """Values of secrets by name, and the variables of the caller that hold them: steps do not inherit those."""

    values: dict[str, str]
    variables: frozenset[str]


def read_secrets(
    plan: Table,
    selected: frozenset[str] | None,
    root: Path,
    env: Mapping[str, str],
    plugins: Plugins = None,
    asks: Where = nowhere,
) -> Secrets:
    """All secrets that a run declares, before anything runs; none of those that only the place of steps knows.

    Raises Refused (E701) with every one that is missing.
    """
    from runner.resolve.secrets import Env, SecretError

    settings, wanted = plan["profile"]["secrets"], declared(plan, selected)
    if not wanted or find("secrets", str(settings["type"]), plugins).reach == ("place",):
        return Secrets({}, frozenset())
    provider = implementation("secrets", settings, plugins)(settings, root, env)
    values: dict[str, str] = {}
    problems: list[Diagnostic] = []
    for name, ids in wanted.items():
        try:
            values[name] = provider.get(name)
        except SecretError as error:
            hint = "export it, or say in a profile's `[secrets]` where it is" if isinstance(provider, Env) else None
            who = _who(list(dict.fromkeys(plan["nodes"][id]["path"] for id in ids)))
            problems.append(diagnose("E701", asks(ids[0]), why=str(error), who=who, hint=hint))
    if problems:
        raise Refused(problems)
    variables = getattr(provider, "variable", None)
    return Secrets(values, frozenset(map(variables, wanted)) if variables else frozenset())


def _who(paths: list[str]) -> str:
    """`load` and `store` need it."""
    *some, last = [f"`{path.removesuffix(LAST)}`" for path in paths]
    if len(some) > 2:
        some, last = some[:2], f"{len(some) - 1} more"
    return f"{', '.join(some)} and {last} need it" if some else f"{last} needs it"

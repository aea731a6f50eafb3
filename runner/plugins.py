"""Plug-ins: which flavors of executor, run log, catalog, secrets... there are, found without importing what they need.

Ours stand in a generated table (`runner/flavors.py`); installed distributions are scanned only for names that it lacks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib import import_module
from types import SimpleNamespace
from typing import Any, NamedTuple

from runner.contracts import CONTRACT, lacking
from runner.flavors import BUILT_IN
from runner.guard import Guard, Whose
from runner.text.diagnostics import Place, Refused, diagnose

PROJECT = "runner.toml"
OURS = "runner-up"
GROUPS = ("executors", "run_logs", "catalogs", "secrets", "serialisers", "views", "blocks")
Asked = Mapping[str, Mapping[str, Any]]  # `[plugins]` of runner.toml: group -> name -> "module:Class"


class Flavor(NamedTuple):
    """One kind of service. settings and implementation are import paths, "module:Class". reach: of a store, who can
    get at it; of an executor, who has to: `driver` the process that runs the pipeline, `step` processes of steps; empty
    where nobody says; of a provider of secrets, where it knows them: the `submitter`, the `place` of steps.
    more: what this executor can do and not every one: run `containers`, or bring what it needs into the images of
    `container` steps (`carries`), make `environments`, mind `volumes`, `build`, `schedule` of a profile, tell what its
    `form` of a pipeline can't say, `pretend` to run (what it did is nobody's to go on from). gaps: the path of a
    function that tells what the form can't say, which `check` imports, and not the implementation. contract: the
    version of `runner.contracts` that it was written for."""

    name: str
    settings: str | None
    implementation: str
    aliases: tuple[str, ...] = ()
    about: str = ""
    defaults: Mapping[str, Any] = {}  # of its settings; filled for ours
    required: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    reach: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    gaps: str = ""
    origin: str = OURS  # the distribution, or `runner.toml`
    group: str = ""  # of ours nobody asks
    contract: int = 1

    @property
    def far(self) -> bool:
        """Of an executor: whether its steps see folders by volumes alone, and nothing of this machine."""
        return "volumes" in self.more and "driver" not in self.reach


def find(group: str, name: str, plugins: Asked | None = None, place: Place | None = None) -> Flavor:
    """The flavor that a name or alias stands for. Raises Refused (E8xx): unknown, or a plug-in that can't be loaded."""
    flavor = _named(group, name, plugins, place)
    if flavor is not None:
        return flavor
    from runner.text.diagnostics import near

    known = names(group, plugins)
    like = near(name, known)
    hint = f"did you mean `{like}`?" if like else "there are " + ", ".join(f"`{word}`" for word in known)
    raise Refused([diagnose("E801", place, group=_word(group), name=name, hint=hint if known else None)])


def known(group: str, name: str, plugins: Asked | None = None) -> bool:
    """Whether anybody registers that name; nothing of it is imported."""
    return _built_in(group, name) is not None or name in _kebab(plugins, group) or name in _installed(group)


def names(group: str, plugins: Asked | None = None) -> list[str]:
    """Every name of a group: ours, the project's, those of installed distributions."""
    return sorted({*BUILT_IN.get(group, {}), *_kebab(plugins, group), *_installed(group)})


def every(group: str, plugins: Asked | None = None) -> tuple[list[Flavor], list[Any]]:
    """All flavors of a group, and a diagnostic for each plug-in that is broken."""
    found, problems = [], []
    for name in names(group, plugins):
        try:
            found.append(find(group, name, plugins))
        except Refused as refused:
            problems += refused.problems
    return found, problems


def load(flavor: Flavor, place: Place | None = None) -> Any:
    """The implementation of a flavor; a stranger's behind a Guard. Raises Refused (E802) naming its distribution."""
    found = _object(flavor.implementation, flavor.origin, place)
    if flavor.origin == OURS:
        return found
    missing = lacking(flavor.group, found)
    if missing:
        problem = f"it has no {', '.join(f'`{name}`' for name in missing)}"
        raise Refused([diagnose("E802", place, path=flavor.implementation, origin=flavor.origin, problem=problem)])
    return _guarded(found, flavor)


def gaps(flavor: Flavor) -> Any:
    """The function that tells what a platform can't do, of a plan; None where nobody says. Raises Refused (E802)."""
    found = _object(flavor.gaps, flavor.origin, None) if flavor.gaps else None
    if found is None or flavor.origin == OURS:
        return found
    return _guarded(SimpleNamespace(gaps=lambda plan: list(found(plan))), flavor).gaps


def settings(flavor: Flavor, place: Place | None = None) -> Any:
    """The attrs class of a flavor's settings; None where it takes any. Raises Refused (E802)."""
    return _object(flavor.settings, flavor.origin, place) if flavor.settings else None


def _guarded(found: Any, flavor: Flavor) -> Guard:
    return Guard(found, Whose(_word(flavor.group), flavor.name, flavor.origin))


def _named(group: str, name: str, plugins: Asked | None, place: Place | None) -> Flavor | None:
    own = _kebab(plugins, group).get(name)
    if own is not None:
        return _flavor(group, name, str(own), PROJECT, place)
    built_in = _built_in(group, name)
    if built_in is not None:
        return built_in
    entries = _installed(group).get(name)
    if entries is None:
        return None
    if len(entries) > 1:
        some = " and ".join(sorted(map(_origin, entries)))
        raise Refused(
            [diagnose("E805", place, group=_word(group), name=name, some=some, table=group.replace("_", "-"))]
        )
    return _flavor(group, name, entries[0].value, _origin(entries[0]), place)


def _built_in(group: str, name: str) -> Flavor | None:
    for own, row in BUILT_IN.get(group, {}).items():
        if name == own or name in row[2]:
            return Flavor(own, *row)
    return None


def _flavor(group: str, name: str, path: str, origin: str, place: Place | None) -> Flavor:
    """What `module:object` names: a Flavor, or an implementation that may have `Settings` in it."""
    thing = _object(path, origin, place)
    if isinstance(thing, Flavor):
        if thing.contract != CONTRACT:
            args: dict[str, Any] = {"group": _word(group), "name": name, "origin": origin}
            raise Refused([diagnose("E804", place, made=thing.contract, here=CONTRACT, **args)])
        return thing._replace(name=name, origin=origin, group=group)
    if not callable(thing):
        raise Refused([diagnose("E802", place, path=path, origin=origin, problem="is neither a Flavor nor a class")])
    inner = getattr(thing, "Settings", None)
    return Flavor(
        name,
        f"{path}.Settings" if inner is not None else None,
        path,
        about=_first_line(thing),
        more=("form",) if hasattr(thing, "emit") and not hasattr(thing, "start") else (),
        origin=origin,
        group=group,
    )


def _object(path: str, origin: str, place: Place | None) -> Any:
    module, _, name = path.partition(":")
    if origin == PROJECT:
        _see_project()
    try:
        thing: Any = import_module(module)
        for part in name.split(".") if name else []:
            thing = getattr(thing, part)
    except Exception as fault:  # whatever a stranger's module raises while it is imported
        problem = f"{type(fault).__name__}: {fault}".rstrip(": ")
        raise Refused([diagnose("E802", place, path=path, origin=origin, problem=problem)]) from None
    return thing


def _see_project() -> None:
    """Make the modules beside the nearest `runner.toml` importable; last in line, so that they hide nothing of ours."""
    folder = os.getcwd()
    while not os.path.isfile(os.path.join(folder, PROJECT)):
        above = os.path.dirname(folder)
        if above == folder:
            return
        folder = above
    if folder not in sys.path:
        sys.path.append(folder)


def _installed(group: str) -> dict[str, list[Any]]:
    """Entry points of other distributions; the scan costs 40 ms, so it is made only for names that are not ours."""
    from importlib.metadata import entry_points

    found: dict[str, list[Any]] = {}
    for entry in entry_points(group=f"runner.{group}"):
        if entry.name not in BUILT_IN.get(group, {}):
            found.setdefault(entry.name, []).append(entry)
    return found


def _origin(entry: Any) -> str:
    return str(entry.dist.name if entry.dist is not None else entry.value)


def _kebab(plugins: Asked | None, group: str) -> Mapping[str, Any]:
    found = plugins.get(group.replace("_", "-"), {}) if isinstance(plugins, Mapping) else {}
    return found if isinstance(found, Mapping) else {}


def _word(group: str) -> str:
    words = {"run_logs": "run log", "secrets": "provider of secrets", "blocks": "step block"}
    return words.get(group, group.removesuffix("s"))


def _first_line(thing: Any) -> str:
    return (getattr(thing, "__doc__", None) or "").strip().partition("\n")[0]

"""What would become of steps that are cached or done already, for `plan` and `up --dry-run`; nothing is run or written
(N51)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.text.diagnostics import Refused

if TYPE_CHECKING:
    from runner.run.foresight import Verdict
    from runner.run.resume import Parent

Table = dict[str, Any]
Plugins = Mapping[str, Mapping[str, Any]] | None


def foreseen(
    plan: Table, root: Path, selected: frozenset[str] | None, plugins: Plugins, parent: Parent | None = None
) -> dict[str, Verdict] | None:
    """Verdicts by the id of each cached step, of every step that the parent may have done; None where there are none,
    or the run would be refused."""
    if parent is None and not any(map(_cached, plan["nodes"].values())):
        return None
    from runner.commands.collecting import uncollected
    from runner.run.adopt import adopt
    from runner.run.foresight import Foresight
    from runner.run.services import implementation

    try:
        settings = plan["profile"]["catalog"]
        kind = implementation("catalogs", settings, plugins)
        catalog = getattr(kind, "reading", kind.open)(settings, str(root))
        adopted = adopt(plan, selected, root, plugins)
    except (Refused, OSError):
        return None
    with uncollected(), Images(plan, root, plugins) as images:
        if parent is None:
            walk = Foresight(plan, root, catalog, selected, adopted)
        else:
            from runner.run.sequel import Sequel

            walk = Sequel(plan, root, catalog, parent, lambda: _before(parent, root, plugins), selected, adopted)
        walk.image = images.of
        return walk.walk()


class Images(ExitStack):
    """The images that steps would run in, as far as their executors know them now; none is fetched or made."""

    def __init__(self, plan: Table, root: Path, plugins: Plugins) -> None:
        super().__init__()
        self._profiles = {"": plan["profile"], **plan.get("profiles", {})}
        self._root, self._plugins = str(root), plugins
        self._known: dict[str, Callable[[str], str] | None] = {}

    def of(self, profile: str, name: str) -> str | None:
        """As Foresight asks."""
        if profile not in self._known:
            self._known[profile] = self._open(self._profiles[profile])
        images = self._known[profile]
        return None if images is None else images(name)

    def _open(self, profile: Table) -> Callable[[str], str] | None:
        from runner.run.services import implementation

        executor = implementation("executors", profile["executor"], self._plugins)
        if not hasattr(executor, "images"):
            return None
        try:
            images: Callable[[str], str] = self.enter_context(executor.images(profile, self._root, os.environ))
            return images
        except Refused:  # nobody there to ask: `up` says so
            return None


def _before(parent: Parent, root: Path, plugins: Plugins) -> Table:
    """The plan of the parent; empty where it is gone."""
    from runner.rules.keys import plan_key
    from runner.run.services import open_store

    store = open_store(parent.meta["store"], root, parent.meta["run"], plugins, write=False)
    try:
        found: Table = json.loads(store.get(plan_key(parent.run["plan"])) or b"{}")
        return found
    finally:
        store.close()


def _cached(node: Table) -> bool:
    while "body" in node:
        node = node["body"]
    return bool((node.get("do") or {}).get("cache"))


def data(found: Mapping[str, Verdict]) -> Table:
    """Verdicts as JSON: `would`, `why`; of steps with several instances `counts` too."""
    return {
        id: {
            "would": one.would,
            "why": one.why,
            **({"counts": one.counts} if sum(one.counts.values()) > 1 else {}),
        }
        for id, one in found.items()
    }

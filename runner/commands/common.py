"""Runs of a project, opened for reading: what `show`, `logs`, `runs` look at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from runner.commands.collecting import uncollected
from runner.commands.home import project_root
from runner.rules.keys import plan_key
from runner.run import index
from runner.run.fold import fold, gone
from runner.run.records import read
from runner.run.services import open_store
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]


class OpenRun(NamedTuple):
    """One run: its log, its plan, the folded Run, where the project is, its line of the index."""

    store: Any
    plan: Table
    run: Table
    root: Path
    meta: Table

    @property
    def live(self) -> bool:
        """Whether its driver is still at work."""
        return index.alive(self.meta)

    @property
    def state(self) -> str:
        """How it ended, or what is known of one that has not: `running`, `detached`, `lost`."""
        return "lost" if self.lost else str(self.run.get("status") or index.status(self.meta))

    @property
    def lost(self) -> bool:
        """Whether its driver is gone without a word of how it ended."""
        return index.status(self.meta) == "lost"

    @property
    def damaged(self) -> int:
        """Stretches of its log that hold no records, though something was written there."""
        return int(getattr(self.store, "damaged", 0))

    def log_path(self, id: str, key: str, attempt: int) -> Path:
        """The log of an attempt, which may not exist: a silent attempt has none.

        One that has not ended may not have given its log a name yet: then it lies in its slot.
        """
        home = self.root / ".runner" / "runs" / str(self.meta["run"])
        named = home / "logs" / f"{id}.{key}.{attempt}"
        if not named.exists():
            for one in self.run["nodes"].get(f"{id} {key}", {}).get("attempts", ()):
                if one.get("n") == attempt and "slot" in one:
                    return home / "work" / f"{one['slot']}.log"
        return named


def list_runs(root: Path | None) -> list[Table]:
    """Lines of the index, newest first, each with `live`."""
    return [{**entry, "live": index.alive(entry)} for entry in index.runs(project_root(root))]


def open_run(text: str, root: Path | None) -> OpenRun:
    """The run that a name means, folded from its records. Raises Refused."""
    home = project_root(root)
    meta = told(index.find(home, text), home)
    store = open_store(meta["store"], home, meta["run"], plugins_of(home), write=False)
    found = store.get(plan_key(_plan_digest(store, meta)))
    if found is None:
        raise Refused([diagnose("E706", None, name=meta.get("name"), why="its plan is missing")])
    with uncollected():
        plan = json.loads(found)
        on = index.alive(meta) or index.status(meta) == "detached"
        run = fold(plan, read(store, meta["run"]), platform=None if on else gone)
    return OpenRun(store, plan, run, home, meta)


def told(entry: Table, root: Path) -> Table:
    """The line of a run, once what its pods did since somebody looked is known here. Raises Refused (E741) where
    nothing else is known of it."""
    if entry.get("status") is not None or index.alive(entry):
        return entry
    from runner.run.caught import catch_up

    try:
        return catch_up(entry, root, plugins_of(root))
    except Refused as refused:
        if entry.get("detached"):
            raise
        from runner.views.problems import show

        show([diagnose("W712", None, name=entry.get("name"), why=refused.problems[0].message)])
        return entry


def plugins_of(root: Path) -> Table | None:
    """`[plugins]` of a project."""
    try:
        with open(root / "runner.toml", "rb") as file:
            import tomllib

            found = tomllib.load(file).get("plugins")
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _plan_digest(store: Any, meta: Table) -> str:
    record = store.get(f"runs/{meta['run']}/run.json")
    if record is None:
        why = f"the run log `{meta['store'].get('type')}` holds nothing of it"
        raise Refused([diagnose("E706", None, name=meta.get("name"), why=why)])
    return str(json.loads(record)["plan"])

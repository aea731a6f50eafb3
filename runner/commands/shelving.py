"""The files of a project's runs, read for `runner catalog`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from runner.commands.common import open_run, plugins_of, told
from runner.commands.home import project_root
from runner.rules.keys import plan_key, run_key
from runner.run import index
from runner.run.records import Records, read
from runner.run.services import implementation, open_store
from runner.run.shelf import Put, puts
from runner.text.diagnostics import Refused

Table = dict[str, Any]


class Shelf:
    """The catalog as the runs of one project know it. root: the project, None for that of the working directory."""

    def __init__(self, root: Path | None) -> None:
        self.root = project_root(root)
        self.plugins = plugins_of(self.root)
        self.runs = index.runs(self.root)
        self._names = {entry["run"]: str(entry["name"]) for entry in self.runs}
        self._catalogs: dict[str, Any] = {}
        self._labels: dict[str, dict[str, str]] = {}

    def of(self, text: str) -> dict[str, Put]:
        """The files of a run, by path. Raises Refused: there is no such run, its log can't be read."""
        return self._puts(told(index.find(self.root, text), self.root))

    def each(self) -> Iterator[dict[str, Put]]:
        """The files of every run, newest first; a run whose log can't be read has none."""
        for meta in self.runs:
            try:
                yield self._puts(meta)
            except Refused:
                continue

    def name(self, put: Put) -> str:
        """The name of the run that put a file."""
        return self._names.get(put.run, put.run)

    def label(self, put: Put) -> str:
        """The label of the step that put it, as `show` has it."""
        if put.run not in self._labels:
            try:
                nodes = open_run(put.run, self.root).run["nodes"]
                self._labels[put.run] = {address: str(node["label"]) for address, node in nodes.items()}
            except Refused:  # its plan is gone
                self._labels[put.run] = {}
        return self._labels[put.run].get(put.address, put.node)

    def catalog(self, put: Put) -> Any:
        """The catalog of the run that put it, for reading. Raises Refused."""
        if put.run not in self._catalogs:
            meta = next(entry for entry in self.runs if entry["run"] == put.run)
            self._catalogs[put.run] = catalog_of(meta, self.root, self.plugins)
        return self._catalogs[put.run]

    def ready(self, puts: Iterable[Put]) -> None:
        """Have at hand what only steps see, all of a run at once. Raises Refused, OSError."""
        wanted: dict[str, list[str]] = {}
        for put in puts:
            wanted.setdefault(put.run, []).append(put.sha256)
            self.catalog(put)
        for run, shas in wanted.items():
            if hasattr(self._catalogs[run], "bring"):
                self._catalogs[run].bring(shas)

    def _puts(self, meta: Table) -> dict[str, Put]:
        store = open_store(meta["store"], self.root, meta["run"], self.plugins, write=False)
        try:
            return puts(Records(read(store, meta["run"])))
        finally:
            store.close()


def catalog_of(meta: Table, root: Path, plugins: Any) -> Any:
    """The catalog of a run, for reading; the built-in one where its plan is gone. Raises Refused."""
    store = open_store(meta["store"], root, meta["run"], plugins, write=False)
    try:
        run = json.loads(store.get(run_key(meta["run"], "run")) or b"{}")
        plan = json.loads(store.get(plan_key(str(run.get("plan")))) or b"{}")
    finally:
        store.close()
    if "profile" in plan:
        from runner.run.reached import Reach, reached, unseen

        if unseen(plan["profile"], "catalog", plugins):
            return reached(Reach(meta, run, plan, plugins, os.environ), root)
    settings: Table = plan.get("profile", {}).get("catalog") or {"type": "file-system"}
    kind = implementation("catalogs", settings, plugins)
    return getattr(kind, "reading", kind.open)(settings, str(root))

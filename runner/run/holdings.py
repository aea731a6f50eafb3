"""What the runs of a project hold on to: their records, read for the hashes in them, and their catalogs."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from runner.run import index
from runner.run.services import Plugins, implementation, open_store
from runner.run.spare import references
from runner.store import journal
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]
OURS = ".runner"


class Held(NamedTuple):
    """What one run holds on to: hashes, and the settings of its catalog (None: its plan is gone)."""

    hashes: set[str]
    catalog: Table | None


NOTHING = Held(set(), None)


class Holdings:
    """The runs of a project. root: the project; `runs`: lines of the index, newest first, with `live`."""

    def __init__(self, root: Path, plugins: Plugins) -> None:
        self.root, self.plugins = root, plugins
        self.runs = [{**entry, "live": self.live(entry)} for entry in index.runs(root)]

    def live(self, entry: Table) -> bool:
        """Whether a run goes on, or may: its driver is there, holds its journal, or was on another machine."""
        if index.alive(entry) or index.elsewhere(entry):
            return True
        home = self.home(entry)
        return home is not None and journal.alive(os.path.join(home, "journal"))

    def home(self, entry: Table) -> str | None:
        """The folder of a run's log; None where it has none that we know."""
        settings = entry.get("store") or {"type": "file-system"}
        found = getattr(implementation("run_logs", settings, self.plugins), "home", None)
        where: str | None = found(settings, str(self.root), entry["run"]) if found else None
        return where

    def removable(self, entry: Table) -> bool:
        """Whether we know all that there is of a run."""
        return hasattr(implementation("run_logs", entry["store"], self.plugins), "home")

    def of(self, entry: Table) -> Held:
        """What a run holds on to; nothing where its log is gone. Raises Refused where that can't be said (E716)."""
        try:
            home = self.home(entry)
            if home is None and self.removable(entry):
                return NOTHING
            if home is not None and not os.path.isdir(home):
                if self._reached(os.path.dirname(home)):
                    return NOTHING
                raise FileNotFoundError(errno.ENOENT, f"there is no `{os.path.dirname(home)}`")
            return self._read(entry)
        except (Refused, OSError) as error:
            why = error.problems[0].message if isinstance(error, Refused) else error.strerror
            raise Refused([diagnose("E716", None, name=entry.get("name", entry["run"]), why=why)]) from None

    def strangers(self) -> Iterator[Table]:
        """Runs that lie in the project and that the index does not know, as lines of it."""
        known = {entry["run"] for entry in self.runs}
        folder = self.root / OURS / "runs"
        for name in sorted(os.listdir(folder)) if folder.is_dir() else []:
            if name not in known and not name.startswith(".") and not (folder / name).is_symlink():
                for kind, mark in (("file-system", "journal"), ("chunked-fs", "run.json")):
                    if (folder / name / mark).is_file():
                        yield {"run": name, "store": {"type": kind}}

    def _reached(self, folder: str) -> bool:
        """Whether a place is there, so that what it lacks is gone, and not out of reach: a mount may be missing."""
        if os.path.isdir(folder):
            return True
        return os.path.abspath(folder).startswith(os.path.abspath(self.root / OURS) + os.sep)

    def _read(self, entry: Table) -> Held:
        store = open_store(entry["store"], self.root, entry["run"], self.plugins, write=False)
        try:
            prefix = f"runs/{entry['run']}/"
            hashes = references(value for key in store.list(prefix) if (value := store.get(key)) is not None)
            run = json.loads(store.get(f"{prefix}run.json") or b"{}")
            plan = json.loads(store.get(f"plans/{run.get('plan')}/plan.json") or b"{}")
            return Held(hashes, plan.get("profile", {}).get("catalog"))
        except ValueError:  # records that were never written whole
            return Held(hashes, None)
        finally:
            store.close()

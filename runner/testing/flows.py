"""The Run of a platform that was given files: as its parts have recorded it."""

from __future__ import annotations

import json
from typing import Any

from runner.agent.catalog import FileCatalog
from runner.agent.folder import Folder
from runner.run.blobs import json_blob
from runner.run.fold import fold
from runner.run.records import read
from runner.testing.project import Project


def folded(found: Project, *words: str, run: str) -> dict[str, Any]:
    """words: those that chose pipeline and profile; run: the id that the platform gave it. Run log and catalog are in
    folders that this machine sees under the same paths."""
    plan = json.loads(found.cli("plan", *words, "--json").ok().out)
    store = Folder.open(plan["profile"]["run-log"], str(found.root), run)
    catalog = FileCatalog.open(plan["profile"]["catalog"], str(found.root))
    return fold(plan, read(store, run), blob=lambda sha: json_blob(catalog, sha))

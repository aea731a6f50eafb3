"""What the page of a run shows, as one JSON value. Moments are seconds since the start of the run."""

from __future__ import annotations

from typing import Any

from runner.run.compare import Side
from runner.views import given
from runner.views.nest import Nest
from runner.views.report.comparison import compared
from runner.views.report.critical import critical
from runner.views.report.files import Files
from runner.views.report.rows import Rows
from runner.views.report.seen import Seen
from runner.views.waiting import Waiting

Table = dict[str, Any]


def shown(seen: Seen) -> Table:
    """run; params; nodes, what the pipeline says; rows, one for each step, item and round, groups above what is in
    them; critical, the rows of the critical path, and how many of them waited for a place (`crowded`); files and
    previews; before, the run it is compared with."""
    run, plan = seen.run, seen.plan
    nest = Nest(run["nodes"], plan["nodes"])
    waiting = Waiting(run, plan["nodes"], nest)
    files = Files(seen)
    rows = Rows(seen, nest, waiting, files)
    files.show()
    path = critical(waiting) if seen.state != "running" else []
    after = Side(plan, run, seen.state)
    before = compared(seen.before, after, rows.table) if seen.before is not None else None
    start, end = run.get("start"), run.get("end")
    return {
        "v": 1,
        "run": {
            "name": run.get("name"),
            "id": run.get("run"),
            "pipeline": plan.get("name") or seen.meta.get("pipeline"),
            "about": plan.get("description") or "",
            "file": seen.meta.get("file") or "",
            "profile": plan.get("profile", {}).get("name") or seen.meta.get("profile"),
            "executor": ((plan.get("profile") or {}).get("executor") or {}).get("type") or "",
            "status": seen.state,
            "start": start,
            "took": None if start is None or end is None else round(end - start, 3),
            "until": None if start is None or end is not None else round((seen.now or waiting.last) - start, 3),
            "parent": seen.names.get(str(seen.meta.get("parent")), "") if seen.meta.get("parent") else "",
        },
        "params": [[name, given.value(value)] for name, value in (run.get("params") or {}).items()],
        "nodes": rows.nodes,
        "rows": rows.table,
        "critical": [rows.places[address] for address, _ in path],
        "crowded": sum(what == "place" for _, what in path),
        "files": files.table,
        "previews": files.previews,
        "before": before,
    }

"""`--resume` on this machine of a run that a cluster has done: its records and files are brought from there first."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.plan.nearby import away
from runner.run.resume import Parent, open_parent
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]


def fetched(parent: Parent, plan: Table, catalog: Any, root: Path, plugins: Any) -> Parent:
    """The parent with all that it has on record, what its steps gave in `catalog`; for a new run in the cluster, which
    sees that itself, as it is. Of Workflows only one goes on at a time. Raises Refused (E741, E743), OSError."""
    from runner.run.caught import catch_up, reach_of

    if not away(parent.run["executor"], plugins):
        return parent
    if away(plan["profile"]["executor"], plugins):
        before = reach_of(parent.meta, root, plugins) if parent.meta.get("status") is None else None
        if before is not None and not before.kind.copies and before.progress() == "running":
            raise Refused([diagnose("E743", None, name=parent.meta["name"])])
        return parent
    from runner.run.hashes import Hashes
    from runner.run.reached import Reached, lacking

    meta = catch_up(parent.meta, root, plugins)
    if meta.get("status") is None and meta.get("detached"):
        raise Refused([diagnose("E743", None, name=meta["name"])])
    if meta is not parent.meta:
        known = open_parent(root, meta["run"], plan["name"], plugins)
        parent = known._replace(changed=parent.changed, again=parent.again)
    reach = reach_of(meta, root, plugins, "catalog")
    if reach is not None:
        records = [record for found in parent.done.values() for record in found]
        Reached(reach, catalog).bring(lacking(records, Hashes(root), catalog))
    return parent

"""What would become of the cached steps of a plan, for `plan` and `up --dry-run`; nothing is run or written (N51)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.text.diagnostics import Refused

if TYPE_CHECKING:
    from runner.run.foresight import Verdict

Table = dict[str, Any]


def foreseen(
    plan: Table, root: Path, selected: frozenset[str] | None, plugins: Mapping[str, Mapping[str, Any]] | None
) -> dict[str, Verdict] | None:
    """Verdicts by the id of each cached step; None where nothing is cached, or the run would be refused."""
    if not any(map(_cached, plan["nodes"].values())):
        return None
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
    return Foresight(plan, root, catalog, selected, adopted).walk()


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

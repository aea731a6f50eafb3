"""What is told of a failure: to the handler that stands by a step (N29), and to the steps of `[finally]` (N30)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from runner.rules.decide import Status
from runner.rules.keys import dumps, key_of, key_text
from runner.run.events import Address

Table = dict[str, Any]


def failed(nodes: Table, handler: Address, ends: Sequence[Table], folder: str) -> Table:
    """Of the step that a handler stands by: path, last status, exit code, reason, and its log where there is one.

    ends: of attempts that did not commit, oldest first; folder: of the run.
    """
    guarded = nodes[handler.id]["path"].removesuffix("!on-failure")
    id = next(node["id"] for node in nodes.values() if node["path"] == guarded)
    for end in reversed(ends):
        if end["id"] == id and key_of(end["key"])[: len(handler.key)] == handler.key:
            log = os.path.join(folder, "logs", f"{end['id']}.{end['key']}.{end['n']}")
            return {
                "step": guarded,
                "status": end["status"],
                "exit_code": end.get("exit"),
                "log": log if os.path.exists(log) else "",
                "reason": end.get("reason"),
            }
    return {"step": guarded, "status": "failed", "exit_code": None, "log": "", "reason": None}


def over(nodes: Table, facts: Table, statuses: Mapping[Address, Status], folder: str) -> Table:
    """Of a run: its status, the paths that failed, and a file with the ends of all instances. Raises OSError."""
    ends = [
        {"path": nodes[a.id]["path"], "key": key_text(a.key), "status": s.status, "reason": s.reason}
        for a, s in statuses.items()
    ]
    record = os.path.join(folder, "ends.json")
    with open(record, "wb") as file:
        file.write(dumps({"status": facts["status"], "failed": facts["failed"], "nodes": ends}))
    return {"status": facts["status"], "failed": facts["failed"], "record": record}

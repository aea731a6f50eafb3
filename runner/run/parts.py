"""What an emitter makes files of: the parts of a plan as commands that follow each other.

An orchestrator that can begin a command once others have ended, whatever became of them, can run any plan: each step of
the pipeline is a part, with all that is inside it; `finally` is the last one. Parts find out by the records of those
before whether they are to run. So they need what `runner.run.queue` needs: storage that all of them reach, for run log
and catalog, and the project's files as their working folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from runner.rules.keys import written
from runner.run.packed import packed

Table = dict[str, Any]
LAST = "finally"


class Part(NamedTuple):
    """One command. name: unique, a DNS label; after: names of the parts that have to have ended, however; about: the
    path of its step, for people; resources: the most that any step of it asks for."""

    name: str
    after: list[str]
    argv: list[str]
    about: str
    resources: Table


def parts(plan: Table, folder: str, run: str, python: str = "python3") -> list[Part]:
    """The parts in an order in which they may run. folder: where `files` lie for them; run: the run's id, lower-case
    letters, digits and `-`, another for each run: mostly a variable that the platform fills in."""
    nodes = plan["nodes"]
    agent = [python, f"{folder}/agent.pyz", "execute-part", f"--plan={folder}", f"--run={run}"]
    found = [
        Part(
            id, [*nodes[id]["needs"], *nodes[id]["after"]], [*agent, f"--part={id}"], nodes[id]["path"], _most(plan, id)
        )
        for id in plan["steps"]
    ]
    return [*found, Part(LAST, [part.name for part in found], [*agent, f"--part={LAST}"], LAST, {})]


def files(plan: Table) -> dict[str, bytes]:
    """Name -> content of what has to lie in the folder of `parts`: the agent, and the plan."""
    return {"agent.pyz": packed(), "plan.json": written(plan)}


def _most(plan: Mapping[str, Any], id: str) -> Table:
    """What the largest step of a part asks for."""
    found: Table = {}
    path = plan["nodes"][id]["path"]
    for node in plan["nodes"].values():
        if node["path"].replace("!", ".").split(".")[0] == path:
            part = node
            while "body" in part:
                part = part["body"]
            for kind, amount in (part.get("do", {}).get("resources") or {}).items():
                found[kind] = max(found.get(kind, 0), amount)
    return found

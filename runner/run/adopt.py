"""What steps that are not selected gave an earlier run, taken into this one (N1)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.rules.bind import Key
from runner.rules.keys import done_key, dumps
from runner.run import index
from runner.run.records import Records, read
from runner.run.services import Plugins, open_store
from runner.text.diagnostics import Refused, diagnose

Table = dict[str, Any]
Adopted = dict[str, dict[Key, Table]]


def adopt(plan: Table, selected: frozenset[str] | None, root: Path, plugins: Plugins = None) -> Adopted:
    """Done-records of the steps that do not run, each from the newest run of the pipeline that has it.

    Raises Refused (E925) with every step that a selected one needs and no run has done.
    """
    if selected is None:
        return {}
    nodes = plan["nodes"]
    wanted = {id for id in nodes if id not in selected}
    found: Adopted = {}
    for entry in index.newest(root, plan["name"]):
        if not wanted - set(found):
            break
        for id, done in _records(entry, root, plugins).items():
            if id in wanted and id not in found:
                found[id] = done
    missing = [id for id in dict.fromkeys(_needed(nodes, selected)) if not _there(nodes, id, found)]
    if missing:
        raise Refused([diagnose("E925", None, step=nodes[id]["path"]) for id in missing])
    return found


def enter(adopted: Adopted, run: Table, store: Any) -> None:
    """Put the adopted records into this run: copies that say where they come from (PROTOCOL R8)."""
    for id, done in adopted.items():
        for key, record in done.items():
            origin = record.get("adopted") or {"run": record.get("run"), "attempt": record.get("attempt")}
            store.create(done_key(run["run"], id, key), dumps({**record, "adopted": origin}))


def _records(entry: Table, root: Path, plugins: Plugins) -> Adopted:
    try:
        store = open_store(entry["store"], root, entry["run"], plugins, write=False)
    except Refused:
        return {}
    try:
        done = Records(read(store, entry["run"])).done
        real = {id: {key: end for key, end in found.items() if end.get("via") != "mock"} for id, found in done.items()}
        return {id: found for id, found in real.items() if found}
    finally:
        store.close()


def _needed(nodes: Table, selected: frozenset[str]) -> list[str]:
    return [other for id in selected for other in nodes[id]["needs"] if other not in selected]


def _there(nodes: Table, id: str, found: Adopted) -> bool:
    """Whether a step has results: a task or an item of it a record, a group any of its steps."""
    pending = [id]
    while pending:
        current = pending.pop()
        if current in found:
            return True
        part = nodes[current]
        while "body" in part:
            part = part["body"]
        pending += part.get("steps", ())
        pending += [case for _, case in part.get("cases", ())] + ([part["default"]] if part.get("default") else [])
        if nodes[current]["type"] == "map" and all(
            isinstance(s, list) and s == ["lit", []] for s in nodes[current]["each"].values()
        ):
            return True
    return False

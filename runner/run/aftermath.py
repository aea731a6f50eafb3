"""What is told of a failure: to the handler that stands by a step (N29), and to the steps of `[finally]` (N30)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from runner.agent.named import Named
from runner.rules.decide import FAILURE, Status
from runner.rules.keys import Key, dumps, key_of, key_text
from runner.rules.last import file_of, is_last
from runner.run.events import Address
from runner.run.fold import file_facts

Table = dict[str, Any]


class Aftermath:
    """ends: of attempts that did not commit, oldest first; more are added to it. folder: of the run.

    Each end is looked at once, and all of them are written down once: a run may have thousands of either."""

    def __init__(self, nodes: Table, ends: Sequence[Table], folder: str) -> None:
        self.nodes, self.ends, self.folder = nodes, ends, folder
        self._read = 0  # so many of the ends are in _newest
        self._newest: dict[Address, Table] = {}
        self._inside: dict[Address, list[Address]] = {}  # what holds others -> those inside that have such ends
        self._guarded: dict[str, str] = {}  # handler -> the node that it stands by
        self._over: Table | None = None

    def handler_of(self, address: Address) -> Address | None:
        """The handler that an instance is, or is a part of."""
        id, key = address
        if "!on-failure" not in self.nodes[id]["path"]:
            return None
        while not self.nodes[id]["path"].endswith("!on-failure"):
            id = self.nodes[id]["parent"]
        return Address(id, key[: self.nodes[id]["depth"]])

    def failed(self, handler: Address, statuses: Mapping[Address, Status]) -> Table:
        """Of the step that a handler stands by: path, last status, exit code, reason, its log where there is one; where
        it holds others, of the last of them that failed."""
        if not self._guarded:
            self._guarded = {node["handler"]["node"]: id for id, node in self.nodes.items() if node.get("handler")}
        while self._read < len(self.ends):
            end = self.ends[self._read]
            self._note(end, key_of(end["key"]))
            self._read += 1
        id = self._guarded[handler.id]
        told: Table = {"step": self.nodes[id]["path"], "status": "failed", "exit_code": None, "log": "", "reason": None}
        last = self._newest.get(Address(id, handler.key))
        for inner in () if last else reversed(self._inside.get(Address(id, handler.key), ())):
            status = statuses.get(inner)
            if status is not None and status.status in FAILURE and not status.handled:
                last = self._newest.get(inner)
                break
        if last is not None:
            log = os.path.join(self.folder, "logs", f"{last['id']}.{last['key']}.{last['n']}")
            told.update(status=last["status"], exit_code=last.get("exit"), reason=last.get("reason"))
            told["log"] = log if os.path.exists(log) else ""
        return told

    def _note(self, end: Table, key: Key) -> None:
        node = self.nodes[end["id"]]
        self._newest[Address(end["id"], key)] = self._newest[Address(end["id"], key[: node["depth"]])] = end
        inner = Address(end["id"], key)
        while node["parent"] is not None:
            node = self.nodes[node["parent"]]
            self._inside.setdefault(Address(node["id"], key[: node["depth"]]), []).append(inner)

    def over(self, facts: Table, statuses: Mapping[Address, Status], address: Address) -> Table:
        """Of a run: its status, the paths that failed, and a file with the ends of all instances before `[finally]`.

        For the `[finally]` of a used file, those of its steps. address: who asks. The file stays as it is while
        `[finally]` reads it. Raises OSError."""
        last = file_of(self.nodes, address.id)
        if last is not None:
            key = address.key[: self.nodes[last]["depth"]]
            found = {Address(id, key): statuses.get(Address(id, key)) for id in self.nodes[last]["after"]}
            ended = {one: status for one, status in found.items() if status is not None}
            name = f"ends.{last}.{key_text(key)}.json"
            return self._written(file_facts(self.nodes, last, key, statuses), ended, name)
        if self._over is None or not os.path.exists(self._over["record"]):
            ended = {a: s for a, s in statuses.items() if not self._of_the_end(a.id)}
            self._over = self._written(facts, ended, "ends.json")
        return self._over

    def _of_the_end(self, id: str) -> bool:
        return is_last(self.nodes[id]["path"]) and file_of(self.nodes, id) is None

    def _written(self, facts: Table, ended: Mapping[Address, Status], name: str) -> Table:
        ends = [
            {"path": self.nodes[a.id]["path"], "key": key_text(a.key), "status": s.status, "reason": s.reason}
            for a, s in ended.items()
        ]
        record = os.path.join(self.folder, name)
        os.makedirs(self.folder, exist_ok=True)  # where the run log is elsewhere, nothing may be here yet
        with Named(record), open(record, "wb") as file:
            file.write(dumps({"status": facts["status"], "failed": facts["failed"], "nodes": ends}))
        return {"status": facts["status"], "failed": facts["failed"], "record": record}

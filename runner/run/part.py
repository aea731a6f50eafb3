"""`execute-part`: all that one step of a pipeline comes to, in one place and one after the other.

    agent.pyz execute-part --plan=DIR --run=RUN --part=ID [--root=DIR] [--secrets=DIR] [--name=NAME]

For orchestrators that know nothing but tasks that follow each other: whatever became of those before, the part that
follows is begun, and finds out by their records whether anything of it is to run. Items, rounds, cases, handlers and
retries are its own business. The run begins with its first part.

--plan  a folder with `plan.json`
--part  the id of a step of the pipeline that is in no group, or `finally`

Exit code: 0 it ended well, or had not to run; 1 it did not; 75 somebody has ended it; 64, 70 as `execute-node`."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from typing import Any

from runner.agent.__main__ import CATALOGS
from runner.agent.carried import plan_text
from runner.agent.committed import record
from runner.agent.drive import AGAIN
from runner.agent.execute import put_before
from runner.agent.folder import Folder
from runner.rules import answers
from runner.rules.bind import part_of
from runner.rules.decide import BAD, delay
from runner.rules.keys import Key, done_key, dumps, key_text, node_prefix, parse, run_key
from runner.rules.last import file_of, is_last
from runner.run.afar import FAULT, USAGE, Afar
from runner.run.events import Address
from runner.run.expansion import counted_anew, note
from runner.run.fold import Fold
from runner.run.hindsight import before, silence
from runner.run.records import Records, read

Table = dict[str, Any]
LAST = "finally"
WORDS = ("plan", "run", "part", "root", "secrets", "name")


def main(words: list[str]) -> int:
    """Run the command; the exit code."""
    given = dict(word[2:].split("=", 1) for word in words[1:] if word.startswith("--") and "=" in word)
    if len(given) != len(words) - 1 or not set(given) <= set(WORDS) or not {"plan", "run", "part"} <= set(given):
        sys.stderr.write(f"runner agent: {' '.join(words)!r} can't be used\n")
        return USAGE
    try:
        root = os.path.abspath(given.get("root", "."))
        plan = json.loads(plan_text(given["plan"]))
        log, kept = plan["profile"]["run-log"], plan["profile"]["catalog"]
        store, home = Folder.open(log, root, given["run"]), Folder.home(log, root, given["run"])
        return Part(given, plan, store, CATALOGS[kept["type"]].open(kept, root), root, home).go()
    except OSError as error:
        sys.stderr.write(f"runner agent: {error}\n")
        return FAULT


class Part(Fold):
    """The run again from its records, but for what is missing of one part: that is done on the way."""

    def __init__(self, given: Mapping[str, str], plan: Table, store: Any, catalog: Any, root: str, home: str) -> None:
        self.part, self.run_id, self.store = given["part"], given["run"], store
        options = {name: text for name, text in given.items() if name != "part"}
        self._task = Afar({**options, "node": plan["steps"][0]}, plan, store, catalog, root, home)  # the run has begun
        self._given = options
        gone: dict[str, Key] = dict.fromkeys(plan["steps"], ())
        if self.part != LAST:
            gone = before(plan["nodes"], self.part, ())
        records = Records(read(store, self.run_id))
        super().__init__(plan, records, None, silence(plan["nodes"], gone), lambda sha: json.loads(catalog.read(sha)))
        self._values: Any = getattr(self.decide, "values", None)

    def go(self) -> int:
        """Do what is missing; the exit code."""
        self.replay()
        if self.part == LAST:
            self._close()
            return 1 if self.machine.status == "failed" else 0
        status = self.machine.statuses.get(Address(self.part, ()))
        return 1 if status is None or status.cls == BAD else 0

    def _mine(self, id: str) -> bool:
        path = self.nodes[id]["path"]
        if is_last(path) and file_of(self.nodes, id) is None:
            return self.part == LAST
        return self.part != LAST and path.replace("!", ".").split(".")[0] == self.nodes[self.part]["path"]

    def _attempt(self, address: Address) -> Table | None:
        end = super()._attempt(address)
        return self._do(address) if end is None and self._mine(address.id) else end

    def _do(self, address: Address) -> Table:
        """Every attempt of a task; its end, which is on record."""
        retry = part_of(self.nodes[address.id], address.key).get("retry") or {}
        n = 1
        task = self._task
        given = {**self._given, "node": address.id, "key": key_text(address.key)}
        while Afar(given, self.plan, self.store, task.catalog, task.root, task.home).attempt(address.key) == AGAIN:
            end = self._recorded(address)
            if end["reason"] == "lost":  # somebody has ended us
                raise SystemExit(AGAIN)
            time.sleep(delay(retry, n))
            n += 1
        end = self._recorded(address)
        self.running.discard(address)
        self.ends[address] = end
        return end

    def _recorded(self, address: Address) -> Table:
        """The last end of a task, as it is on record now; decisions see it from here on."""
        id, key = address
        end: Table | None = record(self.store, done_key(self.run_id, id, key))
        if end is not None:
            self.records.done.setdefault(id, {})[key] = end
            return end
        ends: list[Table] = []
        for text in self.store.list(f"{node_prefix(self.run_id, id, key)}a/"):
            spot = parse(text)
            found = record(self.store, text) if spot is not None and spot.what == "attempt" else None
            ends += [found] if found is not None else []
        self.records.ends[address] = ends = sorted(ends, key=lambda one: (one["n"], one.get("start") or 0))
        return ends[-1]

    def _decided(self, what: str, address: Address) -> Any:
        """As it follows from records; what a map is expanded to is on record before its items are."""
        id, key = address
        part = part_of(self.nodes[id], key)
        if what == "expand" and self._mine(id) and counted_anew(part) and key not in self.records.items.get(id, {}):
            self._values.read = lambda path: self._task.text(put_before(id, self._values), path)
            items = answers.items(self._values, id, key)
            if isinstance(items, list):
                note(self.store, self.run_id, id, key, items)
                self.store.flush()
                self.records.items.setdefault(id, {})[key] = items
        return super()._decided(what, address)

    def _close(self) -> None:
        """Write down how the run ended."""
        end = {"v": 1, "at": time.time(), "status": self.machine.status, "lost": []}
        self.store.put(run_key(self.run_id, "end"), dumps(end))
        self.store.flush()

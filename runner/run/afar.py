"""`execute-task`: a task of an orchestrator that knows control values alone (PROTOCOL 2.6, 3).

    agent.pyz execute-task --plan DIR --run RUN --node ID [--key K] [--report DIR] [--secrets DIR] [--name NAME]
                           [--parent RUN] [--status WORD] [--attempt N]

As `execute-node`, and what a driver would do around it: the run begins with its first task; what others wait for is
decided and left as `c0`, `c1`... in --report; a handler is told of the failure, `[finally]` of the run. The plan holds
under `wire` what a task decides for others, and what those do that are no steps.

--node      ID, or `n-ID`
--name      the run's name; its id
--attempt   which one, from 0; for people

Exit code: 0 done, 78 never again, else again."""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from runner.agent.__main__ import CATALOGS
from runner.agent.carried import plan_text, secrets_of, without
from runner.agent.committed import record
from runner.agent.drive import AGAIN
from runner.agent.echo import write
from runner.agent.execute import Job, execute, put_before, values_of
from runner.agent.folder import Folder
from runner.agent.slots import remove
from runner.rules.answers import parameters
from runner.rules.bind import Values, part_of
from runner.rules.controls import ERROR, control
from runner.rules.day import day_of
from runner.rules.decide import BAD, FINAL_EXIT, delay
from runner.rules.expr import ExprError
from runner.rules.keys import Key, digest, dumps, key_of, plan_key, run_key, written
from runner.rules.last import is_last
from runner.run.expansion import counted_anew, note

Table = dict[str, Any]
WORDS = ("plan", "run", "node", "key", "root", "report", "name", "parent", "attempt", "status", "secrets", "scheduled")
USAGE, FAULT = 64, 70
IDLE = {"when": "false", "count": "0", "case": "0", "more": "false"}  # answers after which nothing more is done


def main(words: list[str]) -> int:
    """Run the command; the exit code."""
    given = dict(word[2:].split("=", 1) for word in words[1:] if word.startswith("--") and "=" in word)
    if len(given) != len(words) - 1 or not set(given) <= set(WORDS) or not {"plan", "run", "node"} <= set(given):
        sys.stderr.write(f"runner agent: {' '.join(words)!r} can't be used\n")
        return USAGE
    try:
        return _run(given)
    except OSError as error:
        sys.stderr.write(f"runner agent: {error}\n")
        return FAULT


def _run(given: Mapping[str, str]) -> int:
    root = os.path.abspath(given.get("root", "."))
    if root == "/":  # an image that says no folder has no project in it
        with tempfile.TemporaryDirectory(prefix="runner-root-") as empty:
            return _run_in(empty, given)
    return _run_in(root, given)


def _run_in(root: str, given: Mapping[str, str]) -> int:
    plan = json.loads(plan_text(given["plan"]))
    log, kept = plan["profile"]["run-log"], plan["profile"]["catalog"]
    store, home = Folder.open(log, root, given["run"]), Folder.home(log, root, given["run"])
    task = Afar(given, plan, store, CATALOGS[kept["type"]].open(kept, root), root, home)
    code = task.go()
    for number, word in enumerate(task.words):
        with open(os.path.join(given["report"], f"c{number}"), "w", encoding="ascii") as out:
            out.write(word)
    return code


class Afar:
    """One task. given: the options of the command; plan: with its `wire`; home: the folder of the run, with its logs.

    words: its control values, once it has ended well."""

    def __init__(self, given: Mapping[str, str], plan: Table, store: Any, catalog: Any, root: str, home: str) -> None:
        self.run_id, self.root, self.home = given["run"], root, home
        self.wire, self.plan = plan.get("wire", {}), {key: one for key, one in plan.items() if key != "wire"}
        self.id = given["node"].removeprefix("n-")
        self.key: Key = key_of(given.get("key", "-"))
        self.told: Table = self.wire.get(self.id, {"c": []})
        self.settings: Table = self.plan["profile"]["executor"]
        self.store, self.catalog, self.secrets = store, catalog, given.get("secrets")
        self.words: list[str] = []
        self.run = self._begun(given)

    def go(self) -> int:
        """Do it; the exit code."""
        if "tick" in self.run:  # another run's (N53)
            sys.stdout.write(f"passed over: the tick {self.run['scheduled']} is that of run {self.run['tick']}\n")
            self.words = [IDLE[what] for what, _ in self.told["c"]]
            if self.told.get("role") == "close":
                self._close()
            return 0
        role, of = self.told.get("role"), self.told.get("of")
        code = 0
        if role == "close":
            self._close()
        elif role == "reduce" and self._too_many(str(of)):
            return FINAL_EXIT
        if self.id in self.plan["nodes"]:
            code = self._batch() if self._batched else self.attempt(self.key)
        if code == 0 and self.told["c"]:
            self.words = self._answers()
        return code

    def _begun(self, given: Mapping[str, str]) -> Table:
        """`run.json`, by whichever task came first."""
        found = record(self.store, run_key(self.run_id, "run"))
        if found is None:
            now, name = time.time(), given.get("name") or self.run_id
            before = record(self.store, run_key(given.get("parent") or "-", "run")) or {}
            first = before.get("first") or {"id": self.run_id, "name": name}  # what references say stays (N49)
            due = before.get("scheduled") or given.get("scheduled") or None
            day = before.get("date") or day_of(now, due, self.plan["profile"].get("schedule"))
            facts = {**first, "date": day, "scheduled": due}
            made: Table = {
                "v": 1,
                "run": self.run_id,
                "name": name,
                "pipeline": self.plan["name"],
                "plan": self.plan["digest"],
                "parent": before.get("run"),
                "ask": {},
                "executor": self.settings,
                "profile": self.plan["profile"]["name"],
                "start": now,
                "date": facts["date"],
                "scheduled": due,
                "selected": None,
                "first": first,
                "params": parameters(self.plan, facts),
            }
            holder = self._claimed(due, first) if due else first
            if holder["id"] != first["id"]:
                made["tick"] = holder["name"]
            self.store.create(plan_key(self.plan["digest"]), written(self.plan))
            self.store.create(run_key(self.run_id, "run"), dumps(made))
            self.store.flush()
            found = record(self.store, run_key(self.run_id, "run")) or made
        result: Table = found
        return result

    def _claimed(self, due: str, first: Mapping[str, str]) -> Mapping[str, str]:
        """The run that has a tick: the first that asks, or a later one of its chain."""
        key = f"ticks/{digest([self.plan['name'], self.plan['profile'].get('schedule')])[:12]}/{digest(due)[:12]}.json"
        self.store.create(key, dumps({"v": 1, "due": due, **first}))
        self.store.flush()
        return record(self.store, key) or first

    @property
    def _batched(self) -> bool:
        """Whether the last index of the key is one of batches, not of items."""
        node: Table = self.plan["nodes"][self.id]
        return bool(node["type"] == "map" and node.get("batch", 1) > 1 and len(self.key) == node["depth"] + 1)

    def _batch(self) -> int:
        """Each item of a batch to its end, one after the other; what failed does not keep the others from running."""
        node = self.plan["nodes"][self.id]
        outer, number = self.key[:-1], self.key[-1]
        count = len(self._light().items(self.id, outer))
        codes = []
        for index in range(number * node["batch"], min(count, (number + 1) * node["batch"])):
            key, n = (*outer, index), 1
            code = self.attempt(key)
            while code == AGAIN:
                time.sleep(delay(part_of(node, key).get("retry") or {}, n))
                code, n = self.attempt(key), n + 1
            codes.append(code)
        return max(codes, default=0)

    def attempt(self, key: Key) -> int:
        """One attempt of the task; its exit code."""
        folder = tempfile.mkdtemp(prefix="runner-")
        told: Table = {"echo": True, "lost_attempts": self.settings.get("lost-attempts", 0)}
        told["parent"] = self.run.get("parent")
        path = self.plan["nodes"][self.id]["path"]
        if self.plan.get("timeout") and not is_last(path):  # nobody else looks at the time of the run (N52)
            told["until"] = self.run["start"] + self.plan["timeout"]
        if is_last(path):
            told["finally"] = self._over.ended(_address(self.id, key), folder)
        elif "!on-failure" in path:
            handler = self._handler()
            behind = self._hindsight({self._guarded(handler[0]): handler[1]})
            told["failed"] = behind.failed(_address(*handler), self.home)
        environ = dict(os.environ)
        at = (self.plan, self.id, "-" if not key else ".".join(map(str, key)))
        secrets, environ = secrets_of(*at, self.secrets, environ), without(*at, environ)
        try:
            logs = os.path.join(self.home, "logs")
            job = Job(self.plan, self.run_id, self.id, key, self.root, folder, logs, told)
            end, code = execute(job, self.store, self.catalog, secrets, environ, self._status)
            write(b"\n" + dumps(end) + b"\n")  # whoever does not see the run log learns it from here
            return code
        finally:
            remove(folder)

    def _answers(self) -> list[str]:
        """What others wait for; of what does not run nothing more is asked."""
        decides = self.told.get("role") == "decide"
        last = any(is_last(self.plan["nodes"][of]["path"]) for _, of in self.told["c"])
        values = (self._over if last else self._now).values if decides else self._light()
        found: list[str] = []
        for what, of in self.told["c"]:
            idle = decides and self.told["c"][0][0] == "when" and found[:1] not in ([], ["true"])
            found.append("0" if idle else self._answer(values, what, of))
        return found

    def _answer(self, values: Values, what: str, of: str) -> str:
        part = part_of(self.plan["nodes"][of], self.key)
        if what == "count" and counted_anew(part):
            values.read = lambda path: self.text(put_before(of, values), path)
            try:
                items = values.items(of, self.key)
            except ExprError:
                return ERROR
            note(self.store, self.run_id, of, self.key, items)
            self.store.flush()
        return control(values, what, of, self.key)

    def text(self, put: Table, path: str) -> str:
        """A file that holds the items of a map: as it was put, or of the project. Raises ExprError."""
        try:
            if path in put:
                return str(self.catalog.read(put[path]["sha256"]).decode("utf-8"))
            with open(os.path.join(self.root, path), encoding="utf-8") as file:
                return file.read()
        except (OSError, LookupError, UnicodeDecodeError) as error:
            raise ExprError(f"can't read the items of `{path}`: {error}") from None

    def _too_many(self, of: str) -> bool:
        """Whether more items have failed than may (N3)."""
        found = self._hindsight({of: self.key}).statuses
        bad = sum(one.cls == BAD for at, one in found.items() if at.id == of and at.key[:-1] == self.key != at.key)
        return bool(bad > part_of(self.plan["nodes"][of], self.key).get("tolerate", 0))

    def _close(self) -> None:
        """Write down how the run ended."""
        found = self._over
        run = found.run
        lost = [label for label, node in run["nodes"].items() if node["reason"] in ("lost", "never-started")]
        end = {"v": 1, "at": time.time(), "status": run["status"], "lost": lost}
        end.update({"tick": self.run["tick"]} if "tick" in self.run else {})
        self.store.put(run_key(self.run_id, "end"), dumps(end))
        self.store.flush()

    # What is known of others

    @cached_property
    def _now(self) -> Any:
        from runner.run.hindsight import before

        of = self.told.get("of", self.id)
        return self._hindsight(before(self.plan["nodes"], of, self.key))

    @cached_property
    def _over(self) -> Any:
        return self._hindsight({}, over=True)

    def _hindsight(self, gone: Mapping[str, Key], over: bool = False) -> Any:
        from runner.run.hindsight import Hindsight  # only some tasks ask for others

        return Hindsight(self.plan, self.store, self.run_id, self._blob, gone, over)

    def _blob(self, sha: str) -> Any:
        return json.loads(self.catalog.read(sha))

    def _light(self) -> Values:
        """Values by the records that are asked for, and no others."""
        return values_of(self.plan, self.run, self.run_id, self.store, self.catalog, {}, self._status)

    def _status(self, id: str, key: Key) -> str | None:
        found: str | None = self._now.status(id, key)
        return found

    def _handler(self) -> tuple[str, Key]:
        nodes, id = self.plan["nodes"], self.id
        while not nodes[id]["path"].endswith("!on-failure"):
            id = nodes[id]["parent"]
        return id, self.key[: nodes[id]["depth"]]

    def _guarded(self, handler: str) -> str:
        nodes: Table = self.plan["nodes"]
        return next(id for id, node in nodes.items() if (node.get("handler") or {}).get("node") == handler)


def _address(id: str, key: Key) -> Any:
    from runner.run.events import Address

    return Address(id, key)

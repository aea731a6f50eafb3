"""What `up` would do with steps that are cached, before anything runs: the machine walks a plan, the cache is only
looked at, and what would run gives nothing (N36, N51)."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from runner.agent.call import Seen, item_of, params, round_of, taken
from runner.agent.inline import given
from runner.rules import answers
from runner.rules.bind import Key, Values, part_of
from runner.rules.day import day_of
from runner.rules.expr import ExprError
from runner.run.blobs import json_blob
from runner.run.cache import IMAGE, Cache, is_cached
from runner.run.events import Address
from runner.run.hashes import Hashes
from runner.run.ingredients import Change, ingredients, nearest, step
from runner.run.machine import Decide, Expand, Machine, Start, Wake
from runner.run.trees import below
from runner.run.unmade import Facts, Later, Params, Records, Unmade

Table = dict[str, Any]
ELSEWHERE = Change("code", IMAGE, "gone")  # nobody here can say in what image a step will run
UNSEEN = {"what": "image"}
AT_ONCE = 256  # attempts; each ends where it starts, so this bounds only what is open


class Verdict(NamedTuple):
    """What becomes of a step. counts: its instances by `cached`, `adopted`, `run`, `unknown`; why: what differs, each
    `{what, name, how}`, a thing once."""

    counts: dict[str, int]
    why: list[Table]

    @property
    def would(self) -> str:
        """`cached`, `adopted`, `run`, `unknown`; `skip`: it is not reached."""
        return next((word for word in ("run", "unknown", "adopted", "cached") if self.counts.get(word)), "skip")

    def add(self, word: str, why: list[Table]) -> None:
        """Note one instance."""
        self.counts[word] = self.counts.get(word, 0) + 1
        self.why.extend(one for one in why if one not in self.why)


class Once(Hashes):
    """Hashes while nothing changes: each file is looked at once, and nothing is kept."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self._seen: dict[str, str | None] = {}

    def of(self, path: str) -> str | None:
        """As `Hashes.of`."""
        if path not in self._seen:
            self._seen[path] = super().of(path)
        return self._seen[path]


class Glance(Cache):
    """A cache while nothing changes: the code that several steps share is looked up once."""

    def code(self, do: Table) -> Table:
        """As `Cache.code`."""
        code = do.get("code") or {}
        which = (tuple(code.get("files", ())), tuple(code.get("globs", ())))
        if which not in self._codes:
            self._codes[which] = super().code(do)
        return self._codes[which]

    def __init__(self, root: Path, catalog: Any, pipeline: str) -> None:
        super().__init__(root, Once(root), catalog, pipeline)
        self._codes: dict[Any, Table] = {}
        self.empty = not any(entry.name.endswith(".json") for entry in below(self.folder))


class Foresight:
    """One walk over one plan. catalog: to read only; selected, adopted: as the driver has them.

    image: the id of the image of a step, by the name of its profile ("": the run's own) and of the image that it says;
    "" for one that is not here, None where it runs in none."""

    image: Callable[[str, str], str | None] = staticmethod(lambda profile, name: None)

    def __init__(
        self,
        plan: Table,
        root: Path,
        catalog: Any,
        selected: frozenset[str] | None = None,
        adopted: Mapping[str, Mapping[Key, Table]] | None = None,
    ) -> None:
        self.plan, self.nodes, self.root, self.catalog = plan, plan["nodes"], str(root), catalog
        self.selected = selected
        self.machine = Machine(plan, limit=AT_ONCE, selected=set(selected) if selected is not None else None)
        self.done = Records({id: dict(found) for id, found in (adopted or {}).items()}, self._path)
        records = [record for found in (adopted or {}).values() for record in found.values()]
        self.put: Table = {file["path"]: file["sha256"] for record in records for file in record.get("files", ())}
        self.unmade = Unmade(self.put)
        self.items: dict[str, dict[Key, list[Table]]] = {}
        self.facts = facts = Facts(date=day_of(time.time(), None, plan["profile"].get("schedule")), scheduled=None)
        ways: Table = {"blob": lambda sha: json_blob(catalog, sha), "status": self._status, "read": self._read}
        self.values = Values(plan, Params(plan.get("params", {}), facts), facts, self.done, self.items, **ways)
        self.cache = Glance(root, catalog, plan["name"])
        self.found: dict[str, Verdict] = {}
        self._stuck: dict[str, Table] = {}  # nodes of which only the run knows what becomes of them -> why

    def walk(self) -> dict[str, Verdict]:
        """By the id of each step that is selected and told of."""
        now, moved = 0.0, True
        while moved and self.machine.main_status is None:
            moved = False
            for todo in self.machine.next(now):
                moved = True  # nothing is said twice, so this ends
                if isinstance(todo, Wake):
                    now = max(now, todo.at)
                elif isinstance(todo, (Start, Decide, Expand)):
                    try:
                        self._do(todo, now)
                    except Later as later:
                        self._stuck.setdefault(todo.address.id, later.why)
            self.machine.events()
        self._unreached()
        return self.found

    def _do(self, todo: Start | Decide | Expand, now: float) -> None:
        id, key = todo.address
        if isinstance(todo, Decide):
            over = todo.what == "until" and self._open_round(id, key)
            answer = True if over else answers.answer(self.values, todo.what, id, key)
            self.machine.decided(todo.address, answer, now)
        elif isinstance(todo, Expand):
            items = answers.items(self.values, id, key)
            if isinstance(items, list):
                self.items.setdefault(id, {})[key] = items
            self.machine.expanded(todo.address, len(items) if isinstance(items, list) else items, now)
        else:
            status = self._start(todo.address)
            self.machine.ended(todo.address, {"status": status}, now)

    def _open_round(self, id: str, key: Key) -> bool:
        """Whether a round of a step ran of which nobody knows what it gives: the others would tell nothing more."""
        part = part_of(self.nodes[id], key)
        return part["type"] == "task" and not is_cached(self.nodes[id]["path"], part["do"])

    def _start(self, address: Address) -> str:
        """How the attempt ends, were it to start now. Raises Later for one that can't start at all."""
        id, key = address
        do: Table = part_of(self.nodes[id], key)["do"]
        if not is_cached(self.nodes[id]["path"], do):
            if not self._computed(address, do):
                self._runs(address, do)
            return "succeeded"
        return self._ask_cache(address, do)

    def _ask_cache(self, address: Address, do: Table, why: list[Table] | None = None) -> str:
        """How the attempt of a cached step ends. why: what is said of a miss, where something else than the cache
        tells more."""
        id, key = address
        verdict = self.found.setdefault(id, Verdict({}, []))
        try:
            call, code = self._call(address, do), self._code(address, do)
            asked = self.cache.ask(call, do, self.put, code)
            if asked is None:
                verdict.add("run", why or [{"what": "image", "how": "missing"}])
                self._runs(address, do)
                return "succeeded"
            seen = self.cache.look(asked, do)
        except Later as later:
            verdict.add(*self._doubt(address, do, later.why))
        except ExprError as error:
            verdict.add("run", [{"what": "error", "name": str(error)}])
            raise Later(self._gives(id)) from None
        else:
            if seen.record is not None:
                verdict.add("cached", [])
                self.done.setdefault(id, {})[key] = seen.record
                self.put.update((file["path"], file["sha256"]) for file in seen.record.get("files", ()))
                return "cached"
            reasons = why or self._reasons(call, do, code, seen.why, seen.lost)
            verdict.add("unknown" if reasons == [UNSEEN] else "run", reasons)
        self._runs(address, do)
        return "succeeded"

    def _computed(self, address: Address, do: Table) -> bool:
        """Whether a stub or a built-in reducer gives what it will give already: no user's code makes it."""
        id, key = address
        if do["kind"] not in ("stub", "reduce") or do["outputs"]:
            return False
        call = {"kind": do["kind"], "returns": do["returns"], "builtins": do.get("builtins")}
        try:
            call["params"] = params(Seen(self.values, self.root, None), id, key, do)
            call["stub"] = {name: self.values.value(expr, id, key) for name, expr in do.get("stub", {}).items()}
            self.done.setdefault(id, {})[key] = {"returns": given(call), "files": []}
        except (Later, ExprError, TypeError, ValueError):
            return False
        return True

    def _runs(self, address: Address, do: Table) -> None:
        """It runs: what it returns and writes is not known."""
        id, key = address
        self.done.open(id, key)
        for entry in do["outputs"]:
            path = None
            if not _of_rounds(entry["path"]):
                with suppress(Later, ExprError):
                    path = self.values.value(entry["path"], id, key)
            self.unmade.add(path if isinstance(path, str) else None, bool(entry.get("glob")), self._gives(id))

    def _call(self, address: Address, do: Table) -> Table:
        """The part of an attempt's call that counts. Raises Later where only the run can tell it."""
        id, key = address
        settings = do["cache"]
        ignored = settings.get("ignore", ()) if isinstance(settings, dict) else ()
        takes = {name: expr for name, expr in do["takes"].items() if name not in ignored}
        call = {**self._which(address), **taken(self.values, id, key, {**do, "takes": takes}, self.root, self._there)}
        for path in call["inputs"]:
            self.unmade.see(path)
        self._see_code(do)
        return call

    def _see_code(self, do: Table) -> None:
        """Raises Later where code would be written."""
        code = do.get("code") or {}
        for path in code.get("files", ()):
            self.unmade.see(path)
        for pattern in code.get("globs", ()):
            self.unmade.meet(pattern)

    def _which(self, address: Address) -> Table:
        id, key = address
        part = part_of(self.nodes[id], key)
        return {
            "id": id,
            "path": self.nodes[id]["path"],
            "definition": part["definition"],
            "item": (item_of(self.values, id, key) or None) if key else None,
            "round": round_of(self.nodes, id, key) if key else None,
        }

    def _code(self, address: Address, do: Table) -> Table:
        """Hashes of a step's code by path, and the image that it would run in. Raises Later and ExprError."""
        said = do.get("image") or ""
        name = said if isinstance(said, str) else str(self.values.value(said, *address))
        image = self.image(do.get("profile", ""), name)
        return self.cache.code(do) if image is None else {**self.cache.code(do), IMAGE: image}

    def _reasons(self, call: Table, do: Table, code: Table, why: str, lost: str) -> list[Table]:
        """Why a step runs: what the cache says, or what differs from the nearest of the newest results."""
        if why != "none":
            return [{"what": why, "name": lost} if lost else {"what": why}]
        last = self.cache.last(call)
        if not last:
            return [{"what": "none"}]
        found = nearest(last, self.cache.ingredients(call, do, self.put, code))
        said = [change._asdict() for change in found if change != ELSEWHERE]
        return said or [UNSEEN if found else {"what": "lost"}]  # its entry was removed, or damaged

    def _doubt(self, address: Address, do: Table, why: Table) -> tuple[str, list[Table]]:
        """Of a step that takes what only the run will know: it runs where no result of any step is kept."""
        try:
            last = self.cache.last(self._which(address))
        except Later:
            return "unknown", [why]
        if not last:
            return ("run", [{"what": "none"}]) if self.cache.empty else ("unknown", [why])
        known = {"step": step(do), "code": ingredients(_NOTHING, do, (), {}, self._code(address, do))["code"]}
        return "unknown", [*(change._asdict() for change in nearest(last, known)), why]

    def _unreached(self) -> None:
        """Steps that the walk did not come to: they wait for what only the run knows, or do not run."""
        inside: dict[str, list[str]] = {}
        behind: dict[str, list[str]] = {}
        for id, node in self.nodes.items():
            inside.setdefault(node.get("parent"), []).append(id)
            for other in (*node["needs"], *node["after"]):
                behind.setdefault(other, []).append(id)
        why = dict(self._stuck)
        todo = [(id, [*inside.get(id, ()), *behind.get(id, ())]) for id in why]
        for id in self._stuck:  # what is around it ends no sooner; the rest in there does not wait
            around = self.nodes[id].get("parent")
            while around:
                todo.append((id, behind.get(around, [])))
                around = self.nodes[around].get("parent")
        while todo:
            id, others = todo.pop()
            for other in others:
                if other not in why:
                    why[other] = why[id]
                    todo.append((other, [*inside.get(other, ()), *behind.get(other, ())]))
        reached = {address.id for address in self.machine.statuses}
        for id, node in self.nodes.items():
            part = node
            while "body" in part:
                part = part["body"]
            chosen = self.selected is None or id in self.selected
            if not chosen or part["type"] != "task" or not self.told(node["path"], part["do"]):
                continue
            if id in why and id not in reached:
                self.found.setdefault(id, Verdict({}, [])).add("unknown", [why[id]])
            elif id not in self.found:
                self.found[id] = Verdict({}, [])

    def told(self, path: str, do: Table) -> bool:
        """Whether it is said what becomes of a step: something may spare it."""
        return is_cached(path, do)

    def _path(self, id: str) -> str:
        return str(self.nodes[id]["path"]).removesuffix("!reduce")

    def _gives(self, id: str) -> Table:
        return {"what": "gives", "name": self._path(id)}

    def _status(self, id: str, key: Key) -> str | None:
        self.done.get(id, {}).get(key)  # raises Later of one that runs: it may fail
        found = self.machine.statuses.get(Address(id, key))
        return found.status if found else None

    def _there(self, path: str) -> bool:
        self.unmade.see(path)
        return path in self.put or os.path.exists(os.path.join(self.root, path))

    def _read(self, path: str) -> str:
        self.unmade.see(path)
        try:
            if path in self.put:
                return str(self.catalog.read(self.put[path]), "utf-8")
            with open(os.path.join(self.root, path), encoding="utf-8") as file:
                return file.read()
        except (OSError, LookupError, UnicodeDecodeError) as error:
            raise ExprError(f"can't read the items of `{path}`: {error}") from None


def _of_rounds(expr: Any) -> bool:
    """Whether an expression has another value in each round."""
    return isinstance(expr, list) and (expr[:1] == ["round"] or any(map(_of_rounds, expr)))


_NOTHING: Table = {"params": {}, "env": {}}

"""What `up --resume` would do, before anything runs: what is done already, and why the rest runs (N49, N51)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.agent.call import taken
from runner.rules.bind import Key, part_of
from runner.rules.expr import ExprError
from runner.rules.keys import digest, key_text
from runner.run.cache import is_cached
from runner.run.events import Address
from runner.run.foresight import Foresight, Verdict
from runner.run.glimpse import Glimpse
from runner.run.resume import NEVER, Parent, inputs_digest, same_code
from runner.run.unmade import Later

Table = dict[str, Any]
SINCE: Table = {"what": "code", "name": "", "how": "since"}  # of what is kept all the same


class Sequel(Foresight):
    """One walk over a plan that goes on from a parent. before: the parent's plan, asked for where a reason needs it."""

    def __init__(
        self,
        plan: Table,
        root: Path,
        catalog: Any,
        parent: Parent,
        before: Callable[[], Table],
        selected: frozenset[str] | None = None,
        adopted: Mapping[str, Mapping[Key, Table]] | None = None,
    ) -> None:
        super().__init__(plan, root, catalog, selected, adopted)
        said = parent.run
        self.facts.update(said.get("first", {}), date=said.get("date"), scheduled=said.get("scheduled"))
        self.parent = parent
        self.glimpse = Glimpse(parent, root, catalog, self.cache.hashes, before, self.put)

    def told(self, path: str, do: Table) -> bool:
        """Of every step that may be kept."""
        return not any(mark in path for mark in NEVER)

    def _start(self, address: Address) -> str:
        id, key = address
        do: Table = part_of(self.nodes[id], key)["do"]
        if not self.told(self.nodes[id]["path"], do):
            return super()._start(address)
        verdict = self.found.setdefault(id, Verdict({}, []))
        call = {**self._which(address), "key": key_text(key), "run": {"id": ""}}
        certain = self.glimpse.certain(call, do)
        try:
            call.update(self._whole(address, do, call))
            record = None if certain else self.glimpse.find(call)
        except Later as later:
            if not certain:
                verdict.add("unknown", [later.why])
                self._runs(address, do)
                return "succeeded"
            return self._anew(address, do, certain)
        except ExprError as error:
            verdict.add("run", [{"what": "error", "name": str(error)}])
            raise Later(self._gives(id)) from None
        if record is None:
            return self._anew(address, do, self.glimpse.reasons(call, do))
        verdict.add("adopted", [] if "code_digest" not in call or same_code(record, call) else [SINCE])
        self.done.setdefault(id, {})[key] = record
        self.put.update((file["path"], file["sha256"]) for file in record.get("files", ()))
        return "succeeded"

    def _anew(self, address: Address, do: Table, why: list[Table]) -> str:
        """Of a step that is not kept: the cache may have it."""
        cached = is_cached(self.nodes[address.id]["path"], do)
        if cached and why[0]["what"] != "asked":
            return self._ask_cache(address, do, why)
        self.found[address.id].add("run", why)
        if cached or not self._computed(address, do):
            self._runs(address, do)
        return "succeeded"

    def _whole(self, address: Address, do: Table, call: Table) -> Table:
        """What an attempt takes, with the digests that are compared. Raises Later where only the run can tell them."""
        found = taken(self.values, *address, do, self.root, self._there)
        for path in found["inputs"]:
            self.unmade.see(path)
        found["inputs_digest"] = inputs_digest({**call, **found}, self.put, self.cache.hashes)
        code = self._code(address, do)
        if "code" in do or code:
            try:
                self._see_code(do)
                found["code_digest"] = digest(code)
            except Later:
                if self.parent.changed:
                    raise
        return found

    def _open_round(self, id: str, key: Key) -> bool:
        return self.done.would_run(id, key) and super()._open_round(id, key)

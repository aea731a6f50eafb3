"""Values by address (PROTOCOL 2.3): what a reference of the plan means for one instance of one node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, NamedTuple

from runner.rules.decide import SUCCESS
from runner.rules.expr import ABSENT, ExprError, evaluate, truth
from runner.rules.paths import matches
from runner.rules.values import shown

Key = tuple[int, ...]
Table = dict[str, Any]
Done = Mapping[str, Mapping[Key, Table]]  # node id -> key -> done-record
Items = Mapping[str, Mapping[Key, list[Table]]]  # map id -> key -> items, as they were expanded


class Failure(NamedTuple):
    """A decision that could not be made: the node ends with this reason (closed list of PROTOCOL 2.2)."""

    reason: str
    message: str
    key: str = ""  # of the step, that asks: `when`, `until`, `stop-when`, `choose`, `for-each`

    @property
    def error(self) -> Table:
        """As an end tells it; its type is the key."""
        return {"type": self.key, "message": self.message} if self.key else {"message": self.message}


def part_of(node: Table, key: Key) -> Table:
    """The part of a node that has instances with a key of this length: a map at its own depth, its body below."""
    part = node
    while len(key) > part["depth"] and "body" in part:
        part = part["body"]
    return part


def names_of(part: Table) -> list[str]:
    """The names of a map's items, in the order in which they were written."""
    return list(part.get("names") or part["each"])


class Values:
    """Looks references up in done-records; holds no state of its own.

    plan: the plan; params: resolved parameters; run: id, name, date, scheduled (and status, failed in `[finally]`);
    done, items: what has been committed and expanded so far; blob: reads a blob of the catalog by its hash;
    status: the status of an instance that has ended; over: `status` and `failed` of a used file, by its `[finally]`.
    """

    def __init__(
        self,
        plan: Table,
        params: Table,
        run: Table,
        done: Done,
        items: Items,
        *,
        blob: Callable[[str], Any] | None = None,
        status: Callable[[str, Key], str | None] | None = None,
        read: Callable[[str], str] | None = None,
        over: Callable[[str, Key], Table] | None = None,
    ) -> None:
        self.plan, self.params, self.run, self.done, self.items_of = plan, params, run, done, items
        self.blob, self.status, self.read, self.over = blob, status, read, over
        self.nodes: Table = plan["nodes"]

    def value(self, expr: Any, id: str, key: Key, extra: Table | None = None) -> Any:
        """The value of an expression for instance (id, key); ABSENT where nothing stands. Raises ExprError."""
        return evaluate(expr, lambda ref: self.look(ref, id, key, extra))

    def condition(self, expr: Any, id: str, key: Key, extra: Table | None = None) -> bool | Failure:
        """True, false, or the reason why it is neither (N4, N11)."""
        try:
            return truth(expr, lambda ref: self.look(ref, id, key, extra))
        except ExprError as error:
            return Failure("bad-param", str(error))

    def look(self, ref: list[Any], id: str, key: Key, extra: Table | None = None) -> Any:
        """One leaf; `extra` holds item values that have no address yet (a filter of N4, the names of a source)."""
        tag = ref[0]
        if tag == "param":
            return self.params.get(ref[1], ABSENT)
        if tag == "run":
            facts = self.run if len(ref) < 3 or self.over is None else self.over(ref[2], key[: ref[3]])
            return facts.get(ref[1], ABSENT)
        if tag == "own":
            return self._path(self.nodes[id], key, ref[1])
        name, depth = ref[3] if len(ref) > 3 else "", ref[2]
        if tag == "item":
            if extra is not None and name in extra and len(key) <= depth:
                return extra[name]
            return self.items(ref[1], key[:depth])[key[depth]][name]
        if tag == "round":
            return key[depth]
        if tag == "return":
            return self.returned(ref[1], key[:depth], name)
        if tag == "previous":  # what the round before gave (N31)
            return self.returned(ref[1], (*key[:depth], key[depth] - 1), name) if key[depth] > 1 else ABSENT
        if tag == "each":
            return self._collected(self.nodes[ref[1]], key[:depth], name)
        if tag == "path":
            return self._path(self.nodes[ref[1]], key[:depth], name)
        if tag == "items":
            return [item[name] for item in self.items(ref[1], key[:depth])]
        if tag == "status":
            found = self.status(ref[1], key[:depth]) if self.status else None
            return ABSENT if found is None else found
        raise ExprError(f"unknown reference {tag!r}")

    def returned(self, id: str, key: Key, name: str) -> Any:
        """Return NAME of a node, N6 and N19; ABSENT where its instance gave none."""
        node = self.nodes[id]
        part = part_of(node, key)
        kind = part["type"]
        if "handler" in node and len(key) == node["depth"] and node["handler"]["recover"] == "continue":
            given = self.returned(node["handler"]["node"], key, name)
            if given is not ABSENT or self._recovered(node, key):  # it stands for the step (N29)
                return given
        if kind == "task":
            found = self._recorded(id, key, name)
        elif self.status is not None and self.status(id, key) not in (None, *SUCCESS):
            return ABSENT  # whatever came of what is inside
        elif kind == "map":
            reduce = part.get("reduce") or {}
            if name in reduce.get("names", ()):
                found = self._recorded(reduce["node"], key, name)
            else:
                found = self._collected(node, key, name)
        elif kind == "graph":
            expr = part.get("returns", {}).get(name, ABSENT)
            found = ABSENT if expr is ABSENT else self.value(expr, id, key)
        elif kind == "choice":
            cases = [case for _, case in part["cases"]] + ([part["default"]] if part.get("default") else [])
            values = (self.returned(case, key, name) for case in cases)
            found = next((value for value in values if value is not ABSENT), ABSENT)
        else:
            found = self.returned(id, (*key, self._last_round(id, key)), name)
        return found

    def _recovered(self, node: Table, key: Key) -> bool:
        """Whether a handler has run in the stead of an instance."""
        return self.status is not None and self.status(node["handler"]["node"], key) in SUCCESS

    def items(self, id: str, key: Key) -> list[Table]:
        """The items of a map instance: as they were expanded, else from its sources when those are known."""
        recorded = self.items_of.get(id, {}).get(key)
        if recorded is None:
            return self.expand(id, key)
        return recorded

    def expand(self, id: str, key: Key) -> list[Table]:
        """All combinations of the sources, the last name varying fastest (N5), less what the filter refuses (N4)."""
        part = part_of(self.nodes[id], key)
        found: list[Table] = [{}]
        for name in names_of(part):
            values = self._source(part["each"][name], id, key)
            found = [{**item, name: value} for item in found for value in values]
        wanted = part.get("filter")
        if wanted is None:
            return found
        kept = []
        for item in found:
            verdict = self.condition(wanted, id, key, item)
            if isinstance(verdict, Failure):
                raise ExprError(verdict.message, "when")
            if verdict:
                kept.append(item)
        return kept

    def files(self, pattern: str, writers: list[str], project: list[str]) -> list[str]:
        """What a glob over outputs names: files that this run put, and project files of plan time, by path (N24)."""
        put = {
            file["path"]
            for writer in writers
            for record in self.records_below(writer)
            for file in record.get("files", ())
            if matches(pattern, file["path"])
        }
        return sorted(put.union(project))

    def _source(self, source: Any, id: str, key: Key) -> list[Any]:
        if isinstance(source, list) and source and source[0] == "glob":
            pattern = self.value(source[1], id, key)
            from runner.rules.paths import item_of

            return [item_of(pattern, path) for path in self.files(pattern, source[2], [])]
        if isinstance(source, list) and source and source[0] == "file":
            path = self.value(source[1], id, key)
            text = self.read(path) if self.read else ""
            return file_items(path, text)
        value = self.value(source, id, key)
        if not isinstance(value, list):
            got = "nothing" if value is ABSENT or value is None else shown(value)
            raise ExprError(f"`for-each` needs a list and got {got}")
        return value

    def _recorded(self, id: str, key: Key, name: str) -> Any:
        record = self.done.get(id, {}).get(key)
        if record is None or name not in record.get("returns", {}):
            return ABSENT
        entry = record["returns"][name]
        if entry["kind"] == "object":
            return {"$object": {k: entry[k] for k in ("sha256", "size", "serialiser") if k in entry}}
        if "json" not in entry and self.blob is not None:
            return self.blob(entry["sha256"])
        return entry.get("json")

    def _collected(self, node: Table, key: Key, name: str) -> Any:
        if part_of(node, key)["type"] != "map":
            return ABSENT
        try:
            count = len(self.items(node["id"], key))
        except (ExprError, KeyError, IndexError):
            return ABSENT
        values = [self.returned(node["id"], (*key, index), name) for index in range(count)]
        return [None if value is ABSENT else value for value in values]

    def _last_round(self, id: str, key: Key) -> int:
        """The last round of a loop instance; of one that is not in this run, as far as its records tell."""
        last = 0
        while self.status is not None and self.status(id, (*key, last + 1)) is not None:
            last += 1
        if last:
            return last
        size = len(key)
        keys = (k for inner in self._below(id) for k in self.done.get(inner, ()))
        return max((k[size] for k in keys if k[:size] == key and len(k) > size), default=0)

    def _path(self, node: Table, key: Key, name: str) -> Any:
        part = part_of(node, key)
        if "handler" in node and len(key) == node["depth"] and node["handler"]["recover"] == "continue":
            handler = self.nodes[node["handler"]["node"]]
            found = self._path(handler, key, name) if self._recovered(node, key) else ABSENT
            if found is not ABSENT:  # it stands for the step (N29)
                return found
        if part["type"] == "map":
            return [self._path(node, (*key, index), name) for index in range(len(self.items(node["id"], key)))]
        if part["type"] != "task":
            return ABSENT
        for entry in part["do"]["inputs"] + part["do"]["outputs"]:
            if entry.get("name") == name:
                path = self.value(entry["path"], node["id"], key)
                if not entry.get("glob"):
                    return path
                if "writers" in entry:
                    return self.files(path, entry["writers"], entry.get("project", []))
                record = self.done.get(node["id"], {}).get(key, {})
                return sorted(f["path"] for f in record.get("files", ()) if f.get("name") == name)
        return ABSENT

    def records_below(self, id: str) -> list[Table]:
        """What has committed of a node and all inside it."""
        return [record for inner in self._below(id) for record in self.done.get(inner, {}).values()]

    def _below(self, id: str) -> list[str]:
        """A node, all inside it, and the handlers that stand for one of them."""
        found: list[str] = []
        pending = [id]
        while pending:
            current = pending.pop()
            found.append(current)
            part = self.nodes[current]
            while "body" in part:
                part = part["body"]
            pending.extend(part.get("steps", ()))
            pending.extend(case for _, case in part.get("cases", ()))
            pending.extend(case for case in [part.get("default")] if case)
            handler = self.nodes[current].get("handler")
            if handler and handler["recover"] == "continue":
                pending.append(handler["node"])
        return found


def file_items(path: str, text: str) -> list[Any]:
    """Items of `{ file }`: the list of a .json file, else one text a line, empty lines left out."""
    if path.endswith(".json"):
        import json

        try:
            value = json.loads(text)
        except ValueError as error:
            raise ExprError(f"`{path}` is not JSON: {error}") from None
        if not isinstance(value, list):
            raise ExprError(f"`{path}` holds no JSON list")
        return value
    return [line for line in text.splitlines() if line.strip()]

"""What a resumed run would keep, and why not: records of its parent are only looked at (N35, N51)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from runner.rules.keys import digest
from runner.run.hashes import Hashes
from runner.run.ingredients import GROUPS, SAID, changes, step
from runner.run.restore import Catalog, lack
from runner.run.resume import Adoption, Parent, by_item, same_code

Table = dict[str, Any]


class Glimpse(Adoption):
    """An adoption that changes nothing. before: the plan of the parent, asked for where a reason needs it; put: hashes
    of what lies ready, by path."""

    def __init__(
        self, parent: Parent, root: Path, catalog: Catalog, hashes: Hashes, before: Callable[[], Table], put: Table
    ) -> None:
        super().__init__(parent, root, catalog, hashes)
        self._before, self._put = before, put
        self._nodes: Table | None = None
        self._made: dict[str, str] | None = None
        self._items: dict[tuple[str, str], dict[str, list[Table]]] = {}

    def back(self, record: Table) -> bool:
        """As of an adoption, but only looked at."""
        return lack(record, self.hashes, self.catalog).gone is None

    def certain(self, call: Table, do: Table) -> list[Table]:
        """Why an attempt runs whatever it takes: nothing is done of it, it is asked for, its definition is another."""
        records = self._of(call, "done")
        if not records:
            return [self._undone(call)]
        if self.anew(call):
            return [{"what": "asked"}]
        if any(one.get("definition") == call["definition"] for one in records):
            return []
        return self._definition(call["id"], do, self._nearest(records, call))

    def reasons(self, call: Table, do: Table) -> list[Table]:
        """Why an attempt runs of which no record was found; the names of what changed, as far as they are known."""
        found = self.certain(call, do)
        if found and found[0]["what"] in ("end", "asked"):
            return found
        record = self._nearest(self._of(call, "done"), call)
        if record.get("inputs") != call["inputs_digest"]:
            named = self._inputs(call, record)
            said = {SAID.get(group) for group, what in GROUPS if any(one["what"] == what for one in named)}
            found = [one for one in found if one["name"] not in said]
            found += named or ([] if found else [_unsaid(call, do, self._known())])
        if self.parent.changed and not same_code(record, call):
            found += self._code(call["id"], do)
        gone = None if found else lack(record, self.hashes, self.catalog).gone
        return found or [{"what": "lost", "name": gone} if gone else {"what": "lost"}]

    def _of(self, call: Table, what: str) -> list[Table]:
        """Records of a call's node and item: `done`, or other `ends`."""
        which = (what, call["id"])
        if which not in self._items:
            records = self.parent.done if what == "done" else self.parent.ends
            self._items[which] = by_item(records.get(call["id"], ()))
        return self._items[which].get(digest(call.get("item") or {}), [])

    def _nearest(self, records: list[Table], call: Table) -> Table:
        """Of the same definition where there is one, then of the same key; rounds of a loop have equal items."""
        here = [one for one in records if one["key"] == call["key"]] or records
        return next((one for one in here if one.get("definition") == call["definition"]), here[0])

    def _undone(self, call: Table) -> Table:
        for end in self._of(call, "ends"):
            if end.get("run") == self.parent.meta["run"]:
                return {"what": "end", "name": self.parent.run["name"], "how": end["status"]}
        return {"what": "end", "name": self.parent.run["name"], "how": "not done"}

    def _definition(self, id: str, do: Table, record: Table) -> list[Table]:
        before = self._part(id)
        if before is not None and before["definition"] == record.get("definition"):
            found = changes({"step": step(before["do"])}, {"step": step(do)})
            if found:
                return [change._asdict() for change in found]
        return [{"what": "definition", "name": ""}]  # of an earlier run, or of a file that it names

    def _inputs(self, call: Table, record: Table) -> list[Table]:
        """Parameters, and files that some step had made: of others no record says what they were."""
        was = {name: digest(value) for name, value in (record.get("params_in") or {}).items()}
        now = {name: digest(value) for name, value in call["params"].items()}
        found = changes({"params": was}, {"params": now})
        known = {path: sha for path in call["inputs"] if (sha := self._known().get(path))}
        there = {path: self._put.get(path) or self.hashes.of(path) for path in known}
        return [change._asdict() for change in [*found, *changes({"inputs": known}, {"inputs": there})]]

    def _known(self) -> dict[str, str]:
        """Hashes of all that the parent has put."""
        if self._made is None:
            files = [file for records in self.parent.done.values() for one in records for file in one.get("files", ())]
            self._made = {file["path"]: file["sha256"] for file in reversed(files)}
        return self._made

    def _code(self, id: str, do: Table) -> list[Table]:
        before = self._part(id)
        now = (do.get("code") or {}).get("files", [])
        was = ((before or {}).get("do", {}).get("code") or {}).get("files", now)
        other = [{"what": "code", "name": path, "how": "new"} for path in now if path not in was]
        other += [{"what": "code", "name": path, "how": "gone"} for path in was if path not in now]
        return other or [_one_of("code", [] if (do.get("code") or {}).get("globs") else now)]

    def _part(self, id: str) -> Table | None:
        """The innermost part of a node of the parent's plan."""
        if self._nodes is None:
            self._nodes = self._before().get("nodes", {})
        part: Table | None = self._nodes.get(id)
        while part is not None and "body" in part:
            part = part["body"]
        return part if part is not None and "do" in part else None


def _one_of(what: str, names: list[str]) -> Table:
    """One thing is named; of several only that one of them changed is known; without names not even which they were."""
    if len(names) == 1:
        return {"what": what, "name": names[0], "how": "changed"}
    return {"what": what, "names": names, "how": "one of"}


def _unsaid(call: Table, do: Table, known: Iterable[str]) -> Table:
    """What changed of an attempt that no record tells of: files that no step made, variables, words of a command."""
    env = [name for name, expr in do["env"].items() if isinstance(expr, list)]
    words = any(isinstance(word, list) for word in do.get("argv", ()))
    files = [path for path in call["inputs"] if path not in known]
    perhaps_gone = any(entry.get("glob") or entry.get("optional") for entry in do["inputs"])
    if perhaps_gone or bool(env) + words + bool(files) > 1:
        return _one_of("input", [])
    return {"what": "command", "name": ""} if words else _one_of("env" if env else "input", env or files)

"""The files of a run: what its steps put, and what they were given, with previews while there is room for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from runner.rules.paths import is_pattern, matches
from runner.views.expressions import written
from runner.views.outline import inner
from runner.views.report.preview import PICTURES, preview, wanted
from runner.views.report.seen import Seen

Table = dict[str, Any]
ROOM = 16 << 20  # bytes of all previews of a page
MOST = 600  # previews of a page
FIRST = ("figure", "report", "plot", "table", "metrics")
OPEN = (*PICTURES, ".csv", ".tsv")  # of the project's own files: those that are hardly ever anybody's password


class Files:
    """Each file once, by path and content. `table`: what the page gets; a preview is made once for each content."""

    def __init__(self, seen: Seen) -> None:
        self.seen, self.nodes = seen, seen.plan["nodes"]
        self.table: list[Table] = []
        self.previews: dict[str, Table] = {}
        self._places: dict[tuple[str, str], int] = {}
        self._by_path: dict[str, list[int]] = {}
        self._by_output: dict[tuple[str, str], list[tuple[str, int]]] = {}  # (id, name of the output) -> (key, file)
        self._matched: dict[str, list[int]] = {}
        self._made: dict[str, list[int]] = {}
        for address, entry in seen.run["nodes"].items():
            self._made[address] = [self._put(address, file) for file in _files(entry)]

    def made(self, address: str) -> list[int]:
        """The files that an address put, as places in `table`."""
        return self._made[address]

    def given(self, address: str, do: Mapping[str, Any]) -> list[int]:
        """The files that a step was given."""
        found: list[int] = []
        for each in do.get("inputs") or ():
            path = each.get("path")
            if isinstance(path, list) and path[:1] == ["path"]:
                found += self._output(str(path[1]), str(path[3]), address)
            elif not isinstance(path, str):
                found.append(self._own(written(path, self.nodes)))
            elif is_pattern(path) and each.get("glob"):
                if path not in self._matched:
                    self._matched[path] = [n for one, ns in self._by_path.items() if matches(path, one) for n in ns]
                found += self._matched[path]
            else:
                found += self._by_path.get(path) or [self._own(path)]
        return list(dict.fromkeys(found))

    def show(self) -> None:
        """Make the previews: first of what was made to be looked at."""
        order = sorted(
            range(len(self.table)), key=lambda n: FIRST.index(k) if (k := self.table[n]["kind"]) in FIRST else 9
        )
        room = ROOM
        for place in order:
            file = self.table[place]
            if file.get("private"):
                continue
            key = str(file.get("sha256") or file["path"])
            if key not in self.previews and len(self.previews) < MOST and room > 0:
                made = self._own_preview(file) if file["kind"] == "input" else self._preview(file)
                if made is not None:
                    self.previews[key] = made
                    room -= len(str(made.get("src") or made.get("text") or ())) or 4096
            if key in self.previews:
                file["preview"] = key

    def text(self, file: Mapping[str, Any], most: int) -> tuple[str, bool] | None:
        """A file of a step as text, and whether that is all of it; None where it may not be shown, or is gone."""
        data = self.seen.blob(str(file["sha256"]), most)
        return None if data is None else (data.decode("utf-8-sig", "replace"), len(data) >= int(file.get("size") or 0))

    def _preview(self, file: Table) -> Table | None:
        most = wanted(file["path"], file["size"])
        data = self.seen.blob(file["sha256"], most) if most else None
        return None if data is None else preview(file["path"], data, file["size"])

    def _own_preview(self, file: Table) -> Table | None:
        if PurePosixPath(file["path"]).suffix.lower() not in OPEN:
            return None
        found = self.seen.project(file["path"], 4 << 20)
        if found is None:
            return None
        file["size"] = found[1]
        most = wanted(file["path"], found[1])
        return preview(file["path"], found[0][:most], found[1]) if most else None

    def _put(self, address: str, file: Mapping[str, Any]) -> int:
        id, _, key = address.partition(" ")
        path, sha = str(file["path"]), str(file["sha256"])
        place = self._places.setdefault((path, sha), len(self.table))
        if place == len(self.table):
            kept = {name: file[name] for name in ("name", "x", "y") if name in file}
            kind, size = file.get("kind", "file"), int(file.get("size") or 0)
            self.table.append({"path": path, "sha256": sha, "size": size, "kind": kind, **kept})
            self._by_path.setdefault(path, []).append(place)
        if secret(self.nodes, id):
            self.table[place]["private"] = True
        if file.get("name"):
            self._by_output.setdefault((id, str(file["name"])), []).append((key, place))
        return place

    def _own(self, path: str) -> int:
        place = self._places.setdefault((path, ""), len(self.table))
        if place == len(self.table):
            self.table.append({"path": path, "kind": "input"})
        return place

    def _output(self, id: str, name: str, address: str) -> Iterable[int]:
        """The files of an output: of the same item where both are in one, else of all."""
        key = address.partition(" ")[2]
        all = self._by_output.get((id, name), [])
        return [place for at, place in all if at == key] or [place for _, place in all]


def secret(nodes: Mapping[str, Mapping[str, Any]], id: str) -> bool:
    """Whether a step is given secrets: nobody has looked for them in its files."""
    return bool((inner(nodes.get(id, {})).get("do") or {}).get("secrets"))


def _files(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [file for file in entry.get("files") or () if file.get("path") and file.get("sha256")]

"""What runs have put into the catalog: the files of steps by path, and which run put them there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from runner.rules.keys import key_text
from runner.rules.paths import is_pattern, matches
from runner.run.records import Records

Table = dict[str, Any]


class Put(NamedTuple):
    """A file that a step put. address: `<id> <key>` of the step; node: its path; run: the id of the run."""

    path: str
    sha256: str
    size: int
    mode: int
    address: str
    node: str
    run: str


class Changes(NamedTuple):
    """What differs between two runs, by path."""

    added: list[Put]
    removed: list[Put]
    changed: list[tuple[Put, Put]]


def puts(records: Records) -> dict[str, Put]:
    """The files of one run by path: of successes, and what failures put `always`; of a path put twice the later one."""
    run = str(records.run.get("run"))
    done = [(id, key, record) for id, found in records.done.items() for key, record in found.items()]
    ends = [(*address, record) for address, found in records.ends.items() for record in found]
    found: dict[str, Put] = {}
    for id, key, record in sorted((*ends, *done), key=lambda one: float(one[2].get("end") or 0)):
        if record.get("superseded_by") or record.get("via") == "mock":
            continue
        for file in record.get("files") or ():
            where = (f"{id} {key_text(key)}", str(record.get("node")), run)
            found[file["path"]] = Put(file["path"], file["sha256"], file["size"], file.get("mode") or 0o644, *where)
    return found


def newest(runs: Iterable[Mapping[str, Put]]) -> dict[str, Put]:
    """By path, what the newest run that has it put there. runs: newest first."""
    found: dict[str, Put] = {}
    for each in runs:
        for path, put in each.items():
            found.setdefault(path, put)
    return found


def chosen(paths: Iterable[str], wanted: str) -> list[str]:
    """Those of the paths that a path, a folder or a pattern names, sorted."""
    known = sorted(paths)
    if wanted in known:
        return [wanted]
    below = wanted.rstrip("/") + "/"
    found = [path for path in known if path.startswith(below)]
    return found or [path for path in known if is_pattern(wanted) and matches(wanted, path)]


def changes(before: Mapping[str, Put], after: Mapping[str, Put]) -> Changes:
    """From one run to another: paths that one of them lacks, and those with another content."""
    both = sorted(before.keys() & after.keys())
    return Changes(
        [after[path] for path in sorted(after.keys() - before.keys())],
        [before[path] for path in sorted(before.keys() - after.keys())],
        [(before[path], after[path]) for path in both if before[path].sha256 != after[path].sha256],
    )

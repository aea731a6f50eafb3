"""What differs between two runs of one pipeline, and what of it explains the rest: a function of plans and Runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from runner.plan.mocked import task_of
from runner.run.ingredients import step

Table = dict[str, Any]
Tables = Mapping[str, Table]
ABSENT = object()
LAST = {"profile": 1, "image": 2}  # causes that come after all others
NOTICED = (1.0, 0.3)  # seconds, and part of the longer one, by which a duration has to differ


class Side(NamedTuple):
    """A plan and the Run folded from it; status: of a run that has not ended too."""

    plan: Table
    run: Table
    status: str


class Change(NamedTuple):
    """One thing that differs; `ABSENT` where a side has none, on both sides where only the name is known."""

    name: str
    before: Any
    after: Any


class Cause(NamedTuple):
    """What explains other results. what: `parameter`, `step`, `code`, `input`, `image` (or code, of the steps that
    it names), `profile`; step: its path, "" for several; changes: parameters, keys of the step, paths, if known."""

    what: str
    step: str
    changes: list[Change]


class Step(NamedTuple):
    """An address that is in both runs, and differs. seconds: only what is to be noticed."""

    label: str
    status: Change | None
    seconds: Change | None
    returns: list[Change]
    metrics: list[Change]


class Comparison(NamedTuple):
    """added, removed: labels that one run lacks; plan: path of a step -> the keys that are said otherwise, or `new` or
    `gone` alone; files by path, as `{size, sha256, step, id}`."""

    why: list[Cause]
    params: list[Change]
    profile: list[Change]
    plan: dict[str, list[str]]
    status: Change | None
    steps: list[Step]
    added: list[str]
    removed: list[str]
    files: list[Change]

    @property
    def same(self) -> bool:
        """Whether both came to the same."""
        return not (self.status or self.files or self.added or self.removed or self.first)

    @property
    def first(self) -> Step | None:
        """The first step that came to something else."""
        return next((one for one in self.steps if one.status or one.returns or one.metrics), None)


def compare(before: Side, after: Side) -> Comparison:
    """Steps are the same where their labels are."""
    was, now = (_by_label(side.run) for side in (before, after))
    both = [label for label in now if label in was]
    params = _changes(before.run.get("params") or {}, after.run.get("params") or {})
    plan = _plans(before.plan, after.plan)
    profile = _changes(_profile(before.plan), _profile(after.plan))
    steps = [_step(label, was[label], now[label]) for label in both if _leaf(after.plan, now[label])]
    files = _changes(_files(was), _files(now), lambda file: file["sha256"])
    found = Comparison(
        [],
        params,
        profile,
        plan,
        _change("status", before.status, after.status),
        [one for one in steps if any(one[1:])],
        [label for label in now if label not in was],
        [label for label in was if label not in now],
        files,
    )
    led = {str(now[one.label]["path"]) for one in steps if one.status or one.returns or one.metrics}
    led |= {str(now[one.after["step"]]["path"]) for one in files if one.after is not ABSENT}
    why = sorted(
        _why(found, before, after, was, now),
        key=lambda one: (
            LAST.get(one.what, 0),
            one.step != "" and one.step not in led,
        ),  # what led to something first
    )
    return found._replace(why=why)


def _by_label(run: Table) -> dict[str, Table]:
    found = {}
    for address, entry in run["nodes"].items():
        id, _, key = address.partition(" ")
        found[str(entry["label"])] = {**entry, "id": id, "key": key}
    return found


def _leaf(plan: Table, entry: Table) -> bool:
    """Whether it is a step: what holds others ends as they do."""
    part, depth = plan["nodes"][entry["id"]], 0 if entry["key"] == "-" else entry["key"].count(".") + 1
    deep = part["depth"]
    while "body" in part:
        part, deep = part["body"], deep + 1
    return bool(part["type"] == "task" and depth == deep)


def _change(name: str, before: Any, after: Any) -> Change | None:
    return None if before == after else Change(name, before, after)


def _changes(before: Mapping[str, Any], after: Mapping[str, Any], of: Any = lambda value: value) -> list[Change]:
    found = []
    for name in dict.fromkeys((*after, *before)):
        old, new = before.get(name, ABSENT), after.get(name, ABSENT)
        if old is ABSENT or new is ABSENT or of(old) != of(new):
            found.append(Change(name, old, new))
    return found


def _profile(plan: Table) -> Table:
    """All that a profile sets, by dotted keys."""
    found: Table = {}
    todo: list[tuple[str, Any]] = [("", plan.get("profile") or {})]
    while todo:
        key, value = todo.pop()
        if isinstance(value, dict):
            todo += [(f"{key}.{name}" if key else name, one) for name, one in value.items()]
        else:
            found[key] = value
    return dict(sorted(found.items(), key=lambda one: (one[0] != "name", one[0])))


def _step(label: str, old: Table, new: Table) -> Step:
    return Step(
        label,
        None if _good(old) and _good(new) else _change("status", old.get("status"), new.get("status")),
        _noticed(took(old), took(new)),
        _changes(old.get("returns") or {}, new.get("returns") or {}, _content),
        _changes(_last(old).get("metrics") or {}, _last(new).get("metrics") or {}),
    )


def _good(entry: Table) -> bool:
    """Whether there is a result of it, wherever that is from."""
    return entry.get("status") in ("succeeded", "cached")


def _content(value: Any) -> Any:
    """What counts of a return: its value, or the hash of its object."""
    return value if not isinstance(value, Mapping) else value.get("json", value.get("sha256"))


def _last(entry: Table) -> Table:
    attempts = entry.get("attempts") or [{}]
    return dict(attempts[-1])


def took(entry: Table) -> float | None:
    """Seconds from the first start to the end; None for what was not done in this run."""
    start, end = entry.get("start"), entry.get("end")
    if start is None or end is None or entry.get("status") == "cached" or "adopted" in _last(entry):
        return None
    return float(end) - float(start)


def _noticed(old: float | None, new: float | None) -> Change | None:
    if old is None or new is None or abs(new - old) < max(NOTICED[0], NOTICED[1] * max(old, new)):
        return None
    return Change("seconds", old, new)


def _files(entries: Tables) -> dict[str, Table]:
    """By path, of a path that was put twice the later one."""
    ended = sorted(entries.items(), key=lambda one: float(one[1].get("end") or 0.0))
    return {
        file["path"]: {"size": file.get("size"), "sha256": file["sha256"], "step": label, "id": entry["id"]}
        for label, entry in ended
        for file in entry.get("files") or ()
    }


def _plans(before: Table, after: Table) -> dict[str, list[str]]:
    was, now = ({node["path"]: node for node in plan["nodes"].values()} for plan in (before, after))
    found: dict[str, list[str]] = {}
    for path in dict.fromkeys((*now, *was)):
        if path not in was or path not in now:
            found[path] = ["gone" if path in was else "new"]
        elif keys := _keys(was[path], now[path]):
            found[path] = keys
    return found


def _keys(old: Table, new: Table) -> list[str]:
    """The keys that a step says otherwise, of its task as a user writes them, of the rest as the plan has them."""
    one, two = _said(old), _said(new)
    return sorted(key for key in {*one, *two} if one.get(key) != two.get(key))


def _said(node: Table) -> Table:
    found: Table = {}
    part: Table | None = node
    while part is not None:
        for key, value in part.items():
            if key == "do":
                found |= step(value) | {one: value[one] for one in ENDS if one in value}
            elif key not in ("body", "definition", "id", "depth", "parent", "path", "description", "tags", "type"):
                found.setdefault(WORDS.get(key, key), []).append(value)
        part = part.get("body")
    return found


ENDS = ("resources", "secrets")  # decide whether there is a result, not which
WORDS = {"each": "for-each", "names": "for-each", "max_parallel": "max-parallel", "stop_when": "stop-when"}


def _why(found: Comparison, before: Side, after: Side, was: Tables, now: Tables) -> Iterator[Cause]:
    """What each step was given otherwise, unless an earlier step explains it; what was said otherwise comes first."""
    if found.params:
        yield Cause("parameter", "", found.params)
    for path, keys in found.plan.items():
        if not path.endswith(("!reduce", "!on-failure")):
            yield Cause("step", path, [Change(key, ABSENT, ABSENT) for key in keys])
    moved = {str((one.before if one.after is ABSENT else one.after)["id"]) for one in found.files}
    given: dict[tuple[str, str], list[Change]] = {}
    for label in (label for label in now if label in was):
        path, do = str(now[label]["path"]), task_of(after.plan["nodes"].get(now[label]["id"], {})) or {}
        for what, names in _given(do, _last(was[label]), _last(now[label]), moved):
            given.setdefault((what, path), [Change(name, ABSENT, ABSENT) for name in names])
    if found.profile:  # what steps run in is part of their code, and nobody can say which of both it was
        paths = [path for what, path in given if what == "code"]
        yield from [Cause("image", "", [Change(path, ABSENT, ABSENT) for path in paths])] if paths else []
    for (what, path), changes in given.items():
        if what != "code" or not found.profile:
            yield Cause(what, path, changes)
    if found.profile:
        yield Cause("profile", "", found.profile)


def _given(do: Table, old: Table, new: Table, moved: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Code and files of the project that two attempts of one step had otherwise, as far as anybody can tell their
    names. moved: ids of steps that put other files."""
    code = [(one.get("code") or {}).get("digest") for one in (old, new)]
    inputs = [entry["path"] for entry in do.get("inputs") or ()]
    said = (do.get("code") or {}).get("files") or ()
    names = [name for name in said if name not in inputs]  # a script may name its inputs too
    if all(code) and code[0] != code[1] and (names or not said):
        yield "code", names
    if any(old.get(key) != new.get(key) for key in ("definition", "params_in")):
        return
    if not (old.get("inputs") and new.get("inputs")) or old["inputs"] == new["inputs"]:
        return
    entries = [(entry["path"], set(entry.get("writers") or ())) for entry in do.get("inputs") or ()]
    made = [writers | ({str(path[1])} if path[0] == "path" else set()) for path, writers in entries]
    if not any(moved & writers for writers in made):
        plain = [
            path for (path, _), writers in zip(entries, made, strict=True) if isinstance(path, str) and not writers
        ]
        yield "input", plain

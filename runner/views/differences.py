"""What differs between two runs, for people: what explains it first, then step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from runner.run.compare import ABSENT, Cause, Change, Comparison, Step
from runner.views import given, words
from runner.views.table import table
from runner.views.terminal import clean
from runner.views.times import duration

MOST = 60  # columns of a value
ROWS = 40  # of a table on a terminal
SAYS = {"code": "its code changed", "input": "its input files changed"}


def text(found: Comparison, names: tuple[str, str], plan: str, width: int | None = None, arrow: str = "->") -> str:
    """names: of the two runs; plan: its differences as text, "" for none; width: of a terminal."""
    head, *causes = first(found, arrow)
    parts = ["\n".join([head, *(f"  {one}" for one in causes)])]
    rows = [row for step in found.steps for row in _rows(step)]
    if rows:
        parts.append(_table(("STEP", "WHAT", *names), rows, width))
    if found.files:
        parts.append(_table(("FILE", "PATH", *names, "STEP"), files(found), width, " ".join(names)))
    only = [f"only in {name}: {words.listed(some)}" for name, some in zip(names, _only(found), strict=True) if some]
    parts += ["\n".join(only)] if only else []
    lines = plan.splitlines()
    if width is not None and len(lines) > ROWS:
        lines = [*lines[:ROWS], f"and {len(lines) - ROWS:,} more lines of what the steps say otherwise"]
    parts += ["\n".join(lines)] if lines else []
    return "\n\n".join(parts) + "\n"


def _only(found: Comparison) -> tuple[list[str], list[str]]:
    return found.removed, found.added


def first(found: Comparison, arrow: str) -> list[str]:
    """What is to be said first: a sentence, then what most likely explains the rest, a line each."""
    said = [_cause(cause, arrow) for cause in found.why]
    if found.same:
        return ["the results are the same", *(f"though {one}" for one in said)]
    if said:
        return ["the results differ, most likely because:", *said]
    where = f"; `{found.first.label}` is the first that came to something else" if found.first else ""
    return [f"nothing on record explains it: parameters, plan, code, inputs and profile are the same{where}"]


def _cause(cause: Cause, arrow: str) -> str:
    if cause.what == "parameter":
        noun = "parameter" if len(cause.changes) == 1 else "parameters"
        return f"{noun} " + ", ".join(f"{one.name}: {_both(one, arrow)}" for one in cause.changes)
    if cause.what == "profile":
        if cause.changes[0].name == "name":  # another one: what it sets stands in its file
            return f"profile {_both(cause.changes[0], arrow, str)}"
        return "profile: " + ", ".join(f"{one.name}: {_both(one, arrow)}" for one in cause.changes)
    if cause.what == "image":
        return f"code of {words.listed([one.name for one in cause.changes])} changed, or what it runs in"
    said = clause(cause)
    return f"step {cause.step} {said}" if said.startswith("is ") else f"step {cause.step}: {said}"


def clause(cause: Cause) -> str:
    """What a cause says of its step: `is new`, `its code changed (work.py)`."""
    if cause.what == "step":
        names = words.listed([f"`{one.name}`" for one in cause.changes])
        return {"`new`": "is new", "`gone`": "is gone"}.get(names, f"{names} changed")
    names = words.listed([one.name for one in cause.changes])
    names = f"one of {names}" if len(cause.changes) > 1 else names
    return SAYS[cause.what] + (f" ({names})" if names else "")


def _both(change: Change, arrow: str, said: Any = None) -> str:
    before, after = ((said or value)(one) for one in (change.before, change.after))
    return f"{before} {arrow} {after}"


def _rows(step: Step) -> Iterator[tuple[str, str, str, str]]:
    if step.status:
        yield step.label, "status", str(step.status.before), str(step.status.after)
    for name, then, now, percent in values(step):
        yield step.label, name, then, f"{now}  {percent}".rstrip()
    if step.seconds:
        yield (
            step.label,
            "took",
            duration(step.seconds.before),
            f"{duration(step.seconds.after)}  {_percent(step.seconds)}".rstrip(),
        )


def values(step: Step) -> Iterator[tuple[str, str, str, str]]:
    """What a step returned or measured otherwise: its name, then, now, how much it grew."""
    for change in (*step.returns, *step.metrics):
        yield change.name, value(change.before), value(change.after), _percent(change)


def _percent(change: Change) -> str:
    """How much a number grew: `+12 %`."""
    old, new = (one.get("json") if isinstance(one, Mapping) else one for one in change[1:])
    if any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in (old, new)) or not old:
        return ""
    percent = 100 * (new - old) / abs(old)
    if percent >= 1000:
        return f"{new / old:,.0f} times" if old > 0 else ""
    return f"{percent:+.0f} %" if abs(percent) >= 9.95 else f"{percent:+.1f} %"


def value(told: Any) -> str:
    """A parameter, a return or a metric on one line."""
    if told is ABSENT:
        return "(none)"
    text = clean(given.returned(told))
    return text if len(text) <= MOST else f"{text[: MOST - 3]}..."


def files(found: Comparison) -> list[tuple[str, ...]]:
    """What became of a file, its path, what it was, what it is, the step that put it."""
    rows = []
    for path, old, new in found.files:
        step = (old if new is ABSENT else new)["step"]
        told = ["" if one is ABSENT else f"{one['size'] or 0:,} bytes {one['sha256'][:8]}" for one in (old, new)]
        what = "added" if old is ABSENT else "removed" if new is ABSENT else "changed"
        rows.append((what, path, *told, step))
    return rows


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], width: int | None, right: str = "") -> str:
    """On a terminal its first rows."""
    more = len(rows) - ROWS if width is not None and len(rows) > ROWS + 1 else 0
    shown = table(head, rows[: len(rows) - more], width=width, right=right).rstrip("\n")
    return shown + (f"\nand {more:,} more; `--json` has all" if more else "")


def data(found: Comparison) -> dict[str, Any]:
    """The same for programs: `before` and `after` of each thing, left out where a run has none; seconds and bytes."""
    return {
        "same": found.same,
        "why": [
            {"what": one.what, **({"step": one.step} if one.step else {}), "changes": list(map(_said, one.changes))}
            for one in found.why
        ],
        "status": _pair(found.status),
        "params": _pairs(found.params),
        "plan": found.plan,
        "profile": _pairs(found.profile),
        "steps": {
            one.label: {
                **({"status": _pair(one.status)} if one.status else {}),
                **({"seconds": _pair(one.seconds)} if one.seconds else {}),
                **({"returns": _pairs(one.returns)} if one.returns else {}),
                **({"metrics": _pairs(one.metrics)} if one.metrics else {}),
            }
            for one in found.steps
        },
        "added": found.added,
        "removed": found.removed,
        "files": _pairs(found.files),
    }


def _pairs(changes: list[Change]) -> dict[str, Any]:
    return {change.name: _pair(change) for change in changes}


def _pair(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {side: one for side, one in (("before", change.before), ("after", change.after)) if one is not ABSENT}


def _said(change: Change) -> dict[str, Any]:
    return {"name": change.name, **(_pair(change) or {})}

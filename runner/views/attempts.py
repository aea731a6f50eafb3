"""Every attempt of a run as a row of numbers, for tables, databases and timelines."""

from __future__ import annotations

import csv
import heapq
import io
import json
import math
import time
from collections.abc import Iterator, Mapping
from typing import Any

from runner.plan.mocked import task_of
from runner.views.nest import Nest
from runner.views.waiting import Waiting

COLUMNS = {
    "run": "name of the run",
    "step": "the step's path: `sample.sort`",
    "label": "the same with its item or round: `train[island=Dream]`",
    "attempt": "its number, from 1",
    "status": "succeeded, cached, failed, errored, cancelled, running",
    "reason": "why it did not succeed, in one word: `exit`, `timeout`, `oom`",
    "start": "when it began: ISO 8601, UTC, milliseconds",
    "end": "when it ended: the same",
    "waited_s": "seconds between the moment when it could have begun (a retry: the end before it) and its start",
    "run_s": "seconds that its command ran",
    "cpu_s": "processor seconds, of the program and of the kernel for it",
    "peak_bytes": "the most memory that it had, in bytes",
    "exit": "the exit code of its command",
    "signal": "the number of the signal that ended it",
    "executor": "the type of executor that ran it",
    "profile": "the profile that says so",
    "kept": "id of the run that did it, where this one has only kept it",
}
Row = dict[str, Any]


def rows(run: Mapping[str, Any], plan: Mapping[str, Any]) -> Iterator[Row]:
    """By step, in the order of the plan; None where nothing is known, as for what was kept of another run."""
    nodes = plan["nodes"]
    waiting = Waiting(run, nodes, Nest(run["nodes"], nodes))
    for address, entry in run["nodes"].items():
        profile = _profile(plan, nodes[address.partition(" ")[0]])
        before: float | None = None
        for attempt in entry.get("attempts") or ():
            kept = attempt.get("adopted")
            start = attempt.get("start", attempt.get("at"))
            ready = waiting.ready(address).at if before is None else before
            before = attempt.get("end")
            here = start is not None and not kept and attempt.get("status") != "cached"
            cpu = [attempt[key] for key in ("user_s", "sys_s") if key in attempt]
            yield {
                "run": run.get("name"),
                "step": entry.get("path"),
                "label": entry.get("label"),
                "attempt": attempt.get("n"),
                "status": attempt.get("status"),
                "reason": attempt.get("reason"),
                "start": moment(start),
                "end": moment(before),
                "waited_s": round(max(0.0, start - ready), 6) if here else None,
                "run_s": _round(attempt.get("run_s")) if here else None,
                "cpu_s": _round(sum(cpu)) if here and cpu else None,
                "peak_bytes": (attempt.get("max_rss") or None) if here else None,
                "exit": attempt.get("exit"),
                "signal": attempt.get("signal"),
                "executor": (profile.get("executor") or {}).get("type"),
                "profile": profile.get("name"),
                "kept": (kept or {}).get("run"),
            }


def _profile(plan: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    """That of a task, or of the whole run."""
    sent = (task_of(dict(node)) or {}).get("profile")
    found: Mapping[str, Any] = (plan.get("profiles") or {}).get(sent) or plan.get("profile") or {}
    return found


def moment(at: float | None) -> str | None:
    """ISO 8601, UTC, with milliseconds."""
    if at is None:
        return None
    whole, part = divmod(round(at * 1000), 1000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(whole))}.{part:03}Z"


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def jsonl(found: Iterator[Row]) -> str:
    """A JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)


def table(found: Iterator[Row]) -> str:
    """CSV with a line of names; empty where nothing is known."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(found)
    return out.getvalue()


def chrome(run: Mapping[str, Any], plan: Mapping[str, Any]) -> str:
    """Trace events, as Perfetto and chrome://tracing draw them: attempts that ran at once in lanes of their own;
    microseconds since the start of the run. What has not ended begins, and has no duration."""
    zero = float(run.get("start") or 0.0)
    starts = (attempt for entry in run["nodes"].values() for attempt in entry.get("attempts") or ())
    spans = []
    for number, (attempt, row) in enumerate(zip(starts, rows(run, plan), strict=True)):
        if row["waited_s"] is None:  # not done in this run
            continue
        start = float(attempt.get("start", attempt.get("at")))
        end = float(attempt["end"]) if attempt.get("end") else math.inf
        spans.append((start, end, number, row))
    events: list[Row] = []
    busy: list[tuple[float, int]] = []  # end, lane
    free: list[int] = []
    lanes = 0
    for start, end, _, row in sorted(spans, key=lambda one: one[:3]):
        while busy and busy[0][0] <= start:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            lane = heapq.heappop(free)
        else:
            lanes, lane = lanes + 1, lanes + 1
        heapq.heappush(busy, (end, lane))
        told = {key: value for key, value in row.items() if value is not None and key not in ("run", "label")}
        events.append(
            {
                "name": row["label"] + (f"~{row['attempt']}" if row["attempt"] != 1 else ""),
                "cat": row["status"],
                "ts": round((start - zero) * 1e6),
                **({"ph": "B"} if end == math.inf else {"ph": "X", "dur": max(0, round((end - start) * 1e6))}),
                "pid": 1,
                "tid": lane,
                "args": told,
            }
        )
    names = [_named("process_name", 0, f"{plan.get('name')}: {run.get('name')}")]
    names += [_named("thread_name", lane, f"lane {lane}") for lane in range(1, lanes + 1)]
    return json.dumps({"displayTimeUnit": "ms", "traceEvents": [*names, *events]}, ensure_ascii=False) + "\n"


def _named(what: str, lane: int, name: str) -> Row:
    return {"name": what, "ph": "M", "pid": 1, "tid": lane, "args": {"name": name}}

"""A run as JUnit XML, which CI services show: a test case for each step and item."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import quoteattr

from runner.views import given, words
from runner.views.nest import Nest
from runner.views.reasons import Reasons
from runner.views.svg import escaped
from runner.views.terminal import clean

LINES = 40  # of a log
GOOD, BAD, ERROR = ("succeeded", "cached"), ("failed",), ("errored", "lost", "cancelled")
Log = Callable[[str, int], list[str]]


def junit(run: Mapping[str, Any], plan: Mapping[str, Any], log: Log, *, host: str = "") -> str:
    """log: (address, number of an attempt) -> its last lines. A failure that the run has got over (a handler took it,
    a map tolerated it) does not count: it is a test that was skipped, and says so."""
    told, nodes = run["nodes"], plan["nodes"]
    nest, reasons = Nest(told, nodes), Reasons(run, nodes, live=run.get("status") is None)
    cases = []
    counts = {"failure": 0, "error": 0, "skipped": 0}
    for address, entry in told.items():
        whole = nest.kind(address) != "task" or str(entry.get("path")).endswith("!reduce")  # nobody wrote a reducer
        if nest.inside.get(address) or (whole and entry.get("status") in GOOD):
            continue
        what, lines = _end(address, entry, nest, reasons, log)
        counts[what] = counts.get(what, 0) + 1
        head = f"name={_quoted(entry.get('label'))} classname={_quoted(plan.get('name') or 'pipeline')}"
        head = f'    <testcase {head} time="{_took(entry):.3f}"'
        cases.append(f"{head}/>\n" if not lines else f"{head}>\n{''.join(lines)}    </testcase>\n")
    start, end = run.get("start") or 0.0, run.get("end")
    took = float(end) - float(start) if end is not None else 0.0
    sums = f'tests="{len(cases)}" failures="{counts["failure"]}" errors="{counts["error"]}" '
    name, time_ = f"name={_quoted(plan.get('name') or 'pipeline')}", f'time="{took:.3f}"'
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(start))
    suite = f'{name} {sums}skipped="{counts["skipped"]}" {time_} timestamp="{at}"'
    facts = {"run": run.get("name"), "profile": (plan.get("profile") or {}).get("name")}
    facts |= {name: given.value(value) for name, value in (run.get("params") or {}).items()}
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f"<testsuites {name} {sums}{time_}>\n"
        f"  <testsuite {suite}{f' hostname={_quoted(host)}' if host else ''}>\n"
        "    <properties>\n"
        + "".join(f"      <property name={_quoted(key)} value={_quoted(value)}/>\n" for key, value in facts.items())
        + "    </properties>\n"
        + "".join(cases)
        + "  </testsuite>\n</testsuites>\n"
    )


def _end(address: str, entry: Mapping[str, Any], nest: Nest, reasons: Reasons, log: Log) -> tuple[str, list[str]]:
    """`failure`, `error`, `skipped` or `passed`, and the lines that say it."""
    status, attempts = entry.get("status"), entry.get("attempts") or ()
    if status in GOOD:
        many = words.attempts(len(attempts)).strip()
        return "passed", [f"      <system-out>succeeded {escaped(many)}</system-out>\n"] if many else []
    if status not in (*BAD, *ERROR):
        why = reasons.told_of(address, ": ") or str(status)
        return "skipped", [f"      <skipped message={_quoted(why)}/>\n"]
    end = {**attempts[-1], "status": status} if attempts else entry
    why = reasons.told_of(address, ": ") or str(status)
    lines = [clean(line) for line in log(address, int(end.get("n") or 1))] if attempts else []
    if entry.get("handled") or _tolerated(address, nest):
        return "skipped", [f"      <skipped message={_quoted(f'{status}, but the run went on: {why}')}/>\n"]
    what = "error" if status in ERROR else "failure"
    kind = str((end.get("error") or {}).get("type") or end.get("reason") or status)
    traceback = str((end.get("error") or {}).get("traceback") or "")
    said = [clean(line) for line in traceback.splitlines()] or [why]
    body = "\n".join([*said, *(["", "last lines:"] if lines else []), *lines])
    return what, [f"      <{what} message={_quoted(why)} type={_quoted(kind)}>{escaped(body)}</{what}>\n"]


def _tolerated(address: str, nest: Nest) -> bool:
    """Whether something around it has succeeded all the same."""
    around = nest.around(address)
    while around:
        entry = nest.told[around]
        if entry.get("status") in GOOD or entry.get("handled"):
            return True
        around = nest.around(around)
    return False


def _took(entry: Mapping[str, Any]) -> float:
    """Seconds of all attempts in this run, with the time between them."""
    start, end = entry.get("start"), entry.get("end")
    kept = any("adopted" in attempt for attempt in entry.get("attempts") or ())
    return 0.0 if start is None or end is None or kept else max(0.0, float(end) - float(start))


def _quoted(value: Any) -> str:
    return quoteattr(clean(" ".join(str(value).split())))

"""`runner show`: a run, or one step of it: statuses, attempts, what went in and came out, why it did not run."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands.asking import JSON, ROOT, RUN
from runner.commands.find import find
from runner.text.diagnostics import Refused, diagnose
from runner.views import given, words
from runner.views.doing import doing
from runner.views.nest import Nest
from runner.views.reasons import Reasons
from runner.views.sizes import amount
from runner.views.table import table
from runner.views.terminal import clean, coloured, cut, is_terminal, paint, size
from runner.views.times import duration, moment, took

if TYPE_CHECKING:
    from runner.commands.common import OpenRun

OPTIONS = [
    RUN,
    (
        ("step",),
        {
            "nargs": "?",
            "metavar": "STEP",
            "help": "train, train[island=Dream], train[0], train~1, @failed (all steps)",
        },
    ),
    (("--all",), {"action": "store_true", "help": "open every group, map and loop"}),
    ROOT,
    JSON,
]

LIVE = ("running", "detached")
SINCE = {
    "lost": "its process is gone; `runner retry {name}` goes on from it",
    "detached": "nobody here follows it; this is what its pods have said so far",
}


def run(args: argparse.Namespace) -> int:
    """Print the answer; raises Refused for a run or step that is not there."""
    from runner.commands.collecting import uncollected

    with uncollected():
        return _told(args)


def _told(args: argparse.Namespace) -> int:
    from runner.commands.common import open_run
    from runner.commands.warning import warn_of_damage

    opened = open_run(args.run, Path(args.root) if args.root else None)
    warn_of_damage(opened.run.get("name"), opened.damaged)
    folded, nodes = opened.run, opened.plan["nodes"]
    if args.step is None:
        if args.json:
            from runner.views.lines import lines

            sys.stdout.writelines(lines(folded))
        else:
            nest = Nest(folded["nodes"], nodes)
            shown = list(nest.below()) if args.all else nest.inside.get("", [])
            reasons = Reasons(folded, nodes, _names(opened), opened.state in LIVE)
            sys.stdout.write(whole(folded, shown, nest, reasons, opened.state, _of(opened)))
        return 0
    addresses, n = find(folded, nodes, args.step)
    if n is not None:
        folded = {**folded, "nodes": {**folded["nodes"], **{a: _only(folded["nodes"][a], n) for a in addresses}}}
    if args.json:
        print(json.dumps({address: folded["nodes"][address] for address in addresses}, indent=2, ensure_ascii=False))
        return 0
    reasons = Reasons(folded, nodes, _names(opened), opened.state in LIVE)
    width = size(sys.stdout, os.environ)[0] if is_terminal(sys.stdout) else None
    nest, asked = Nest(folded["nodes"], nodes), dict.fromkeys(addresses)
    outer = [address for address in addresses if nest.around(address) not in asked]
    if len(outer) > 1:
        sys.stdout.write(_table(folded, outer, nest, reasons))
        return 0
    about = [*doing(opened.plan, outer[0].partition(" ")[0]), *_printed(opened, outer[0], n)]
    sys.stdout.write(one(folded, nodes, outer[0], reasons, width, about))
    inside = list(nest.below(outer[0])) if args.all else nest.inside.get(outer[0], [])
    if inside:
        sys.stdout.write("\n" + _table(folded, inside, nest, reasons))
    return 0


def _only(entry: Mapping[str, Any], n: int) -> Mapping[str, Any]:
    """A step with one of its attempts alone, and what came of that. Raises Refused."""
    attempts = list(entry.get("attempts") or ())
    if not any(one.get("n") == n for one in attempts):
        raise Refused([diagnose("E917", None, step=str(entry.get("label")), attempt=n, most=len(attempts))])
    found = next(one for one in attempts if one.get("n") == n)
    told = {key: found.get(key) or {} for key in ("params_in", "returns", "files")}
    return {**entry, **told, "status": found.get("status"), "attempts": [found]}


def _printed(opened: OpenRun, address: str, n: int | None) -> list[str]:
    """How much an attempt has printed, the last one unless it is named, and the words that show it."""
    entry = opened.run["nodes"][address]
    ends = [one for one in entry.get("attempts") or () if n in (None, one.get("n"))]
    end: Mapping[str, Any] = ends[-1] if ends else {}
    size = (end.get("log") or {}).get("bytes")
    if not size or end.get("adopted"):
        return []
    label = f"{entry['label']}~{n}" if n is not None else str(entry["label"])
    return [f"printed   {size:,} bytes: {shlex.join(['runner', 'logs', str(opened.run['name']), label])}"]


def _names(opened: OpenRun) -> Mapping[str, str]:
    """The names of runs by id, where this one has kept something of another."""
    entries = opened.run["nodes"].values()
    if not any(attempt.get("adopted") for entry in entries for attempt in entry.get("attempts") or ()):
        return {}
    from runner.run import index

    return {entry["run"]: str(entry["name"]) for entry in index.runs(opened.root)}


def _of(opened: OpenRun) -> list[str]:
    """Of which pipeline and profile a run is, and from which run it goes on."""
    meta = opened.meta
    profile = meta.get("profile") or (opened.plan.get("profile") or {}).get("name")
    lines = [f"pipeline  {opened.plan.get('name')} ({meta.get('path') or meta.get('file')}), profile {profile}"]
    if meta.get("parent"):
        from runner.run import index

        names = {entry["run"]: str(entry["name"]) for entry in index.runs(opened.root)}
        lines.append(f"goes on   from {names.get(meta['parent'], meta['parent'])}")
    return lines


def whole(
    run: Mapping[str, Any],
    addresses: list[str],
    nest: Nest,
    reasons: Reasons,
    state: str = "",
    about: Sequence[str] = (),
) -> str:
    """A run: what it is, its parameters, then a line for each of these addresses. state: as of `OpenRun`; about: lines
    below its name."""
    status = _painted(state or str(run.get("status")))
    if state in SINCE:
        status += f"  {SINCE[state].format(name=run.get('name'))}"
    lines = [f"run       {run.get('name')}  ({run.get('run')})", *about, f"status    {status}"]
    if run.get("start") is not None:
        time = took(run)
        lines.append(f"started   {moment(run['start'])}{f'  took {time}' if time else ''}")
    if run.get("tick"):
        lines.append(f"tick      had by {run['tick']}: nothing was to do")
    lines += [f"{name} = {given.value(value)}" for name, value in (run.get("params") or {}).items()]
    return "\n".join(lines) + "\n\n" + _table(run, addresses, nest, reasons)


def _table(run: Mapping[str, Any], addresses: list[str], nest: Nest, reasons: Reasons) -> str:
    rows = []
    for address in addresses:
        entry = run["nodes"][address]
        attempts = list(entry.get("attempts") or ())
        state = (str(entry.get("label")), str(entry.get("status")))
        why = "  ".join(text for text in (reasons.told_of(address), nest.holds(address)) if text)
        rows.append((*state, took(entry), _tries(attempts), why))
    width = size(sys.stdout, os.environ)[0] if is_terminal(sys.stdout) else None
    return table(("STEP", "STATUS", "TOOK", "ATTEMPTS", "WHY"), rows, width=width, right="TOOK ATTEMPTS")


def _tries(attempts: list[Mapping[str, Any]]) -> str:
    return str(len(attempts)) if attempts else ""


def one(
    run: Mapping[str, Any],
    nodes: Mapping[str, Any],
    address: str,
    reasons: Reasons,
    width: int | None = None,
    about: Sequence[str] = (),
) -> str:
    """One address: what it is (about), its end, attempts, parameters, returns and files."""
    entry = run["nodes"][address]
    attempts = list(entry.get("attempts") or ())
    lines = [f"step      {entry.get('label')}", f"status    {_painted(str(entry.get('status')))}"]
    why = reasons.told_of(address)
    lines += [f"why       {why}"] if why else []
    lines += [f"handled   {entry['handled']}"] if entry.get("handled") else []
    lines += about
    if attempts:
        lines.append("attempts")
        for attempt in attempts:
            told = words.why(attempt) or str(attempt.get("status"))
            parts = [f"  {attempt.get('n', '?')}", told, duration(attempt.get("run_s")), moment(attempt.get("start"))]
            parts += _took_up(attempt)
            lines.append("  ".join(part for part in parts if part))
            lines += [f"     {text}" for text in (words.detail(attempt), words.advice(attempt)) if text]
            lines += [f"     warning: {clean(str(text))}" for text in attempt.get("warnings") or ()]
    lines += _named("params", {name: given.value(value) for name, value in (entry.get("params_in") or {}).items()})
    lines += _named("returns", {name: given.returned(value) for name, value in (entry.get("returns") or {}).items()})
    files = entry.get("files") or ()
    if files:
        lines.append("files")
        lines += [f"  {file.get('path')}  {_drawn(file)}{given.stored(file)}" for file in files]
    if width is not None:
        lines = [cut(line, width, "...") if "\x1b" not in line else line for line in lines]
    return "\n".join(lines) + "\n"


def _took_up(attempt: Mapping[str, Any]) -> list[str]:
    """Processor time and memory, where they are known and were taken in this run."""
    cpu = [attempt[key] for key in ("user_s", "sys_s") if key in attempt]
    if attempt.get("adopted") or not sum(cpu) or not attempt.get("max_rss"):
        return []
    return [f"cpu {duration(sum(cpu))}", f"peak {amount(attempt['max_rss'])}"]


def _named(head: str, values: Mapping[str, str]) -> list[str]:
    return [head, *(f"  {name} = {value}" for name, value in values.items())] if values else []


def _drawn(file: Mapping[str, Any]) -> str:
    """What a file is for, unless it is merely a file: `plot of loss over step`."""
    kind = str(file.get("kind", "file"))
    if kind == "file":
        return ""
    axes = f" of {file['y']} over {file['x']}" if "x" in file and "y" in file else ""
    return f"{kind}{axes}  "


def _painted(status: str) -> str:
    return paint(status, status, coloured(sys.stdout, os.environ))

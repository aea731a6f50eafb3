"""`runner logs`: what the steps of a run printed, byte by byte; `-f` goes on until the step has ended."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands.asking import ROOT, RUN
from runner.commands.find import find
from runner.text.diagnostics import Refused, diagnose
from runner.views.logfile import PIECE, Lines, copy
from runner.views.nest import Nest
from runner.views.problems import show

if TYPE_CHECKING:
    from runner.commands.common import OpenRun

OPTIONS = [
    RUN,
    (
        ("step",),
        {"nargs": "?", "metavar": "STEP", "help": "train, train[island=Dream], train[0], train~1, @failed (all steps)"},
    ),
    (("--attempt",), {"type": int, "metavar": "N", "help": "this attempt, counted from 1 (the last one)"}),
    (("-f", "--follow"), {"action": "store_true", "help": "go on until the step has ended"}),
    (("--tail",), {"type": int, "metavar": "N", "help": "only the last N lines"}),
    ROOT,
    (("--json",), {"action": "store_true", "help": "print a line of JSON for each line: step, attempt, text"}),
]

Table = dict[str, Any]
EVERY = 0.2  # seconds between two looks at a log that grows
ENDED = ("succeeded", "cached", "failed", "errored", "cancelled", "skipped", "blocked")


def run(args: argparse.Namespace) -> int:
    """Print logs to stdout; more than one gets a line above it that names the step."""
    from runner.commands.common import open_run

    root = Path(args.root) if args.root else None
    opened = open_run(args.run, root)
    told = opened.run["nodes"]
    if args.step is None:
        addresses, attempt = [a for a, entry in told.items() if entry.get("attempts")], args.attempt
    else:
        asked, found = find(opened.run, opened.plan["nodes"], args.step)
        addresses = asked
        if args.step != "@failed":  # what failed inside of a whole failed by itself, and what did not is not asked for
            nest = Nest(told, opened.plan["nodes"])
            addresses = list(dict.fromkeys(one for address in asked for one in (address, *nest.below(address))))
        attempt = args.attempt if args.attempt is not None else found
    if args.follow:
        return _follow(opened, root, addresses, attempt, args.json)
    if len(addresses) > 1:
        addresses = [a for a in addresses if told[a].get("attempts") or told[a].get("status") == "running"]
        addresses.sort(key=lambda a: (told[a].get("start") or 0.0, a))
    out, gone = sys.stdout.buffer, []
    several = len(addresses) > 1
    kept = dict.fromkeys(a for a in addresses if _origin(told[a], attempt) is not None)
    for address in [a for a in addresses if a not in kept]:
        n = attempt or last(told[address])
        if attempt and attempt > last(told[address]):
            name, most = str(told[address].get("label")), last(told[address])
            raise Refused([diagnose("E917", None, step=name, attempt=attempt, most=most)])
        if several and not args.json:
            out.write(f"== {told[address].get('label')}~{n} ==\n".encode())
        path = path_of(opened, address, n)
        lost = _lost(told[address], n, path)
        if lost:
            gone.append(diagnose("W711", None, step=f"{told[address].get('label')}~{n}", size=f"{lost:,}", path=path))
        if args.json:
            lines = Lines(out, str(told[address].get("label")), n)
            copy(path, lines, args.tail)
            lines.end()
        elif not copy(path, out, args.tail) and several:
            out.write(b"\n")
    out.flush()
    if gone:
        show(gone)
    _elsewhere(opened, list(kept), attempt)
    return 0


def _origin(entry: Table, attempt: int | None) -> str | None:
    """The id of the run in which an attempt printed, where this one has only kept what it did."""
    n = attempt or last(entry)
    end: Table = next((one for one in entry.get("attempts") or () if one.get("n") == n), {})
    return (end.get("adopted") or {}).get("run")


def _elsewhere(opened: OpenRun, addresses: list[str], attempt: int | None) -> None:
    """Say to stderr which run has the logs of steps that this one has kept."""
    if not addresses:
        return
    from runner.run import index

    names = {entry["run"]: str(entry["name"]) for entry in index.runs(opened.root)}
    told, origins = opened.run["nodes"], dict[str | None, list[str]]()
    for address in addresses:
        origins.setdefault(_origin(told[address], attempt), []).append(str(told[address].get("label")))
    for origin, (first, *rest) in origins.items():
        who = f"{first} and {len(rest)} more were" if rest else f"{first} was"
        name = names.get(str(origin))
        words = ["runner", "logs", str(name), *([] if rest else [first])]
        where = f"{name}: {shlex.join(words)}" if name else "a run that is gone"
        sys.stderr.write(f"{who} done by {where}\n")


def _lost(entry: dict[str, Any], n: int, path: Path) -> int:
    """Bytes that an attempt of this run printed and that nobody can read any more."""
    end: dict[str, Any] = next((one for one in entry.get("attempts") or () if one.get("n") == n), {})
    if end.get("adopted") or end.get("status") not in ENDED or path.exists():  # what was adopted printed in its own run
        return 0
    return int((end.get("log") or {}).get("bytes") or 0)


def path_of(opened: OpenRun, address: str, n: int) -> Path:
    """The log of an attempt; a step that printed nothing has none."""
    id, _, key = address.partition(" ")
    return opened.log_path(id, key, n)


def last(entry: dict[str, Any]) -> int:
    """The number of the newest attempt; 1 before the first."""
    return max((int(attempt.get("n") or 1) for attempt in entry.get("attempts") or ()), default=1)


def _follow(opened: OpenRun, root: Path | None, addresses: list[str], attempt: int | None, as_json: bool) -> int:
    if len(addresses) != 1:
        running = [a for a in addresses if opened.run["nodes"][a].get("status") == "running"]
        if len(running) != 1:
            labels = [f"`{opened.run['nodes'][a].get('label')}`" for a in (running or addresses)[:5]]
            raise Refused([diagnose("E918", None, names=", ".join(labels))])
        addresses = running
    _elsewhere(opened, [a for a in addresses if _origin(opened.run["nodes"][a], attempt)], attempt)
    label, out = str(opened.run["nodes"][addresses[0]].get("label")), sys.stdout.buffer
    lines: dict[int, Lines] = {}
    for n, piece in pieces(opened, root, addresses[0], attempt):
        if as_json and n not in lines:
            _end(lines)
            lines[n] = Lines(out, label, n)
        lines.get(n, out).write(piece)
        out.flush()
    _end(lines)
    return 0


def _end(lines: dict[int, Lines]) -> None:
    for one in lines.values():
        one.end()


def pieces(opened: OpenRun, root: Path | None, address: str, attempt: int | None) -> Iterator[tuple[int, bytes]]:
    """What a step prints, each piece with the number of its attempt, until it has ended or nobody runs it any more."""
    from runner.commands.common import open_run

    name = str(opened.run.get("name"))
    n = attempt or last(opened.run["nodes"][address])
    at = 0
    while True:
        over = _over(opened, address, n, attempt)  # asked before reading: what is printed until then is not missed
        path = path_of(opened, address, n)
        if path.exists():
            with open(path, "rb") as log:
                log.seek(at)
                while piece := log.read(PIECE):
                    at += len(piece)
                    yield n, piece
        if over and attempt is None and last(opened.run["nodes"][address]) > n:
            n, at = n + 1, 0
            continue
        if over:
            return
        time.sleep(EVERY)
        opened = open_run(name, root)


def _over(opened: OpenRun, address: str, n: int, attempt: int | None) -> bool:
    entry = opened.run["nodes"].get(address, {})
    if entry.get("status") in ENDED or not opened.live:
        return True
    ends = [one for one in entry.get("attempts") or () if one.get("n") == n and one.get("status") in ENDED]
    return bool(ends) and (attempt is not None or last(entry) > n)

"""`runner report`: one HTML file about a run, to keep or to send: graph, timeline, logs, metrics, files."""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

from runner.commands.asking import JSON, ROOT, RUN

if TYPE_CHECKING:
    from runner.commands.common import OpenRun
    from runner.views.report.seen import Seen

OPTIONS = [
    RUN,
    (("-o", "--to"), {"metavar": "FILE", "help": "write it there; - for stdout (.runner/reports/RUN.html)"}),
    (("--against",), {"metavar": "RUN", "help": "the run to compare with (the one before of the same pipeline)"}),
    ROOT,
    JSON,
]


def run(args: argparse.Namespace) -> int:
    """Write the page and print where it is; raises Refused for a run that is not there, or a file that can't be."""
    from runner.commands.collecting import uncollected
    from runner.commands.common import open_run
    from runner.commands.warning import warn_of_damage
    from runner.commands.writing import write
    from runner.views.report.page import page
    from runner.views.report.shown import shown

    with uncollected():
        opened = open_run(args.run, Path(args.root) if args.root else None)
        warn_of_damage(opened.run.get("name"), opened.damaged)
        data = shown(_seen(opened, args.against))
        if args.json:
            print(json.dumps(data, ensure_ascii=False))
            return 0
        text = page(data)
    place = _place(args.to, opened)
    write(text, place)
    if place != "-":
        print(os.path.relpath(place))
    return 0


def _place(to: str | None, opened: OpenRun) -> str:
    name = f"{opened.run.get('name')}.html"
    if to is None:
        folder = opened.root / ".runner" / "reports"
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder / name)
    return str(Path(to) / name) if to.endswith("/") or Path(to).is_dir() else to


def _seen(opened: OpenRun, against: str | None) -> Seen:
    from runner.commands.common import open_run
    from runner.commands.earlier import earlier
    from runner.commands.glancing import Glance
    from runner.run import index
    from runner.run.compare import Side
    from runner.views.report.seen import Seen

    runs = opened.root / ".runner" / "runs"
    names = {entry["run"]: str(entry["name"]) for entry in index.runs(opened.root)}

    def log(address: str, n: int) -> Path | None:
        id, _, key = address.partition(" ")
        for attempt in opened.run["nodes"][address].get("attempts") or ():
            if attempt.get("n") == n and attempt.get("adopted"):
                return runs / str(attempt["adopted"].get("run")) / "logs" / f"{id}.{key}.{n}"
        return opened.log_path(id, key, n)

    def project(path: str, most: int) -> tuple[bytes, int] | None:
        place = os.path.join(opened.root, path)
        try:
            info = os.stat(place)
            if info.st_mtime > float(opened.run.get("start") or 0) or not os.path.isfile(place):
                return None
            with open(place, "rb") as file:
                return file.read(most), info.st_size
        except OSError:
            return None

    other = open_run(against, opened.root) if against else earlier(opened)
    before = Side(other.plan, other.run, other.state) if other else None
    now = time.time() if opened.state in ("running", "detached") else None
    return Seen(opened.run, opened.plan, opened.state, opened.meta, names, log, Glance(opened), project, before, now)

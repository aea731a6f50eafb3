"""`runner trace`: the attempts of a run as rows, as a timeline for Perfetto, or as the tests of a CI service."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.commands.asking import JSON, ROOT, RUN

if TYPE_CHECKING:
    from runner.commands.common import OpenRun

FORMATS = ("jsonl", "csv", "chrome", "junit")
OPTIONS: list[Any] = [
    RUN,
    (
        ("--format",),
        {
            "choices": FORMATS,
            "help": "jsonl, csv: a row an attempt; chrome: for ui.perfetto.dev; junit (jsonl; else as FILE ends)",
        },
    ),
    (("--columns",), {"action": "store_true", "help": "say what each column means, and its unit"}),
    (("-o", "--to"), {"metavar": "FILE", "help": "write it there instead of printing it"}),
    ROOT,
    JSON,
]
ENDS = {"": "jsonl", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv", ".xml": "junit", ".json": "chrome"}


def run(args: argparse.Namespace) -> int:
    """Print or write it. Raises Refused: there is no such run, the file can't be written."""
    from runner.views.attempts import COLUMNS

    if args.columns:
        sys.stdout.writelines(f"{name:<11} {about}\n" for name, about in COLUMNS.items())
        return 0
    from runner.commands.collecting import uncollected
    from runner.commands.common import open_run
    from runner.commands.warning import warn_of_damage
    from runner.commands.writing import by_end, write

    with uncollected():
        format = "json" if args.json else args.format or by_end(args.to, ENDS)
        opened = open_run(args.run, Path(args.root) if args.root else None)
        warn_of_damage(opened.run.get("name"), opened.damaged)
        write(_text(format, opened), args.to)
    return 0


def _text(format: str, opened: OpenRun) -> str:
    from runner.views.attempts import chrome, jsonl, rows, table

    if format == "chrome":
        return chrome(opened.run, opened.plan)
    if format == "junit":
        return tests(opened)
    if format == "json":
        return json.dumps(list(rows(opened.run, opened.plan)), indent=2, ensure_ascii=False) + "\n"
    return (table if format == "csv" else jsonl)(rows(opened.run, opened.plan))


def tests(opened: OpenRun) -> str:
    """The run as JUnit XML."""
    from runner.commands.logs import path_of
    from runner.views.junit import LINES, junit
    from runner.views.logfile import tail

    def log(address: str, n: int) -> list[str]:
        return tail(path_of(opened, address, n), LINES)

    return junit(opened.run, opened.plan, log, host=str(opened.meta.get("host") or ""))

"""Answers a driver that makes calls and commits what they come to: one of them, or all until it is gone."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import Any

from runner.agent.drive import AGAIN, run_call
from runner.agent.host import Host
from runner.agent.inbox import Inbox

Table = dict[str, Any]
WORD = b"end\n"  # what a driver hears as soon as a record is there


def answer(fd: int, report: str | None, catalog: Callable[[Table, str], Any], environ: Mapping[str, str]) -> int:
    """Run what comes by a descriptor: `call`, `secrets` by name, and `report`, the folder for its record. With a folder
    of ours it is one call, and the exit code is for it. Raises OSError, and what `catalog` raises."""
    inbox, host, code = Inbox(fd), Host(environ, fork=report is None), AGAIN
    try:
        while True:
            told = inbox.take()
            if told is None:
                return code
            if "call" in told:  # else it came too late to stop one
                call = told["call"]
                host.out_of_memory()  # what happened before was not of this one
                found = catalog(call["catalog"], call["root"])
                end = run_call(call, found, told.get("secrets") or {}, environ, inbox, host)
                code = 0 if end["status"] == "succeeded" else AGAIN
                put_end(report or told["report"], end)
                os.write(1, WORD)
                if report is not None:
                    return code
    finally:
        host.close()


def put_end(folder: str, end: Table) -> None:
    """The record of an attempt, there as a whole or not at all. Raises OSError."""
    path = os.path.join(folder, "end.json")
    with open(path + ".tmp", "w", encoding="utf-8") as out:
        json.dump(end, out)
    os.rename(path + ".tmp", path)

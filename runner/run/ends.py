"""End records of a driver: of attempts that never started; and their text, by hand for the end that most have."""

from __future__ import annotations

from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from runner.rules.keys import dumps, key_text
from runner.run.events import Address

Table = dict[str, Any]
EMPTY = ("files", "params_in", "returns", "warnings", "error", "reason", "signal")
GIVEN = "attempt definition end exit id inputs key log max_rss n node pid run run_s start status sys_s user_s v via"
FIELDS = frozenset((*EMPTY, *GIVEN.split()))
"""Of the end of a process that succeeded and gave nothing but that."""


def text_of(end: Table) -> bytes:
    """As `dumps(end)`; a plain success costs a third of it."""
    if end["status"] != "succeeded" or end.keys() != FIELDS or any(map(end.get, EMPTY)) or end["pid"] is None:
        return dumps(end)
    log, node = end["log"], end["node"]
    if not node.isascii():
        return dumps(end)
    return (
        f'{{"attempt":"{end["attempt"]}","definition":"{end["definition"]}","end":{end["end"]!r},"error":null,'
        f'"exit":{end["exit"]},"files":[],"id":"{end["id"]}","inputs":"{end["inputs"]}","key":"{end["key"]}",'
        f'"log":{{"bytes":{log["bytes"]},"truncated":{"true" if log["truncated"] else "false"}}},'
        f'"max_rss":{end["max_rss"]},"n":{end["n"]},"node":{quoted(node)},"params_in":{{}},"pid":{end["pid"]},'
        f'"reason":null,"returns":{{}},"run":"{end["run"]}","run_s":{end["run_s"]!r},"signal":null,'
        f'"start":{end["start"]!r},"status":"succeeded","sys_s":{end["sys_s"]!r},"user_s":{end["user_s"]!r},"v":1,'
        f'"via":"{end["via"]}","warnings":[]}}'
    ).encode("ascii")


def not_started(
    plan: Table, address: Address, n: int, attempt: str, now: float, status: str, reason: str, why: str
) -> Table:
    """The end of an attempt whose command never started."""
    return {
        "v": 1,
        "node": plan["nodes"][address.id]["path"],
        "id": address.id,
        "key": key_text(address.key),
        "n": n,
        "attempt": attempt,
        "status": status,
        "exit": None,
        "signal": None,
        "reason": reason,
        "error": {"type": "BadParameter", "message": why},
        "start": now,
        "end": now,
        "run_s": 0.0,
        "returns": {},
        "files": [],
        "params_in": {},
        "warnings": [],
    }

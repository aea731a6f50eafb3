"""The text of an end record, written by hand for the end that most have."""

from __future__ import annotations

import json
from json.encoder import encode_basestring_ascii as quoted
from typing import Any

from runner.rules.keys import dumps
from runner.run.joints import Store

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


def commit(store: Store, key: str, end: Table) -> bool:
    """Create the done-record of a success; False when another attempt was first. An agent that reaches the store has
    committed its attempt itself."""
    if store.create(key, text_of(end)):
        return True
    there = store.get(key)
    return there is not None and json.loads(there).get("attempt") == end["attempt"]

"""End records of attempts whose command never started."""

from __future__ import annotations

from typing import Any

from runner.rules.keys import Key, key_text


def not_started(
    path: str, id: str, key: Key, n: int, attempt: str, now: float, status: str, reason: str, why: str
) -> dict[str, Any]:
    """The record; path: of the node, now: seconds since 1970, why: a sentence for people."""
    return {
        "v": 1,
        "node": path,
        "id": id,
        "key": key_text(key),
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

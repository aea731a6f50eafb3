"""Ends in words: why an attempt ended as it did, and what to do about the ends that puzzle people."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

from runner.agent.exits import meaning, signal_words
from runner.views.terminal import clean

REASONS = {
    "oom": "ran out of memory",
    "missing-return": "did not return what it promised",
    "missing-output": "did not make what it promised",
    "secret-leak": "would have leaked a secret",
    "bad-return": "returned something unfit",
    "bad-param": "could not be given its parameters",
    "stage-in": "could not be given its inputs",
    "stage-out": "could not store its outputs",
    "stale-image": "its image is out of date",
    "not-visible": "could not see what an earlier step stored",
    "store": "could not reach the store",
    "lost": "was lost: its process went away without a word",
    "never-started": "never started",
    "no-image": "has no image",
    "cancelled": "was cancelled",
    "not-converged": "did not converge",
    "too-many-failed": "too many items failed",
    "no-interpreter": "has no interpreter that can run it",
    "when": "`when` was false",
    "tick": "another run has its tick",
    "not-chosen": "another case was chosen",
    "stop-when": "`stop-when` held",
    "needs": "what it needs did not succeed",
    "fail-fast": "another step failed, and --fail-fast was asked for",
}

ASKED = {
    **{key: f"could not answer its `{key}`" for key in ("when", "until", "stop-when", "choose")},
    "for-each": "could not be given its items",
}


def why(end: Mapping[str, Any]) -> str:
    """Why an attempt ended, as the rest of a sentence whose subject is the step; empty for a success."""
    status = end.get("status")
    if status in ("succeeded", "cached"):
        return ""
    reason, code, number = end.get("reason"), end.get("exit"), end.get("signal")
    if reason == "timeout":
        return "timed out"
    if reason == "signal" or (reason in (None, "exit") and number):
        return f"was killed by {signal_words(int(number))}" if number else "was killed by a signal"
    if reason in (None, "exit") and code is not None:
        return f"exited {code}"
    if status == "blocked" and reason == "stop-when":
        return "nobody could say whether `stop-when` held"
    asked = (end.get("error") or {}).get("type") if isinstance(end.get("error"), Mapping) else None
    if asked in ASKED:
        return ASKED[asked]
    if reason in REASONS:
        return REASONS[str(reason)]
    return str(reason or {"cancelled": "was cancelled", "errored": "could not be run"}.get(str(status), "failed"))


def why_still(end: Mapping[str, Any]) -> str:
    """`why`, beside the word of the status: nothing where it says no more than that."""
    said = why(end)
    return "" if said == f"was {end.get('status')}" else said


def detail(end: Mapping[str, Any]) -> str:
    """The message of an end's error on one line, with its type where Python raised it; empty when there is none."""
    error = end.get("error")
    if not isinstance(error, Mapping):
        return str(error or "")
    message = clean(" ".join(str(error.get("message") or "").split()))
    kind = str(error.get("type") or "")
    if kind in ("exit", "signal"):  # our own sentence: without what `why` says already
        return message.removeprefix(_ended(end)).lstrip(":;, ")
    if not message:
        return kind
    if message == f"it {why(end)}":
        return ""
    return f"{kind}: {message}" if kind and error.get("traceback") else message


def _ended(end: Mapping[str, Any]) -> str:
    number = end.get("signal")
    return f"killed by {signal_words(int(number))}" if number else f"exit code {end.get('exit')}"


def advice(end: Mapping[str, Any]) -> str | None:
    """What people ask about this exit code or signal, answered where the record itself does not; None for the rest."""
    if end.get("reason") not in (None, "exit", "signal"):
        return None
    code = 128 + signal.SIGPIPE if end.get("signal") == signal.SIGPIPE else end.get("exit")
    found = meaning(code) if isinstance(code, int) else None
    said = detail(end)
    return None if not found or found in said or (said and code in (126, 127)) else found


def attempts(n: int) -> str:
    """` after 2 attempts`; nothing for a single one."""
    return f" after {n} attempts" if n > 1 else ""


def count(n: int, noun: str) -> str:
    """`1 step`, `2 steps`."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def listed(words: list[str], most: int = 8) -> str:
    """`a, b, c`, and how many more there are after the first ones."""
    if len(words) <= most + 1:
        return ", ".join(words)
    return ", ".join(words[:most]) + f" and {len(words) - most:,} more"

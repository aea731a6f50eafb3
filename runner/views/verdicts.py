"""Why a step that something may spare would run, or would not, in words: `runs: input data/raw.csv changed`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

MOST = 3  # reasons of one step; the others are counted
_KEYS = {"parameter": "params", "env": "env", "input": "inputs", "code": "code"}


def verdict(would: str, counts: Mapping[str, int], why: Sequence[Mapping[str, Any]], after: str | None = None) -> str:
    """One step. would: `cached`, `adopted`, `run`, `unknown`, `skip`; counts: of its instances; after: the name of the
    run from which this one goes on."""
    kept = would == "adopted"
    why = [one for one in why if (one.get("how") == "since") is kept]
    said = [reason(one) for one in why[:MOST]]
    said += [f"and {len(why) - MOST} more"] if len(why) > MOST else []
    text = ", ".join(said)
    total = sum(counts.values())
    maybe = "perhaps runs" if after else "perhaps cached"
    word = {"cached": "cached", "adopted": f"kept from {after}", "run": "runs", "unknown": maybe, "skip": ""}[would]
    if total > 1 and counts.get(would) != total:
        doubtful = counts.get("unknown", 0)
        word = f"{counts[would]} of {total} {'run' if would == 'run' and counts[would] > 1 else word}"
        word += f", {doubtful} {maybe.replace('runs', 'too')}" if would == "run" and doubtful else ""
    return f"{word}{', but ' if kept else ': '}{text}" if text else word


def reason(why: Mapping[str, Any]) -> str:
    """One ingredient that differs, or what else stands against a hit."""
    what, name = why["what"], why.get("name", "")
    how = {"new": "is new", "gone": "is gone"}.get(why.get("how", ""), "changed")
    if what == "code" and name == "image":
        return "its image changed"
    if what == "none":
        return "no result of it was kept"
    if what == "end":
        return f"{why['how']} in {name}"
    if what == "asked":
        return "asked for"
    if why.get("how") == "since":
        return "its code has changed since: `--changed` runs it again"
    if "names" in why:
        return _one_of(what, why["names"])
    if what == "expired":
        return "its result has expired"
    if what == "lost":
        return f"{name} of its result is lost" if name else "its result is lost"
    if what == "image":
        missing = why.get("how") == "missing"
        return "its image is not here" if missing else "depends on its image, which is known where it runs"
    if what == "gives":
        return f"depends on what `{name}` gives"
    if what == "run":
        return f"depends on `{name}`"
    if what == "error":
        return str(name)
    if what == "command":
        return "the words of `command` changed"
    if what == "definition":
        return f"`{name}` {how}" if name else "its definition changed"
    return f"{what} {name} {how}" if name else f"of very many of `{_KEYS[what]}` some changed"


def _one_of(what: str, names: Sequence[str]) -> str:
    """Of several, which one is not known."""
    if 0 < len(names) <= MOST:
        return f"{what} {' or '.join(names)} changed"
    return "its code changed" if what == "code" else "what it takes changed"

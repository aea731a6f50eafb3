"""Names that are used twice: keys, tables, and values that were to be tables."""

from __future__ import annotations

from runner.text.diagnostics import Diagnostic
from runner.text.fault import Fault, dotted

KINDS = {
    "value": "a value",
    "list": "a list",
    "inline": "an inline table",
    "header": "a table",
    "headers": "a list of tables",
    "dotted": "a table",
    "implied": "a table",
}


def conflict(fault: Fault) -> Diagnostic:
    """`Cannot ...`, `Duplicate ...`: shows both places."""
    clash = fault.scan.clash
    if clash is None:
        start, end = (fault.scan.names[0][1], fault.scan.names[-1][2]) if fault.scan.names else (fault.start, fault.pos)
        return fault.say("E110", start, end, what="this name is used twice")
    before, new, old = clash.before, clash.kind, clash.before.kind
    names = [part for part in clash.path if isinstance(part, str)]
    name = dotted(names)
    first = fault.place(before.key, before.key_end)

    def say(code: str, words: str, hint: str | None = None, **args: str) -> Diagnostic:
        return fault.say(code, clash.key, clash.key_end, related=((first, words),), hint=hint, **args)

    if new in ("value", "list", "inline"):
        if old in ("value", "list", "inline"):
            return say("E111", "first set here", name=names[-1])
        return say("E138", "a table because of this", name=name, kind=KINDS[old])
    if new == "headers":
        return say("E131", f"{KINDS[old]} because of this", name=name, kind=KINDS[old])
    if old in ("inline", "list"):
        hint = f"write its tables as `[[{name}]]`" if old == "list" else None
        if not fault.text[before.value + 1 : before.value_end - 1].strip():
            hint = f"delete the empty `{names[-1]}`"
        return say("E114", "complete because of this", hint, name=name, kind=KINDS[old].partition(" ")[2])
    if old == "value":
        return say("E113", "set here", name=name, kind=KINDS[old])
    if new == "dotted":
        return say("E139", "its header", name=name)
    if old == "headers":
        return say("E113", "a list because of this", f"write `[[{name}]]` here too", name=name, kind=KINDS[old])
    return say("E112", "the first one" if old == "header" else "made here already", name=name)

"""Values that are none, or that do not end where they should."""

from __future__ import annotations

import re

from runner.text.diagnostics import Diagnostic
from runner.text.fault import CURLY, Fault, curly, dotted, quoted, unquoted
from runner.text.positions import Open

WORDS = {
    **dict.fromkeys(("True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"), "`true`"),
    **dict.fromkeys(("False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"), "`false`"),
    **dict.fromkeys(("None", "none", "null", "Null", "NULL", "nil", "undefined", "~"), ""),
    **dict.fromkeys(("NaN", "NAN", "Nan"), "`nan`"),
    **dict.fromkeys(("Inf", "INF", "Infinity", "infinity"), "`inf`"),
}
NUMBER = re.compile(r"[+-]?[\d.][\d._]*(?:[eE][+-]?[\d_.]*)?\Z|[+-]?0[xobXOB][\da-fA-F_]*\Z")
HEADER = re.compile(r"[ \t]*\[\[?[ \t]*[A-Za-z_][\w .\"'-]*\]\]?[ \t]*(?:#|\n|\Z)")
PAIR = re.compile(r"[ \t]*(?:[\w.-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*=(?!=)")


def value(fault: Fault) -> Diagnostic:
    """`Invalid value`."""
    pos, char, stack = fault.pos, fault.next, fault.scan.open
    lost = _forgotten(fault)
    if lost is not None:
        return lost
    if char in ("", "\n", "#"):
        if stack and not char:
            return never_closed(fault, stack[-1])
        return fault.say("E126", pos, name=_last_key(fault))
    if char in CURLY:
        return curly(fault, pos)
    if char in ",]}":
        return fault.say("E135", pos, text=char)
    return _bare(fault, pos)


def rest(fault: Fault) -> Diagnostic:
    """`Expected newline or end of document after a statement`."""
    pos, text, start = fault.pos, fault.text, fault.scan.value
    end = pos + len(fault.rest.rstrip())
    if start is None:
        close = fault.next == "]"
        return fault.say("E130", pos, end, hint="delete it" if close else "a header has its line for itself")
    comma = fault.next in ",;"
    if (comma or fault.next in "]})") and not fault.rest[1:].strip():
        return fault.say("E130", pos, end, hint=f"delete the `{fault.next}`")
    first, apart = text[start], text[pos - 1] in " \t"
    if PAIR.match(text, pos + comma) and (apart or comma):
        return fault.say("E130", pos, end, hint="every key starts a line of its own")
    if first in "\"'":
        return _after_text(fault, start, end)
    if first in "[{":
        return fault.say("E130", pos, end, hint=f"delete the `{fault.next}`" if fault.next in "]}" else None)
    return _bare(fault, start)


def item(fault: Fault) -> Diagnostic:
    """`Unclosed array`, `Unclosed inline table`: neither a comma nor the end."""
    pos, text, char = fault.pos, fault.text, fault.next
    if not fault.scan.open:
        return fault.say("E110", pos, what="a list or table is never closed")
    inside = fault.scan.open[-1]
    if inside.bracket == "{" and char in ("\n", "#"):
        return across(fault)
    if not char or char in "]})":
        return never_closed(fault, inside)
    lost = _forgotten(fault)
    if lost is not None:
        return lost
    if char in CURLY:
        return curly(fault, pos)
    if re.match(r"[\w.+:-]", char) and re.match(r"[\w.+:-]", text[pos - 1]):
        start = pos
        while start > fault.start and text[start - 1] not in " \t\n,[{=":
            start -= 1
        return _bare(fault, start)
    word = unquoted(fault, pos) or char
    return fault.say("E123", pos, pos + len(word), hint="items are separated by commas")


def escape(fault: Fault) -> Diagnostic:
    r"""`Unescaped '\'`, `Invalid hex value`, `... not a Unicode scalar value`."""
    text = fault.text
    slash = fault.pos - 2 if text[fault.pos - 2 : fault.pos - 1] == "\\" else text.rfind("\\", 0, fault.pos)
    start = fault.scan.at
    wide = 2 if text[slash + 1 : slash + 2].strip() else 1
    shown = text[slash : slash + wide]
    if text.startswith('"""', start):
        hint = "use ''' in place of \"\"\": there a backslash is a backslash"
        related = ((fault.place(start, start + 3), "the text starts here"),)
        return fault.say("E120", slash, slash + wide, escape=shown, hint=hint, related=related)
    match = re.compile(r'"((?:[^"\\\n]|\\.)*)"').match(text, start)
    body = match.group(1) if match else ""
    write = quoted(body) if body and "'" not in body and len(body) < 60 else "'...'"
    hint = f"between '...' a backslash is a backslash: {write}"
    return fault.say("E120", slash, slash + wide, escape=shown, hint=hint)


def unclosed(fault: Fault) -> Diagnostic:
    """`Unterminated string`, `Expected "'"`: the end of the file inside a text."""
    start = fault.scan.at
    triple = fault.text[start : start + 3]
    if triple in ('"""', "'''"):
        return fault.say("E119", start, start + 3, quote=triple)
    return _one_line(fault, start)


def character(fault: Fault) -> Diagnostic:
    """`Illegal character`, `Found invalid character`: mostly a line that ends inside a text."""
    char, start = fault.next, fault.scan.at
    if char == "\n":
        return _one_line(fault, start)
    number = f"{ord(char):04X}" if char else "0000"
    hint = f"delete it, or write `\\u{number}`" if fault.text[start : start + 1] == '"' else "delete it"
    if char.isspace() and char > "~":
        hint = "write a plain space"
    return fault.say("E129", fault.pos, number=number, hint=hint)


def _one_line(fault: Fault, start: int) -> Diagnostic:
    quote = fault.text[start : start + 1]
    hint = f"end the text with {quote} on this line, or write it between ''' and '''"
    return fault.say("E118", start, _line_of(fault, start), quote=f"`{quote}`", hint=hint)


def across(fault: Fault) -> Diagnostic:
    """An inline table with a line break in it."""
    inside = fault.scan.open[-1]
    hint = None
    if any(isinstance(part, int) for part in inside.path):
        hint = "keep it on one line"
    name = dotted([str(part) for part in inside.path])
    return fault.say("E115", inside.start, _line_of(fault, inside.start), name=name, hint=hint)


def never_closed(fault: Fault, inside: Open) -> Diagnostic:
    """A list or inline table without its end."""
    close = "]" if inside.bracket == "[" else "}"
    return fault.say("E124", inside.start, bracket=inside.bracket, close=close)


def _forgotten(fault: Fault) -> Diagnostic | None:
    """Inside a list a line starts that is a header or a key: the list was to be over by then."""
    stack = fault.scan.open
    begin = fault.text.rfind("\n", 0, fault.pos) + 1
    if not stack or begin <= stack[0].start:
        return None
    outer = stack[0] if len(stack) > 1 and begin <= stack[-1].start else stack[-1]
    if outer.bracket != "[" or not (HEADER.match(fault.text, begin) or PAIR.match(fault.text, begin)):
        return None
    return never_closed(fault, outer)


def _bare(fault: Fault, start: int) -> Diagnostic:
    """Something without quotes that is no value."""
    token = unquoted(fault, start)
    end = start + len(token)
    if token in WORDS:
        hint = None if WORDS[token] else "TOML has no null: leave the key out"
        if token.lower() in ("yes", "no", "on", "off"):
            hint = f"write {WORDS[token]}, or `{quoted(token)}` for text"
        return fault.say("E117", start, end, word=token, write=WORDS[token], hint=hint)
    if NUMBER.match(token):
        plain = token.lstrip("+-").lstrip("0_")
        hint = "in quotes it is text"
        if token.startswith("."):
            hint = f"write `0{token}`"
        elif token.endswith("."):
            hint = f"write `{token}0`"
        elif re.fullmatch(r"[+-]?0\d+", token):
            hint = f"a number does not start with 0: write `{plain or 0}`, or `{quoted(token)}` for text"
        return fault.say("E128", start, end, text=token, kind="number", hint=hint)
    if re.match(r"\d{4}-\d\d?-\d\d?(?:[T ]|\Z)|\d\d?:\d\d(?::[\d.]+)?\Z", token):
        return fault.say("E128", start, end, text=token, kind="date or time that exists")
    if len(token) > 60:
        return fault.say("E116", start, end, hint="write it between ' and '")
    write = quoted(token) if fault.scan.open else f"{fault.key} = {quoted(token)}"
    return fault.say("E116", start, end, write=f"`{write}`")


def _after_text(fault: Fault, start: int, end: int) -> Diagnostic:
    """Something behind a text: it ended too early, mostly at a quote inside it."""
    text, pos = fault.text, fault.pos
    quote = text[start : start + 3]
    if quote in ("'''", '"""'):
        related = ((fault.place(start, start + 3), "the text before it starts here"),)
        return fault.say("E130", pos, end, hint=f"a {quote} is missing, or one too many", related=related)
    last = text.rfind(quote[0], pos, end)
    hint = None
    if last >= 0 and last == end - 1:
        whole = text[start + 1 : last]
        hint = f"the text ended at the quote before it: write `{quoted(whole)}`" if len(whole) < 60 else "use '''"
    return fault.say("E130", pos, end, hint=hint)


def _last_key(fault: Fault) -> str:
    match = re.compile(r"([\w.\"'-]+)[ \t]*=[ \t]*\Z").search(fault.text, fault.start, fault.pos)
    return match.group(1) if match else fault.key


def _line_of(fault: Fault, start: int) -> int:
    return start + len(fault.text[start : fault.eol(start)].rstrip())

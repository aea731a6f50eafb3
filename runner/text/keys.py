"""Keys and headers that are none, and what stands where a key belongs."""

from __future__ import annotations

import re

from runner.text.diagnostics import Diagnostic, diagnose
from runner.text.fault import CURLY, Fault, curly, quoted, unquoted
from runner.text.values import across, never_closed

LAST_KEY = re.compile(r"""(?:"[^"\n]*"|'[^'\n]*'|[^\s={,."'\[]+)[ \t]*\Z""")


def statement(fault: Fault) -> Diagnostic:
    """`Invalid statement`: no key can start like this."""
    pos, char = fault.pos, fault.next
    if char in CURLY:
        return curly(fault, pos)
    if char == "=":
        return fault.say("E136", pos)
    if char in "])}," or fault.rest[:2] == "//" or char == ";":
        comment = char in "/;"
        end = fault.eol(pos) if comment else pos + 1
        return fault.say("E130", pos, end, hint="a comment starts with `#`" if comment else f"delete the `{char}`")
    if char == "{" and not fault.text[:pos].strip():
        return fault.say("E110", pos, what="this looks like JSON", hint="TOML has no braces around the file")
    return _not_a_key(fault, pos, _word(fault, pos))


def equals(fault: Fault) -> Diagnostic:
    """`Expected '=' after a key`."""
    pos, char = fault.pos, fault.next
    before = LAST_KEY.search(fault.text, fault.text.rfind("\n", 0, pos) + 1, pos)
    start = before.start() if before else fault.start
    name = fault.text[start:pos].strip()
    if char == ":":
        after = fault.rest[1:].strip()
        if not after and not fault.scan.open:
            return fault.say("E121", pos, hint=f"this looks like YAML: in TOML a table starts with `[{name}]`")
        if fault.scan.open:
            after = unquoted(fault, pos + 1).strip()
        right = after if re.match(r"[\"'\[{\d.+-]|true\b|false\b", after) else quoted(unquoted(fault, pos + 1).strip())
        return fault.say("E121", pos, hint=f"write `{name} = {right}`" if len(right) < 60 else None, name=name)
    if char and char in CURLY:
        return curly(fault, pos)
    if set(name) == {"-"}:
        what = "this looks like YAML"
        return fault.say("E110", start, fault.eol(pos), what=what, hint='lists are written `name = ["one", "two"]`')
    text, found, _ = fault.rest.partition("=")
    if found and re.fullmatch(r"[^\"'{},#:]+", text):
        return _not_a_key(fault, start, f"{fault.text[start:pos]}{text}".strip())
    bare = not fault.rest.strip() or char == "#"
    if not fault.scan.open and not (bare and re.match(r"[\w.-]+\Z", name)) and char not in "\"'[{":
        return _nothing(fault, start)
    inline = fault.scan.open or bare
    hint = None if inline else f"write `{name} = {fault.rest.strip()}`" if char in "\"'[{" else None
    return fault.say("E126", start, start + len(name), name=name, hint=hint)


def key(fault: Fault) -> Diagnostic:
    """`Invalid initial character for a key part`: in a header, after a dot, in an inline table."""
    pos, char = fault.pos, fault.next
    stack = fault.scan.open
    if stack:
        if char in ("\n", "#"):
            return across(fault)
        if not char:
            return never_closed(fault, stack[-1])
        if char == "}":
            return fault.say("E134", fault.text.rindex(",", 0, pos))
        if char == ",":
            return fault.say("E130", pos, hint="delete the comma")
    if char and char in CURLY:
        return curly(fault, pos)
    if char in ("", "\n", "#", ".", "]", "=", ":"):
        return fault.say("E136" if char == "=" and fault.text[pos - 1] != "." else "E137", pos)
    return _not_a_key(fault, pos, _word(fault, pos))


def header(fault: Fault) -> Diagnostic:
    """`Expected ']' at the end of a table declaration`."""
    pos, text = fault.pos, fault.text
    close = "]]" if text.startswith("[[", fault.start) else "]"
    name, start = text[fault.start : pos].strip("[ \t"), fault.scan.names[-1][1] if fault.scan.names else fault.start
    inside, found, _ = fault.rest.partition("]")
    if found and inside.strip() and not re.search(r"[\"'\[#=]", inside):
        return _not_a_key(fault, start, f"{text[start:pos]}{inside}".strip())
    bracket = close.replace("]", "[")
    return fault.say("E125", pos, close=close, write=f"{bracket}{name}{close}")


def _nothing(fault: Fault, start: int) -> Diagnostic:
    """A line of something else: mostly of a text that ended too early."""
    line = fault.place(start, fault.eol(start))
    spans = fault.scan.spans
    last = spans[next(reversed(spans))] if spans else None
    if last is not None and fault.text[last.value_end - 3 : last.value_end] in ("'''", '"""'):
        ended, _ = fault.scan.line(last.value_end)
        quote = fault.text[last.value_end - 3 : last.value_end]
        related = ((fault.place(last.value, last.value + 3), f"this text ended in line {ended}"),)
        return diagnose("E140", line, hint=f"a {quote} is missing, or one too many", related=related)
    return diagnose("E140", line)


def _word(fault: Fault, pos: int) -> str:
    match = re.compile(r"[^\s=:.\]},]+|.").match(fault.text, pos)
    return match.group() if match else ""


def _not_a_key(fault: Fault, start: int, text: str) -> Diagnostic:
    write = f"it in quotes: `{quoted(text)}`"
    table = [name for name, _, _ in fault.scan.names][:1]
    if (
        table
        and table[0] in ("steps", "handlers", "finally", "templates")
        and (name := re.sub(r"\s+", "-", text)) != text
    ):
        write = f"`{name}`"
    return fault.say("E127", start, start + len(text), text=text, write=write)

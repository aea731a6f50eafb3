"""What is wrong with a text that tomllib refused, in our words and at the exact place."""

from __future__ import annotations

import re
import tomllib

from runner.text import conflicts, keys, values
from runner.text.diagnostics import Diagnostic, Place, diagnose
from runner.text.fault import Fault, unquoted
from runner.text.positions import Scan, columns

MOST = 10
"""Problems of one file that are looked for: each costs a reading of the text."""
LARGE = 256 * 1024
"""Characters of a text that is read only once."""
DOTTED = re.compile(r"^[ \t\[]*(?:[^\s.=\[\]]+[ \t]*\.[ \t]*){100}", re.MULTILINE)
"""A key of so many parts costs the square of them: a text with one is not read on."""

WHERE = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)\Z", re.DOTALL)
MARKER = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?: |$)", re.MULTILINE)


def problems(text: str, path: str, error: ValueError) -> list[Diagnostic]:
    """The first mistake, and those after it as far as they can be told from its consequences."""
    found: list[Diagnostic] = []
    while True:
        fault = _fault(text, path, error)
        if fault is None:
            return found or [_number(text, path, error)]
        problem = _explain(fault)
        if problem not in found:
            found.append(problem)
        over = _over(fault, problem)
        if over is None or len(found) == MOST or len(text) > LARGE or DOTTED.search(text):
            return found
        start, end = over
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]
        try:
            tomllib.loads(text)
        except RecursionError:
            return found
        except ValueError as further:
            error = further
        else:
            return found


def _fault(text: str, path: str, error: ValueError) -> Fault | None:
    match = WHERE.match(str(error))
    if match is None:
        return None
    what, line, column = match.groups()
    pos = len(text)
    if line is not None:
        pos = 0
        for _ in range(int(line) - 1):
            pos = text.index("\n", pos) + 1
        pos += int(column) - 1
    return Fault(text, path, what, pos)


def _number(text: str, path: str, error: ValueError) -> Diagnostic:
    """The one mistake that Python finds instead of tomllib: more digits than it converts."""
    match = re.search(r"(?<![\w.])[+-]?\d[\d_]{4300,}", text)
    if match is None:
        return diagnose("E110", None, what=str(error).lower())
    place = Place(path, *columns(text, Scan(text), *match.span()))
    return diagnose("E132", place, digits=sum(char.isdigit() for char in match.group()))


def _over(fault: Fault, problem: Diagnostic) -> tuple[int, int] | None:
    """What to leave out to find the next mistake: a statement whose end is known. None: stop here."""
    scan, text = fault.scan, fault.text
    if text[fault.start : fault.start + 1] == "[":
        return None
    if scan.clash is not None and not scan.open:
        return fault.start, fault.pos
    end = fault.eol(fault.start)
    if fault.pos > end or problem.code not in ("E116", "E117", "E120", "E121", "E122", "E126", "E127", "E128"):
        return None
    value = text[fault.start : end].partition("=")[2] or text[fault.start : end].partition(":")[2]
    return None if value.lstrip().startswith(("[", "{", "|", ">", "'''", '"""')) else (fault.start, end)


def _explain(fault: Fault) -> Diagnostic:
    what = fault.what
    line = fault.text.rfind("\n", 0, fault.pos) + 1
    if MARKER.match(fault.text, line):
        return fault.say("E133", line, fault.eol(line))
    if fault.next not in ("", "\n") and not fault.next.isprintable():
        return values.character(fault)
    if what.startswith("Invalid date"):
        token = unquoted(fault, fault.pos)
        return fault.say("E128", fault.pos, fault.pos + len(token), text=token, kind="date or time that exists")
    for start, explain in _BY_MESSAGE.items():
        if what.startswith(start):
            return explain(fault)
    return fault.say("E110", min(fault.pos, len(fault.text)), what=what[:1].lower() + what[1:])


_BY_MESSAGE = {
    "Cannot ": conflicts.conflict,
    "Duplicate inline table key": conflicts.conflict,
    "Invalid statement": keys.statement,
    "Expected '=' after a key": keys.equals,
    "Invalid initial character for a key part": keys.key,
    "Invalid value": values.value,
    "Expected newline": values.rest,
    "Unclosed array": values.item,
    "Unclosed inline table": values.item,
    "Expected ']": keys.header,
    "Unescaped": values.escape,
    "Invalid hex value": values.escape,
    "Escaped character": values.escape,
    "Unterminated string": values.unclosed,
    "Expected \"'": values.unclosed,
    "Illegal character": values.character,
    "Found invalid character": values.character,
}

"""The line `#:schema PATH` that tells editors how a file is checked."""

from __future__ import annotations

import os
import re

from runner.text.diagnostics import Diagnostic, Place, diagnose
from runner.text.document import Document
from runner.text.sources import Sources

GOOD = re.compile(r"#:schema[ \t]+(\S+)[ \t]*\Z")
MEANT = re.compile(r"[ \t]*#[ \t]*:?[ \t]*schema\b[ \t]*[:=]?[ \t]*[\"'<]?([^\s\"'>]*)", re.IGNORECASE)
LIKE_A_SCHEMA = re.compile(r"\.json\b|^\w+://|^\.{1,2}/")


def directive(doc: Document, sources: Sources | None = None) -> list[Diagnostic]:
    """Warnings about the line `#:schema`. With `sources`: also when the file that it names is not there.

    Editors read it among the comments above the first key. A comment that merely speaks of a schema is none.
    """
    found: list[Diagnostic] = []
    head = True
    for number, line in enumerate(doc.text.split("\n"), 1):
        plain = line.strip()
        head = head and (not plain or plain.startswith("#"))
        if not head:
            break
        good = GOOD.match(plain) if line.startswith("#:schema") else None
        place = Place(doc.path, number, 1, len(line.rstrip()) + 1)
        if good is not None and good.group(1) not in ("=", ":"):
            path = good.group(1)
            if sources is not None and not _there(doc, path, sources):
                start = line.index(path, 8) + 1
                hint = _meant(doc, path, sources)
                found.append(diagnose("W102", Place(doc.path, number, start, start + len(path)), path=path, hint=hint))
            continue
        meant = MEANT.match(line)
        if meant is not None and (":schema" in plain or LIKE_A_SCHEMA.search(meant.group(1))):
            found.append(diagnose("W101", place, path=meant.group(1) or "./.runner/schema/pipeline.json"))
    return found


def _there(doc: Document, path: str, sources: Sources) -> bool:
    if path.startswith("file://"):
        path = path[7:]
    elif re.match(r"\w+://", path):
        return True
    return sources.exists(os.path.join(os.path.dirname(doc.path), path))


def _meant(doc: Document, path: str, sources: Sources) -> str | None:
    """What to write when the schema lies in a folder above: a path is relative to the file that says it."""
    folder, up = os.path.dirname(os.path.abspath(doc.path)), "./"
    for _ in range(8):
        if sources.exists(os.path.join(folder, ".runner", "schema", os.path.basename(path))):
            return f"write `#:schema {up}.runner/schema/{os.path.basename(path)}`"
        folder, up = os.path.dirname(folder), "../" if up == "./" else up + "../"
    return None

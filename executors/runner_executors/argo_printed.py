"""What the pod of a task has printed: for each attempt in it what its step printed, and its record."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import IO, Any, NamedTuple

Table = dict[str, Any]
ARGO = re.compile(rb"time=\S+ level=\w+ msg=.* argo=true")  # what Argo's own program adds
START = b'{"'


class Printed(NamedTuple):
    """Of one attempt. record: None where there is none; log: of a file that what its step printed now lies in."""

    record: Table | None
    log: str


def printed(pieces: Iterable[bytes], id: str, many: bool, prefix: str) -> list[Printed]:
    """Split what a pod printed; what follows the last record comes last and has none.

    id: of its node; many: it does several attempts, one after the other; else the last record is the one that counts.
    prefix: of the files that are written."""
    os.makedirs(os.path.dirname(prefix), exist_ok=True)
    found: list[Printed] = []
    with TemporaryFile() as whole, ExitStack() as held:
        last = _kept(pieces, whole, id)
        whole.seek(0)
        path, out = _new(prefix, 0, held)
        for number, line in enumerate(whole):
            record = _record(line, id) if many or number == last else None
            if record is None:
                out.write(line)
                continue
            out.truncate(max(0, out.tell() - 1))  # the line end that stands before every record
            found.append(Printed(record, path))
            path, out = _new(prefix, len(found), held)
    return [*found, Printed(None, path)]


def _new(prefix: str, number: int, held: ExitStack) -> tuple[str, IO[bytes]]:
    path = f"{prefix}.{number}"
    return path, held.enter_context(open(path, "wb"))


def _kept(pieces: Iterable[bytes], whole: IO[bytes], id: str) -> int:
    """Write down all but what Argo adds; the number of the last line that is a record, -1 where none is."""
    last, number = -1, 0
    for line in _lines(pieces):
        if ARGO.match(line.rstrip(b"\n")):
            continue
        whole.write(line)
        last = number if _record(line, id) is not None else last
        number += 1
    return last


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line + b"\n" for line in lines)
    if rest:
        yield rest


def _record(line: bytes, id: str) -> Table | None:
    if not line.startswith(START):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    ours = {"status", "attempt", "id", "key"} <= found.keys() and found["id"] == id
    return found if ours else None

"""A file in CUE: what `cue export` makes of it, and the places of its keys in the text that was written."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runner.text.diagnostics import Diagnostic, Place, Refused, diagnose
from runner.text.document import At, Document, decoded, read, show, too_deep
from runner.text.fault import dotted
from runner.text.labels import Labels
from runner.text.positions import Scan, columns, inner, scan
from runner.text.shipped import folder
from runner.text.sources import CUE, CUE_TIME, Sources

SPOT = re.compile(r"    (.+?):(\d+):(\d+)")
TOKEN = re.compile(r"[#\w$.-]+|\"(?:[^\"\\\n]|\\.)*\"|.")
LONGEST, MOST = 300, 2
OURS = re.compile(r"(?:[ \t]*(?://[^\n]*)?\n)*package[ \t]+runner\b")
"""A file of this package sees our definitions."""
HEADING = re.compile(r"\d+ errors in empty disjunction")


class Computed(Document):
    """A file whose data was computed from its text. A place has the key in it: one line may stand for many."""

    __slots__ = ("_labels", "_lines")

    def __init__(self, path: str, text: str, data: dict[str, Any]) -> None:
        super().__init__(path, text, data)
        self._labels: Labels | None = None
        self._lines = Scan(text)

    def place(self, keys: Sequence[str | int], at: At = "value", part: tuple[int, int] | None = None) -> Place:
        """As of any document; keys that are nowhere in the text give what is nearest around them."""
        if self._labels is None:
            self._labels = Labels(self.text)
        spot, size = self._labels.find(keys)
        key = dotted([str(name) for name in keys])
        if spot is None:
            return Place(self.path, 1, 1, 2, key)
        if at != "value" or size < len(keys):
            return self._at(spot.key, spot.key_end, key)
        written = self.text[spot.value : spot.value_end]
        inside = (
            inner(written, *part)
            if part and written[:1] == '"' and written[:3] != '"""' and r"\(" not in written
            else None
        )
        if inside is not None:
            return self._at(spot.value + inside[0], spot.value + inside[1], key)
        return self._at(spot.value, spot.value_end, key)

    def _at(self, start: int, end: int, key: str) -> Place:
        return Place(self.path, *columns(self.text, self._lines, start, end), key)


def load(path: Path | str, sources: Sources) -> Document:
    """The table that a CUE file gives. Raises Refused: it can't be read, CUE finds mistakes (E141), it gives something
    else (E142, E143), there is no CUE (E753) or no answer of it (E754)."""
    shown = show(path)
    text = decoded(read(path, sources), shown)
    try:
        ours = [os.path.join(folder("schema"), "runner.cue")] if OURS.match(text) else []
        code, out, said = sources.cue(path, *ours)
    except FileNotFoundError:
        program = sources.environ.get(CUE) or "cue"
        raise Refused([diagnose("E753", None, path=shown, program=program)]) from None
    except TimeoutError:
        raise Refused([diagnose("E754", None, path=shown, why=f"gave no answer for {CUE_TIME} s")]) from None
    except OSError as error:
        why = f"can't be called: {(error.strerror or str(error)).lower()}"
        raise Refused([diagnose("E754", None, path=shown, why=why)]) from None
    if code != 0:
        problems = list(_problems(said, path, text))
        why = f"ended with {code}" if code > 0 else f"was ended by signal {-code}"
        raise Refused(problems or [diagnose("E754", None, path=shown, why=why)])
    try:
        data = json.loads(out)
    except (ValueError, RecursionError):
        raise Refused([diagnose("E754", None, path=shown, why="gave no JSON")]) from None
    if not isinstance(data, dict):
        kind = "a list" if isinstance(data, list) else "a single value"
        raise Refused([diagnose("E142", Place(shown, 1, 1, 2), path=shown, what=kind)])
    doc = Computed(shown, text, data)
    if too_deep(data):
        raise Refused([diagnose("E108", Place(shown, 1, 1, 2), limit=100)])
    refused = [
        diagnose(
            "E143", doc.place(keys), key=dotted([str(key) for key in keys]), value="null" if value is None else value
        )
        for keys, value in _values(data)
        if value is None or (isinstance(value, float) and not math.isfinite(value))
    ]
    if refused:
        raise Refused(refused)
    return doc


def _values(data: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """All that is neither table nor list, with its keys."""
    todo: list[tuple[tuple[str | int, ...], Any]] = [((), data)]
    while todo:
        keys, value = todo.pop()
        if isinstance(value, (dict, list)):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            todo += reversed([((*keys, key), inside) for key, inside in pairs])
        else:
            yield keys, value


def _problems(said: str, path: Path | str, text: str) -> Iterator[Diagnostic]:
    """What CUE has said: sentences, each with the places that disagree below it."""
    labels = Labels(text)
    sentence, places = "", []
    for line in [*said.splitlines(), ""]:
        spot = SPOT.fullmatch(line)
        if spot:
            where = os.path.join(os.path.dirname(os.path.abspath(path)), spot[1])
            places.append(_place(os.path.normpath(where), int(spot[2]), int(spot[3])))
            continue
        if sentence and not (HEADING.search(sentence) and not places):
            first, *others = _ordered(places, sentence, labels, show(path)) or (None,)
            related = [(place, "and this") for place in others[:MOST] if place is not None]
            yield diagnose("E141", first, said=_short(sentence), related=related)
        sentence, places = line.strip(), []


def _ordered(places: Sequence[Place], sentence: str, labels: Labels, shown: str) -> list[Place]:
    """The place of the key that the sentence begins with, then others; what comes with us last, and only if alone."""
    own = [place for place in places if place.file == shown]
    found = scan(f"{sentence.partition(': ')[0].rstrip(':')} = 0")
    spot = labels.find([name for name, _, _ in found.names])[0] if not found.stuck else None
    first = next(iter([*reversed(own), *reversed(places)]), None)
    if spot is not None:
        there = Place(shown, *columns(labels.text, Scan(labels.text), spot.value, spot.value_end))
        first = min(own, key=lambda place: (abs(place.line - there.line), abs(place.col - there.col)), default=there)
    ours = folder("schema")
    others = [place for place in places if place != first and not os.path.abspath(place.file).startswith(ours)]
    return [first, *others] if first else []


def _short(sentence: str) -> str:
    """CUE shows whole structs."""
    sentence = sentence.rstrip(":")
    return sentence if len(sentence) <= LONGEST else f"{sentence[:LONGEST]}..."


def _place(path: str, line: int, col: int) -> Place:
    """A place as CUE counts: its columns are bytes."""
    try:
        with open(path, "rb") as file:
            raw = file.read().split(b"\n")[line - 1]
    except (OSError, ValueError, IndexError):
        raw = b""
    start = len(raw[: col - 1].decode("utf-8", "replace"))
    token = TOKEN.match(raw.decode("utf-8", "replace"), start)
    return Place(show(os.path.normpath(path)), line, start + 1, (token.end() if token else start + 1) + 1)

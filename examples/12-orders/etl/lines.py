"""One table as lines of JSON."""

import csv as tables
import json
from contextlib import suppress
from pathlib import Path
from typing import Any


def convert(csv: Path, lines: Path) -> int:
    """One object a row, numbers as numbers; gives the number of rows."""
    with open(csv, newline="") as file:
        rows = [{name: value(text) for name, text in row.items()} for row in tables.DictReader(file)]
    Path(lines).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return len(rows)


def value(text: str) -> Any:
    """A number, if it is one."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text

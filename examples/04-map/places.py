"""Adds up one table."""

import csv
from pathlib import Path


def total(table: Path, scale: int, out: Path) -> tuple[int, int]:
    """The scaled sum of the column `value`, and the number of rows."""
    with open(table, newline="") as file:
        values = [int(row["value"]) for row in csv.DictReader(file)]
    Path(out).write_text(f"{sum(values) * scale}\n")
    return sum(values) * scale, len(values)

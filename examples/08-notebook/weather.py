"""Reads a week of weather."""

import csv
from pathlib import Path


def warmest(table: Path) -> str:
    """The warmest day."""
    with open(table, newline="") as file:
        return max(csv.DictReader(file), key=lambda row: float(row["celsius"]))["day"]

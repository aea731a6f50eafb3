"""The steps of pipeline.toml. They know nothing of it: a test can call them, and so can you."""

import csv
from pathlib import Path


def clean(raw: Path, tidy: Path, warmest: float) -> int:
    """Drop readings that can't be true; how many they were."""
    with open(raw) as file:
        rows = list(csv.DictReader(file))
    kept = [row for row in rows if float(row["celsius"]) <= warmest]
    with open(tidy, "w", newline="") as file:
        table = csv.DictWriter(file, ["day", "celsius"])
        table.writeheader()
        table.writerows(kept)
    return len(rows) - len(kept)


def summarise(tidy: Path) -> tuple[float, int]:
    """The mean, and of how many days."""
    with open(tidy) as file:
        values = [float(row["celsius"]) for row in csv.DictReader(file)]
    return round(sum(values) / len(values), 2), len(values)


def tell(page: Path, mean: float, days: int, dropped: int) -> None:
    """What a step prints goes to its log: `runner logs @last tell`."""
    print(f"{days} days, {dropped} dropped")
    Path(page).write_text(f"# The week\n\n{mean} degrees on average of {days} days.\n")

from pathlib import Path


def convert(csv: Path, parquet: Path) -> int: ...

from pathlib import Path


def clean(raw: Path, tidy: Path) -> int: ...

"""The files that everybody reads."""

import shutil
from pathlib import Path


def quarantine(files: list[Path], pen: Path) -> None:
    """Take files out of the lake, so that nobody adds them up."""
    Path(pen).mkdir(parents=True, exist_ok=True)
    for file in files:
        shutil.move(file, Path(pen, Path(file).name))
    print(f"{len(files)} files are in {pen}")

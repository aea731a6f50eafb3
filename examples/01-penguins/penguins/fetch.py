"""Prints the data set that the package `palmerpenguins` ships, as it is."""

import sys
from importlib.util import find_spec
from pathlib import Path


def main() -> None:
    spec = find_spec("palmerpenguins")  # found, not imported: only its file is needed
    if spec is None or spec.origin is None:
        sys.exit("the package palmerpenguins is not installed: see requirements.txt")
    sys.stdout.write((Path(spec.origin).parent / "data" / "penguins.csv").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()

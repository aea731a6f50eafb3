"""Where the data lies that ships with the program, `schema/` and `stdlib/`, in a checkout and in a wheel."""

from __future__ import annotations

import os


def folder(name: str) -> str:
    """The folder of that name: packed as `runner/_data/<name>`, else beside `runner/`. Raises FileNotFoundError."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    packed = os.path.join(package, "_data", name)
    if os.path.isdir(packed):
        return packed
    beside = os.path.join(os.path.dirname(package), name)
    # a checkout, and not some folder that happens to lie beside an installed package
    if os.path.isdir(beside) and os.path.isfile(os.path.join(os.path.dirname(package), "pyproject.toml")):
        return beside
    raise FileNotFoundError(f"the data folder `{name}` of runner-up is missing: install it again")

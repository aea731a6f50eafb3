"""Where the project is that a command is about."""

from __future__ import annotations

from pathlib import Path


def project_root(start: Path | None = None) -> Path:
    """The nearest folder from `start` (or here) upward that has runs or a `runner.toml`; else `start` itself."""
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if (folder / ".runner" / "index.jsonl").is_file() or (folder / "runner.toml").is_file():
            return folder
    return here

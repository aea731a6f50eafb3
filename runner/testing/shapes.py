"""The shapes that every executor runs: pipelines, and what the run of each comes to wherever it runs (PROTOCOL R9)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from runner.run.fold import projection
from runner.testing.golden import golden
from runner.testing.promised import promised

HERE = Path(__file__).parent / "data"
FOLDER = HERE / "shapes"
ENDS = {"skip-and-block": 1, "handlers": 1, "retry": 1}


class Shape(NamedTuple):
    """A shape. files: of its project; code: the exit code of its run."""

    name: str
    files: dict[str, str]
    code: int

    def compare(self, run: dict[str, Any]) -> None:
        """A Run is that of the shape: its projection is the golden one."""
        promised("run", run, more=True)
        told = json.dumps(projection(run), indent=2, sort_keys=True) + "\n"
        golden(HERE / "projections" / f"{self.name}.json", told)


def shapes() -> list[Shape]:
    """All of them."""
    beside = [*FOLDER.glob("*.py"), *FOLDER.glob("*/*.toml")]
    files = {str(path.relative_to(FOLDER)): path.read_text("utf-8") for path in beside}
    paths = sorted(FOLDER.glob("*.toml"))
    return [
        Shape(path.stem, {"pipeline.toml": path.read_text("utf-8"), **files}, ENDS.get(path.stem, 0)) for path in paths
    ]

"""Problems on stderr, with the lines that they point at."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from runner.text.diagnostics import Diagnostic
from runner.text.snippet import render
from runner.views.terminal import coloured


def show(problems: Sequence[Diagnostic]) -> None:
    """Print them all, errors and warnings."""
    sys.stderr.write(render(problems, _text, color=coloured(sys.stderr, os.environ)))
    sys.stderr.flush()


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    except (OSError, ValueError):
        return None

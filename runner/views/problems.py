"""Problems on stderr, with the lines that they point at."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence

from runner.text.diagnostics import Diagnostic
from runner.text.snippet import render
from runner.views.annotations import github
from runner.views.terminal import coloured, is_terminal


def show(problems: Sequence[Diagnostic], texts: Mapping[str, str] | None = None) -> None:
    """Print them all, errors and warnings; under GitHub Actions also as marks. texts: of files as they would be."""

    def text(path: str) -> str | None:
        return texts[path] if texts and path in texts else _text(path)

    sys.stderr.write(render(problems, text, color=coloured(sys.stderr, os.environ)))
    code = next((problem.code for problem in problems if problem.severity == "error"), None)
    if code is not None and is_terminal(sys.stderr):
        sys.stderr.write(f"`runner explain {code}` says more\n")
    sys.stderr.write(github(problems, os.environ))
    sys.stderr.flush()


def _text(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return file.read()
    except (OSError, ValueError):
        return None

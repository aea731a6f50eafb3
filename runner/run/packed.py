"""The agent as one file that any Python from 3.9 on runs: the same sources give the same bytes."""

from __future__ import annotations

import io
import itertools
import json
import os
import tokenize
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

MAIN = b"""import sys
if sys.argv[1:2] == ["execute-task"]:
    from runner.run.afar import main
else:
    from runner.agent.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
PARTS = ("rules", "agent")
FOLD = (  # what tells of other tasks where there is no driver, and what it stands on
    "afar", "aftermath", "events", "expansion", "fold", "hindsight", "instructions", "machine", "records", "scopes",
    "search", "stock", "units",
)  # fmt: skip


def packed() -> bytes:
    """The zipapp: `runner/__init__.py`, `runner/rules`, `runner/agent`, some of `runner/run`, and a `__main__.py`."""
    home = Path(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [home / "__init__.py", *(path for part in PARTS for path in sorted((home / part).glob("*.py")))]
    paths += [home / "run" / f"{name}.py" for name in ("__init__", *FOLD)]
    sources = {f"runner/{path.relative_to(home).as_posix()}": _carried(path) for path in paths}
    out = io.BytesIO()
    with ZipFile(out, "w") as file:
        for name, data in {"__main__.py": MAIN, **sources}.items():
            info = ZipInfo(name, TIME)
            info.external_attr = 0o644 << 16
            file.writestr(info, data, ZIP_DEFLATED, 9)
    return out.getvalue()


def _carried(path: Path) -> bytes:
    text = path.read_text(encoding="utf-8")
    return (text if path.name == "__main__.py" else lean(text)).encode()  # that one prints what it says of itself


def lean(source: str) -> str:
    """Python without comments and docstrings, a quarter of what is to be carried; each line keeps its number."""
    lines = source.splitlines(keepends=True)
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    cuts: list[tuple[tuple[int, int], tuple[int, int], str]] = []
    before = tokenize.NEWLINE
    for token, after in itertools.pairwise(tokens):
        begins = before in (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
        if token.type == tokenize.COMMENT:
            cuts.append((token.start, token.end, ""))
        elif token.type == tokenize.STRING and begins and after.type == tokenize.NEWLINE:
            cuts.append((token.start, token.end, '""'))
        if token.type not in (tokenize.NL, tokenize.COMMENT):
            before = token.type
    for (first, start), (last, end), instead in reversed(cuts):
        line = (lines[first - 1][:start] + instead).rstrip(" ") + lines[last - 1][end:]
        lines[first - 1 : last] = [line, *["\n"] * (last - first)]
    return "".join(lines)


def message(told: dict[str, Any]) -> bytes:
    """What an agent reads from `--told`: a line with the length, and the JSON; the stream need not end there."""
    text = json.dumps(told).encode()
    return b"%d\n%s" % (len(text), text)

"""The agent as one file that any Python from 3.9 on runs: the same sources give the same bytes."""

from __future__ import annotations

import ast
import io
import json
import os
from functools import cache
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


@cache
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
    """Python without docstrings, a fifth of what is to be carried; each line keeps its number."""
    lines = source.encode().splitlines(keepends=True)
    pending: list[ast.AST] = [ast.parse(source)]
    while pending:
        found: Any = pending.pop()
        first = found.body[0] if found.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            start, last = first.lineno - 1, (first.end_lineno or first.lineno) - 1
            kept = lines[start][: first.col_offset] + b'""' + lines[last][first.end_col_offset :]
            lines[start : last + 1] = [kept, *[b"\n"] * (last - start)]
        pending += [one for one in found.body if isinstance(one, (ast.FunctionDef, ast.ClassDef))]
    return b"".join(lines).decode()


def message(told: dict[str, Any]) -> bytes:
    """What an agent reads from `--told`: a line with the length, and the JSON; the stream need not end there."""
    text = json.dumps(told).encode()
    return b"%d\n%s" % (len(text), text)

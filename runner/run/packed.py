"""The agent as one file that any Python from 3.9 on runs: the same sources give the same bytes."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

MAIN = b"import sys\nfrom runner.agent.__main__ import main\nsys.exit(main(sys.argv[1:]))\n"
TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
PARTS = ("rules", "agent")


def packed() -> bytes:
    """The zipapp: `runner/__init__.py`, `runner/rules`, `runner/agent`, and a `__main__.py` that runs the agent."""
    home = Path(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [home / "__init__.py", *(path for part in PARTS for path in sorted((home / part).glob("*.py")))]
    sources = {f"runner/{path.relative_to(home).as_posix()}": path.read_bytes() for path in paths}
    out = io.BytesIO()
    with ZipFile(out, "w") as file:
        for name, data in {"__main__.py": MAIN, **sources}.items():
            info = ZipInfo(name, TIME)
            info.external_attr = 0o644 << 16
            file.writestr(info, data, ZIP_DEFLATED, 9)
    return out.getvalue()


def message(told: dict[str, Any]) -> bytes:
    """What an agent reads from `--told`: a line with the length, and the JSON; the stream need not end there."""
    text = json.dumps(told).encode()
    return b"%d\n%s" % (len(text), text)

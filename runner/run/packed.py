"""The agent as one file that any Python from 3.9 on runs: the same sources give the same bytes."""

from __future__ import annotations

import bz2
import io
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

MAIN = b"""import sys
if sys.argv[1:2] == ["execute-task"]:
    from runner.run.afar import main
elif sys.argv[1:2] == ["execute-part"]:
    from runner.run.part import main
else:
    from runner.agent.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
TIME = (1980, 1, 1, 0, 0, 0)  # the first that a zip can hold
DOC = re.compile(r'(\A|:\n *|:\n\n *)"""(?:[^"\\]|\\.|"(?!""))*"""', re.DOTALL)  # what a module, class or function says
PARTS = ("rules", "agent")
FOLD = (  # what tells of other tasks where there is no driver, and what it stands on
    "afar", "aftermath", "events", "expansion", "fold", "hindsight", "instructions", "machine", "records", "scopes",
    "part", "search", "stock", "units",
)  # fmt: skip


BOOT = b"""import os, shutil, sys, tempfile
try:
    import bz2
except ImportError:
    sys.exit("runner agent: this Python has no `bz2`: name another by `executor.python`")
folder = tempfile.mkdtemp(prefix="runner-agent-")
try:
    sys.path[0] = os.path.join(folder, "agent.zip")
    with open(sys.path[0], "wb") as file:
        file.write(bz2.decompress(__loader__.get_data("agent.zip.bz2")))
    if sys.argv[1:2] == ["execute-task"]:
        from runner.run.afar import main
    else:
        from runner.agent.__main__ import main
    code = main(sys.argv[1:])
finally:
    shutil.rmtree(folder, ignore_errors=True)
sys.exit(code)
"""


@cache
def packed() -> bytes:
    """The zipapp: `runner/__init__.py`, `runner/rules`, `runner/agent`, some of `runner/run`, and a `__main__.py`."""
    return _zip({"__main__.py": MAIN, **_sources()}, ZIP_DEFLATED)


@cache
def carried() -> bytes:
    """The same in the same bytes wherever it is packed: what deflates is another library on other machines."""
    return _zip({"__main__.py": BOOT, "agent.zip.bz2": bz2.compress(_zip(_sources(), ZIP_STORED), 9)}, ZIP_STORED)


def _sources() -> dict[str, bytes]:
    home = Path(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    paths = [home / "__init__.py", *(path for part in PARTS for path in sorted((home / part).glob("*.py")))]
    paths += [home / "run" / f"{name}.py" for name in ("__init__", *FOLD)]
    return {f"runner/{path.relative_to(home).as_posix()}": _lean(path) for path in paths}


def _zip(files: dict[str, bytes], how: int) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w") as file:
        for name, data in files.items():
            info = ZipInfo(name, TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16
            file.writestr(info, data, how, 9)
    return out.getvalue()


def _lean(path: Path) -> bytes:
    text = path.read_text(encoding="utf-8")
    return (text if path.name == "__main__.py" else lean(text)).encode()  # that one prints what it says of itself


def lean(source: str) -> str:
    """Python without docstrings, a fifth of what is to be carried; each line keeps its number. source: in our style."""
    return DOC.sub(lambda found: f'{found[1]}""' + "\n" * found[0].count("\n", len(found[1])), source)


def message(told: dict[str, Any]) -> bytes:
    """What an agent reads from `--told`: a line with the length, and the JSON; the stream need not end there."""
    text = json.dumps(told).encode()
    return b"%d\n%s" % (len(text), text)

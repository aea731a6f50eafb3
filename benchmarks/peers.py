"""A script that times many runners by workloads of the same names: its tools for us, ours for it.

It has a class `Tool` that registers what is derived from it in `TOOLS`, by name, and a `main()`.
"""

from __future__ import annotations

import importlib.util
import sys
from typing import Any

from tools import Ours


def load(path: str) -> Any:
    """The script as a module, `runner` among its tools."""
    spec = importlib.util.spec_from_file_location("many_runners", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"no Python file: {path}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    class Plugged(Ours, module.Tool):  # type: ignore[misc,name-defined]
        """This project as a tool of that script."""

        name = "runner"
        venv = ""
        dist = "runner-up"
        help = Ours().words("--help")

    assert module.TOOLS["runner"] is Plugged
    return module


def tools_of(path: str | None) -> dict[str, Any]:
    """The tools of the script by name, but for ours; none without a script."""
    if not path:
        return {}
    return {name: tool() for name, tool in load(path).TOOLS.items() if name != "runner"}


def hand_over(path: str | None, words: list[str]) -> int:
    """Run the script itself with these words; its exit code."""
    if not path:
        raise SystemExit("words after `--` are for the script that --peers names")
    module = load(path)
    sys.argv = [path, *words]
    return int(module.main() or 0)

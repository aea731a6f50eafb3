"""runner-up: one pipeline file, any place to run it. In a step's code: `from runner import step`."""

from __future__ import annotations

TYPE_CHECKING = False  # a Python step loads this file, and `typing` would cost it more than its own work
if TYPE_CHECKING:
    from typing import Any

    from runner.agent import step as step

__version__ = "0.1.0"
__all__ = ["__version__", "step"]


def __getattr__(name: str) -> Any:
    if name == "step":
        from .agent import step as found  # relative: this package may be loaded as `runner_up` too

        globals()["step"] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The same as `runner`, for projects that have a `runner` of their own (N43): `from runner_up import step`."""

from __future__ import annotations

TYPE_CHECKING = False  # a Python step loads this file, and `typing` would cost it more than its own work
if TYPE_CHECKING:
    from typing import Any

    from runner.agent import step as step

__all__ = ["step"]


def __getattr__(name: str) -> Any:
    if name == "step":
        # By path, not by name: the name `runner` may be the project's.
        import os
        import sys
        from importlib.util import module_from_spec, spec_from_file_location

        above = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        spec = spec_from_file_location("runner_up.step", os.path.join(above, "runner", "agent", "step.py"))
        if spec is None or spec.loader is None:
            raise ImportError("runner_up: the package `runner` is not beside it")
        found = module_from_spec(spec)
        sys.modules["runner_up.step"] = found
        spec.loader.exec_module(found)
        globals()["step"] = found
        return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

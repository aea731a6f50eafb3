"""Exit codes of a run (DESIGN 3.3)."""

from __future__ import annotations

OK, FAILED, USAGE, FILES, ENVIRONMENT, PLUGIN, DIFFERS, TIMED_OUT = 0, 1, 2, 3, 4, 5, 6, 124

WORDS = {
    OK: "ok",
    FAILED: "a step failed",
    USAGE: "usage",
    FILES: "a file is wrong",
    ENVIRONMENT: "environment",
    PLUGIN: "plug-in",
    DIFFERS: "the plan differs",
    TIMED_OUT: "the run timed out",
    129: "ended by HUP",
    130: "ended by INT",
    143: "ended by TERM",
}


def exit_code(status: str, *, signal: int | None = None, timed_out: bool = False) -> int:
    """The code of a run that has ended with `status`. `signal`: the first one that asked it to stop.

    A run that succeeded in spite of a late signal is a success."""
    if status == "succeeded":
        return OK
    if signal is not None:
        return 128 + signal
    return TIMED_OUT if timed_out else FAILED

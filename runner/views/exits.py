"""The exit codes, in words, and that of a run (DESIGN 3.3)."""

from __future__ import annotations

OK, FAILED, USAGE, FILES, ENVIRONMENT, PLUGIN, DIFFERS, TIMED_OUT = 0, 1, 2, 3, 4, 5, 6, 124

EXITS: tuple[tuple[int, str, str], ...] = (
    (OK, "ok", "All that was asked is done."),
    (FAILED, "a step failed", "The run went to its end, and something in it failed. `runner show @failed` says what."),
    (USAGE, "usage", "The words of the command make no sense: E9 codes. Nothing was begun."),
    (FILES, "a file is wrong", "A pipeline, a profile or `runner.toml`: E1 to E6 codes. Nothing was begun."),
    (
        ENVIRONMENT,
        "environment",
        "What the run needs is not there, or went away: a secret, an engine, a cluster, the disk. E7 codes.",
    ),
    (PLUGIN, "plug-in", "A plug-in is broken, missing or made for another version: E8 codes."),
    (DIFFERS, "a plan or file differs", "`plan --diff --exit-code` and `fmt --check`, when something did."),
    (70, "a fault of runner", "Its traceback is kept in `.runner`; please report it."),
    (TIMED_OUT, "timed out", "The run had no time left: `timeout` of the pipeline."),
    (129, "HUP", "The terminal went away. `--resume` goes on."),
    (130, "INT", "Ctrl-C. `--resume` goes on."),
    (141, "PIPE", "Who read the output has ended, as in `runner logs | head`."),
    (143, "TERM", "Somebody ended it. `--resume` goes on."),
)
"""Code, name, meaning."""


def exit_code(status: str, *, signal: int | None = None, timed_out: bool = False) -> int:
    """The code of a run that has ended with `status`. `signal`: the first one that asked it to stop.

    A run that succeeded in spite of a late signal is a success."""
    if status == "succeeded":
        return OK
    if signal is not None:
        return 128 + signal
    return TIMED_OUT if timed_out else FAILED

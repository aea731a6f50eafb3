"""The exit codes, in words (DESIGN 3.3)."""

from __future__ import annotations

EXITS: tuple[tuple[int, str, str], ...] = (
    (0, "ok", "All that was asked is done."),
    (1, "a step failed", "The run went to its end, and something in it failed. `runner show @failed` says what."),
    (2, "usage", "The words of the command make no sense: E9 codes. Nothing was begun."),
    (3, "a file is wrong", "A pipeline, a profile or `runner.toml`: E1 to E6 codes. Nothing was begun."),
    (
        4,
        "environment",
        "What the run needs is not there, or went away: a secret, an engine, a cluster, the disk. E7 codes.",
    ),
    (5, "plug-in", "A plug-in is broken, missing or made for another version: E8 codes."),
    (6, "the plan differs", "`plan --diff --exit-code`, when something did."),
    (70, "a fault of runner", "Its traceback is kept in `.runner`; please report it."),
    (124, "timed out", "The run had no time left: `timeout` of the pipeline."),
    (129, "HUP", "The terminal went away. `--resume` goes on."),
    (130, "INT", "Ctrl-C. `--resume` goes on."),
    (141, "PIPE", "Who read the output has ended, as in `runner logs | head`."),
    (143, "TERM", "Somebody ended it. `--resume` goes on."),
)
"""Code, name, meaning."""

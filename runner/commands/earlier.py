"""The run before one: what `diff` and `report` compare it with where nobody says another."""

from __future__ import annotations

from runner.commands.common import OpenRun, open_run
from runner.run import index
from runner.text.diagnostics import Refused

TRIED = 5  # runs that are tried, where some can't be read


def earlier(opened: OpenRun) -> OpenRun | None:
    """The newest run of the same pipeline that began before it, has ended, can be read and did something."""
    id = str(opened.run.get("run"))
    found = index.newest(opened.root, str(opened.meta.get("pipeline")))
    for entry in [one for one in found if one["run"] < id and one.get("status")][:TRIED]:
        try:
            other = open_run(entry["run"], opened.root)
        except Refused:
            continue
        if not other.run.get("tick"):
            return other
    return None

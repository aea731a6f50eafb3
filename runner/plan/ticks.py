"""When a pipeline starts by itself: times that nobody can read, and those that clocks pass over or show twice (N53)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from runner.model.cron import cron, jumps
from runner.resolve.layers import Layers
from runner.text.diagnostics import Diagnostic, diagnose, near

Table = dict[str, Any]


def ticks(profile: Table, layers: Layers) -> Iterator[Diagnostic]:
    """profile: as a plan holds it."""
    schedule = profile.get("schedule")
    if not schedule:
        return
    laid = layers.service("schedule")
    name = str(schedule.get("timezone") or "UTC")
    place = _zone(name)
    if isinstance(place, Diagnostic):
        yield place._replace(place=laid.place(("timezone",)))
        place = None
    said = schedule.get("cron") or ()
    for index, text in enumerate([said] if isinstance(said, str) else said):
        where = laid.place(("cron",) if isinstance(said, str) else ("cron", index))
        try:
            when = cron(text)
        except ValueError as error:
            yield diagnose("E517", where, text=text, why=str(error))
            continue
        skipped, twice = jumps(when, place, datetime.now(UTC)) if place is not None else (False, False)
        if skipped or twice:
            what = [*(["passed over once a year"] if skipped else ()), *(["reached twice on one day"] if twice else ())]
            yield diagnose("W517", where, text=text, zone=name, what=" and ".join(what))


def _zone(name: str) -> Any:
    """The timezone; None where this machine knows none at all, or the Diagnostic of one that is not there."""
    from zoneinfo import ZoneInfo, available_timezones

    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        known = available_timezones()
        return diagnose("E518", None, name=name, near=near(name, known)) if known else None

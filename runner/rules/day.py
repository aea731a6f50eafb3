"""The day of a run (N52)."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone, tzinfo
from typing import Any


def day_of(start: float, due: str | None = None, schedule: Mapping[str, Any] | None = None) -> str:
    """`run.date`: the day of the tick, else of the start, where the schedule is; UTC where that is not known.

    start: seconds since 1970; due: the tick, ISO 8601; schedule: of the profile."""
    place: tzinfo = timezone.utc
    with suppress(ImportError, KeyError, ValueError, OSError):
        from zoneinfo import ZoneInfo  # 3.9 may lack the zones themselves

        place = ZoneInfo((schedule or {}).get("timezone") or "UTC")
    at = datetime.fromtimestamp(start, timezone.utc)
    with suppress(ValueError):
        at = datetime.fromisoformat(due.replace("Z", "+00:00")) if due else at
    return at.astimezone(place).strftime("%Y-%m-%d")

"""Durations and ages in words."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any


def duration(seconds: float | None) -> str:
    """0.04 -> `40ms`, 4.81 -> `4.8s`, 31.2 -> `31s`, 252 -> `4m12s`, 7380 -> `2h03m`, 180000 -> `2d02h`."""
    if seconds is None:
        return ""
    seconds = max(0.0, seconds)
    if seconds < 0.9995:
        return f"{round(seconds * 1000)}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 48 * 3600:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86400}d{whole % 86400 // 3600:02}h"


def took(entry: Mapping[str, Any]) -> str:
    """How long a run or a step has taken; "" while it has not ended."""
    start, end = entry.get("start"), entry.get("end")
    return duration(end - start) if start is not None and end is not None else ""


def clock(seconds: float) -> str:
    """A duration that is still running: whole seconds, so that it does not flicker."""
    return f"{int(seconds)}s" if 0 <= seconds < 60 else duration(max(0.0, float(int(seconds))))


def roughly(seconds: float) -> str:
    """A guess: `8s`, `40s`, `3m`, `1h05m`."""
    if seconds < 10:
        return f"{max(1, round(seconds))}s"
    if seconds < 55:
        return f"{5 * round(seconds / 5)}s"
    return f"{max(1, round(seconds / 60))}m" if seconds < 3570 else duration(60 * round(seconds / 60))


def age(then: float | None, now: float) -> str:
    """How long ago: `now`, `12s ago`, `5m ago`, `3h ago`, `2d ago`; from 60 days on the day itself (UTC)."""
    if then is None:
        return ""
    seconds = int(now - then)
    if seconds < 1:
        return "now"
    for limit, unit, size in ((60, "s", 1), (3600, "m", 60), (48 * 3600, "h", 3600), (60 * 86400, "d", 86400)):
        if seconds < limit:
            return f"{seconds // size}{unit} ago"
    return moment(then)[:10]


def moment(at: float | None) -> str:
    """A point in time, ISO 8601, UTC, whole seconds."""
    return "" if at is None else time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))

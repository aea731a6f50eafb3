"""Cron times as Kubernetes and Argo read them: five fields, or a word such as `@daily`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

FIELDS = (
    ("minute", 0, 59, ""),
    ("hour", 0, 23, ""),
    ("day of the month", 1, 31, ""),
    ("month", 1, 12, "jan feb mar apr may jun jul aug sep oct nov dec"),
    ("day of the week", 0, 6, "sun mon tue wed thu fri sat"),
)
WORDS = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
}  # fmt: skip
EVERY = re.compile(r"@every ([0-9]+(ns|us|ms|s|m|h))+", re.ASCII)
ANY = ("*", "?")
PART = re.compile(r"(\*|\?|\w+)(?:-(\w+))?(?:/([0-9]+))?", re.ASCII)
YEAR, DAY, STEP = 366, timedelta(days=1), timedelta(minutes=30)


class Cron(NamedTuple):
    """What each field allows; loose: the days of the month, those of the week, and the hours that are all of them."""

    allowed: tuple[frozenset[int], ...]
    loose: tuple[bool, bool, bool]

    def at(self, when: datetime) -> bool:
        """Whether it is such a time; of the two kinds of days one is enough where both are said."""
        minutes, hours, days, months, weekdays = self.allowed
        day, weekday = when.day in days, when.isoweekday() % 7 in weekdays
        fits = day and weekday if any(self.loose[:2]) else day or weekday
        return fits and when.minute in minutes and when.hour in hours and when.month in months


def cron(text: str) -> Cron:
    """Raises ValueError, which says what is wrong."""
    fields = ("* " * len(FIELDS) if EVERY.fullmatch(text) else WORDS.get(text.lower(), text)).split()
    if len(fields) != len(FIELDS):
        raise ValueError(f"five fields are wanted: {', '.join(name for name, *_ in FIELDS)}")
    allowed = tuple(_field(field, *about) for field, about in zip(fields, FIELDS, strict=True))
    return Cron(allowed, (fields[2] in ANY, fields[4] in ANY, len(allowed[1]) == 24))


def _field(text: str, name: str, least: int, most: int, words: str) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        said = PART.fullmatch(part)
        if said is None:
            raise ValueError(f"`{part}` is no {name}")
        first, last, step = said.groups()
        if first in ANY:
            low, high = least, most
        else:
            low = _number(first, name, least, most, words)
            high = _number(last, name, least, most, words) if last else most if step else low
        if high < low or step == "0":
            raise ValueError(f"`{part}` is no {name}")
        found.update(range(low, high + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, name: str, least: int, most: int, words: str) -> int:
    names = words.split()
    if text.lower() in names:
        return names.index(text.lower()) + least
    if not text.isdigit() or not least <= int(text) <= most:
        raise ValueError(f"`{text}` is no {name}: it goes from {least} to {most}")
    return int(text)


def jumps(when: Cron, place: tzinfo, start: datetime) -> tuple[bool, bool]:
    """Whether clocks of this place pass over such a time, and whether they show one twice, within a year."""
    skipped = twice = False
    if not when.loose[2]:  # at every hour nothing is missed
        for at, before, after in _changes(place, start):
            local = (at + min(before, after)).replace(tzinfo=None)
            minutes = range(int(abs(after - before).total_seconds()) // 60)
            if any(when.at(local + timedelta(minutes=minute)) for minute in minutes):
                skipped, twice = skipped or after > before, twice or after < before
    return skipped, twice


def _changes(place: tzinfo, start: datetime) -> Iterator[tuple[datetime, timedelta, timedelta]]:
    """Moments of a year at which the clocks change, and how far they are ahead before and after."""
    at = datetime(start.year, start.month, start.day, tzinfo=UTC)
    for _ in range(YEAR):
        before, after = _ahead(at, place), _ahead(at + DAY, place)
        moment = at
        while before != after and _ahead(moment, place) == before:
            moment += STEP
        if before != after:
            yield moment, before, after
        at += DAY


def _ahead(at: datetime, place: tzinfo) -> timedelta:
    return at.astimezone(place).utcoffset() or timedelta()

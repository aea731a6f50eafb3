"""Cron times: what they allow, and what clocks that change make of them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from runner.model.cron import cron, jumps

NOON = datetime(2026, 11, 25, 12, 0)  # a Wednesday


@pytest.mark.parametrize(
    ("text", "fits"),
    [("* * * * *", True), ("0 12 * * *", True), ("5 12 * * *", False), ("*/15 10-14/2 * * *", True),
     ("0 12 25 nov WED", True), ("0 12 1 * wed", True), ("0 12 1 * thu", False), ("0 12 ? * mon-fri", True),
     ("0,30 12,18 * 1,11 *", True), ("@hourly", True), ("@daily", False), ("@every 1h30m", True)],
)  # fmt: skip
def test_a_time_fits(text: str, fits: bool) -> None:
    assert cron(text).at(NOON) is fits


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "five fields"), ("0 0 3 * * *", "five fields"), ("60 * * * *", "from 0 to 59"), ("* 24 * * *", "no hour"),
     ("* * 0 * *", "from 1 to 31"), ("* * * 13 *", "no month"), ("* * * * 7", "from 0 to 6"),
     ("*/0 * * * *", "no minute"), ("5-3 * * * *", "no minute"), ("a b c d e", "no minute"), ("@boot", "five fields")],
)  # fmt: skip
def test_what_is_no_time_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        cron(text)


@pytest.mark.parametrize(
    ("text", "zone", "found"),
    [("30 2 * * *", "Europe/Zurich", (True, True)), ("0 3 * * *", "Europe/Zurich", (False, False)),
     ("59 1 * * *", "Europe/Zurich", (False, False)), ("0 * * * *", "Europe/Zurich", (False, False)),
     ("30 2 * * *", "UTC", (False, False)), ("15 1 * * sun", "America/New_York", (False, True)),
     ("30 2 * * mon", "Europe/Zurich", (False, False)), ("15 2 * * *", "Australia/Lord_Howe", (True, False))],
)  # fmt: skip
def test_clocks_that_change(text: str, zone: str, found: tuple[bool, bool]) -> None:
    assert jumps(cron(text), ZoneInfo(zone), datetime(2026, 11, 25, tzinfo=UTC)) == found

"""Durations and sizes: what is read, what is refused, and what is said instead."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from runner.model import units


@pytest.mark.parametrize(
    ("text", "value"),
    [("90s", 90), ("1h30m", 5400), ("2d", 172800), ("1d2h3m4s", 93784), ("0s", 0), ("007s", 7), ("250ms", 0.25)],
)
def test_a_duration_is_whole_numbers_with_units_from_days_to_seconds_or_milliseconds(text: str, value: float) -> None:
    assert units.seconds(text) == value


@pytest.mark.parametrize(
    "text", ["", "30", "1.5h", "30s1h", "1h 30m", "-5s", "5S", "1h1h", "1s500ms", "٣s", "5s\n", "9" * 10 + "s"]
)
def test_nothing_else_is_a_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        units.seconds(text)


@given(st.integers(0, 10**9))
def test_seconds_survive_being_written(total: int) -> None:
    assert units.seconds(units.duration_text(total)) == total


@pytest.mark.parametrize(
    ("text", "value"), [("512Mi", 2**29), ("2Gi", 2**31), ("10G", 10**10), ("5k", 5000), ("3Ki", 3072), ("1T", 10**12)]
)
def test_a_size_is_a_whole_number_and_a_unit(text: str, value: int) -> None:
    assert units.bytes_of(text) == value


@pytest.mark.parametrize("text", ["", "512", "512m", "1.5Gi", "2GB", "2 Gi", "Gi", "-1G", "2K", "2gi", "1G\n"])
def test_nothing_else_is_a_size(text: str) -> None:
    with pytest.raises(ValueError, match="is no size"):
        units.bytes_of(text)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (30, "30s"), ("30", "30s"), ("1.5h", "1h30m"), ("90 minutes", "1h30m"), ("1h 30min", "1h30m"), ("2 Days", "2d"),
        ("soon", None), ("", None), (True, None), (-3, None), ("0.25s", "250ms"), ("0.0003s", None), ([1], None),
        ("9" * 400 + "s", None), (10**9, None),
    ],
)  # fmt: skip
def test_the_duration_that_was_meant(written: object, meant: str | None) -> None:
    assert units.duration_hint(written) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("512m", "512Mi"), ("1.5Gi", "1536Mi"), ("1.5G", "1500M"), ("2GB", "2G"), ("2 GiB", "2Gi"), ("64mb", "64M"),
        ("2gi", "2Gi"), ("3K", "3k"), ("1.0Gi", "1Gi"), ("512", None), (512, None), ("lots", None), (True, None),
    ],
)  # fmt: skip
def test_the_size_that_was_meant(written: object, meant: str | None) -> None:
    assert units.size_hint(written) == meant


@pytest.mark.parametrize(("written", "meant"), [("500m", "0.5"), ("2", "2"), ("1.5", "1.5"), ("all", None), (2, None)])
def test_the_cores_that_were_meant(written: object, meant: str | None) -> None:
    assert units.cpu_hint(written) == meant


@pytest.mark.parametrize(("cores", "milli"), [(1, 1000), (0.5, 500), (0.0001, 1), (0.25, 250)])
def test_cores_round_up_to_whole_millicores(cores: float, milli: int) -> None:
    assert units.millicores(cores) == milli

"""Text made fit for a terminal; tables, durations, ages, labels."""

import io

import pytest

from runner.views.labels import unfold, written_items
from runner.views.table import table
from runner.views.terminal import ASCII, UNICODE, clean, columns, cut, symbols
from runner.views.times import age, clock, duration, moment


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("plain\n", "plain"),
        ("a\r\n", "a"),
        ("10 %\r50 %\r99 %", "99 %"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]0;never ended", ""),
        ("a\tb", "a  b"),
        ("bell\x07 back\x08 null\x00", "bell back null"),
        ("c1\x9b31m", "c131m"),
        ("right\u202eto left", "right\ufffdto left"),
        ("bad \udcff byte", "bad \ufffd byte"),
        ("漢字", "漢字"),
    ],
)
def test_a_line_of_output_becomes_plain_text(raw, text):
    assert clean(raw) == text


def test_wide_characters_take_two_columns_and_marks_none():
    assert columns("漢字a") == 5
    assert columns("e\u0301") == 1


@pytest.mark.parametrize(
    ("text", "width", "wanted"),
    [("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("漢字漢", 5, "漢字…"), ("abc", 0, ""), ("abc", 1, "…")],
)
def test_text_is_cut_by_columns(text, width, wanted):
    assert cut(text, width, "…") == wanted


@pytest.mark.parametrize(
    ("env", "signs"),
    [
        ({}, UNICODE),
        ({"LANG": "de_DE.UTF-8"}, UNICODE),
        ({"LANG": "C"}, ASCII),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, ASCII),  # so Python says what it makes of the plain locale
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, ASCII),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, UNICODE),
        ({"LC_CTYPE": "de_DE.UTF-8", "LANG": "C"}, UNICODE),
    ],
)
def test_in_the_plain_locale_signs_are_ascii(env, signs):
    assert symbols(io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), env) is signs


def test_every_sign_has_a_twin():
    assert UNICODE.states.keys() == ASCII.states.keys()
    assert all(("".join(ASCII.states.values()) + "".join(ASCII[1:])).isascii() for _ in (0,))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (0.04, "40ms"),
        (0.9996, "1.0s"),
        (4.81, "4.8s"),
        (9.96, "10s"),
        (31.2, "31s"),
        (59.6, "1m00s"),
        (252, "4m12s"),
        (7380, "2h03m"),
        (180000, "2d02h"),
        (-1, "0ms"),
        (None, ""),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_a_running_clock_does_not_flicker():
    assert [clock(s) for s in (0.0, 0.95, 59.99, 61.5, -0.1)] == ["0s", "0s", "59s", "1m01s", "0ms"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "now"), (-5, "now"), (12, "12s ago"), (300, "5m ago"), (10_800, "3h ago"), (172_800, "2d ago")],
)
def test_ages(seconds, text):
    assert age(1e9, 1e9 + seconds) == text


def test_old_runs_have_a_date():
    assert age(0.0, 1e9) == "1970-01-01"
    assert moment(1e9) == "2001-09-09T01:46:40Z"


def test_a_table_is_never_cut_when_piped():
    assert table(("A", "N"), [("x" * 300, "1")]).splitlines()[1] == "x" * 300 + "  1"


def test_a_table_on_a_terminal_cuts_the_last_column_only():
    text = table(("NAME", "N", "ABOUT"), [("brisk-otter-3", "12", "y" * 80), ("a", "3", "z")], width=30, right="N")
    assert text == "NAME            N  ABOUT\nbrisk-otter-3  12  yyyyyyyy...\na               3  z\n"


def test_a_table_never_cuts_a_name_even_on_a_narrow_terminal():
    assert "brisk-otter-3  12" in table(("NAME", "N", "ABOUT"), [("brisk-otter-3", "12", "y")], width=5)


NODES = {
    "arch": {"path": "arch", "type": "map", "depth": 0, "parent": None, "body": {"type": "graph", "depth": 1}},
    "arch.fit": {"path": "arch.fit", "type": "map", "depth": 1, "parent": "arch", "body": {"type": "loop", "depth": 2}},
    "poll": {"path": "poll", "type": "loop", "depth": 0, "parent": None, "body": {"type": "task", "depth": 1}},
    "group": {"path": "group", "type": "graph", "depth": 0, "parent": None},
    "group.a": {"path": "group.a", "type": "task", "depth": 0, "parent": "group"},
}


def test_all_items_of_a_map_share_one_line_whatever_is_inside():
    lines = unfold(NODES)
    assert lines == {"arch": "arch", "arch.fit": "arch", "poll": "poll", "group": "group", "group.a": "group.a"}


def test_n5_items_that_the_plan_knows_vary_fastest_at_the_end():
    nodes = {"m": {"each": {"a": ["lit", [1, 2]], "b": ["lit", ["x", "y"]]}}}
    assert written_items(nodes, "m") == [{"a": a, "b": b} for a in (1, 2) for b in "xy"]


@pytest.mark.parametrize(
    "part",
    [{"each": {"a": ["return", "s", 0, "a"]}}, {"each": {"a": ["lit", [1]]}, "filter": ["param", "x"]}, {"each": {}}],
)
def test_other_items_are_not_known_before_the_run(part):
    assert written_items({"m": part}, "m") is None

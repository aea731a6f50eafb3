"""Values: text from outside and back, checks of [types], what a function may return (N9, N14 to N16)."""

from __future__ import annotations

import datetime
import json
import math
from collections import namedtuple
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, strategies as st

from runner.rules.values import BadReturn, check_type, compact, from_text, json_value, kind_of, shown, to_text

texts = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=10)


@pytest.mark.parametrize(
    "text",
    [
        "7e013608",
        "08",
        "1_2344_5678",
        "1.10",
        "-0",
        "",
        "x=y:z,w",
        "True",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e5",
        "[1, 2]",
    ],
)
def test_n15_undeclared_text_that_json_would_write_otherwise_stays_text(text: str) -> None:
    assert from_text(text, None) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("5", 5),
        ("0.00002", 0.00002),
        ("true", True),
        ("null", None),
        ('"5"', "5"),
        ('[1,"a"]', [1, "a"]),
        ('{"a":{}}', {"a": {}}),
    ],
)
def test_n15_undeclared_text_is_json_when_that_dumps_to_the_same_text(text: str, value: Any) -> None:
    found = from_text(text, None)
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", "5", "5"),
        ("path", "a/b", "a/b"),
        ("integer", "-12", -12),
        ("number", "12", 12),
        ("number", "1e3", 1000.0),
        ("boolean", "true", True),
        ("list", "[1, 2]", [1, 2]),
        ("table", '{"a": 1}', {"a": 1}),
        ("date", "2026-02-03", "2026-02-03"),
        ("time", "06:30:00", "06:30:00"),
        ("datetime", "2026-02-03T06:30:00Z", "2026-02-03T06:30:00Z"),
    ],
)
def test_n15_a_declared_kind_is_taken(kind: str, text: str, value: Any) -> None:
    assert from_text(text, kind) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("integer", "1.0"),
        ("integer", "1_000"),
        ("integer", "9" * 5000),
        ("number", "nan"),
        ("number", "inf"),
        ("number", "1e999"),
        ("number", "٣"),
        ("boolean", "True"),
        ("boolean", "1"),
        ("list", "a,b"),
        ("table", "[]"),
        ("list", "[" * 100_000),
        ("list", "[NaN]"),
        ("date", "2026-13-01"),
        ("date", "20260131"),
        ("date", "2026-01-31T00:00"),
        ("time", "0630"),
        ("datetime", "2026-01-01"),
    ],
)
def test_n15_other_text_is_refused_and_shown(kind: str, text: str) -> None:
    with pytest.raises(ValueError, match="is not|neither"):
        from_text(text, kind)


def test_n15_a_boolean_from_outside_is_exactly_true_or_false() -> None:
    with pytest.raises(ValueError, match="'False' is neither `true` nor `false`"):
        from_text("False", "boolean")


def test_n15_without_a_kind_that_of_the_default_is_taken() -> None:
    assert from_text("12e4567", None, like="") == "12e4567"
    assert from_text("3", None, like=0.5) == 3
    with pytest.raises(ValueError, match="whole number"):
        from_text("a", None, like=1)


@given(values)
def test_n9_text_of_a_value_reads_back_as_its_kind(value: Any) -> None:
    text = to_text(value)
    back = None if value is None else from_text(text, kind_of(value))
    assert back == value
    if isinstance(value, float):
        assert math.copysign(1, back) == math.copysign(1, value)


@given(values)
def test_n9_lists_and_tables_are_compact_json(value: Any) -> None:
    text = compact(value)
    assert json.loads(text) == value
    assert from_text(text, None) == value or isinstance(value, float)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_n9_numbers_in_text_have_no_exponent_and_are_the_shortest(value: float) -> None:
    text = to_text(value)
    assert not set(text) - set("-0123456789.")
    assert type(value)(text) == value
    if isinstance(value, float) and "e" in repr(value):
        digits = text.strip("-0.").replace(".", "").strip("0")
        assert digits == repr(value).split("e")[0].strip("-").replace(".", "").strip("0")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00002, "0.00002"),
        (1e16, "10000000000000000.0"),
        (9007199254740993, "9007199254740993"),
        (True, "true"),
        (["é", 1e-7, {"a": None}], '["é",0.0000001,{"a":null}]'),
        (datetime.date(2026, 2, 3), "2026-02-03"),
        (datetime.datetime(2026, 2, 3, 4, 5, tzinfo=datetime.UTC), "2026-02-03T04:05:00+00:00"),
    ],
)
def test_n9_values_as_text(value: Any, text: str) -> None:
    assert to_text(value) == text


def test_n9_deep_values_and_long_numbers_are_written() -> None:
    deep: list[Any] = []
    for _ in range(20_000):
        deep = [deep]
    assert to_text(deep) == "[" * 20_001 + "]" * 20_001
    assert to_text(10**5000) == "1" + "0" * 5000


class F32:
    """A scalar as numpy and torch have them."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def item(self) -> Any:
        return self.value


@dataclass
class Point:
    x: F32
    y: tuple[int, ...]
    unit: ClassVar[str] = "m"


Pair = namedtuple("Pair", "a b")


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (F32(0.5), 0.5),
        (Path("a/b"), "a/b"),
        (datetime.date(2026, 2, 3), "2026-02-03"),
        (datetime.time(6, 30), "06:30:00"),
        ((1, (2, None)), [1, [2, None]]),
        (Point(F32(1), (2,)), {"x": 1, "y": [2]}),
        (Pair(Path("p"), [F32(True)]), {"a": "p", "b": [True]}),
        ({"a": {"b": F32("x")}}, {"a": {"b": "x"}}),
    ],
)
def test_n14_what_json_takes(value: Any, found: Any) -> None:
    assert json_value(value, "json", "r") == found
    json.dumps(json_value(value), allow_nan=False)


@pytest.mark.parametrize("value", [{1, 2}, object(), b"x", F32([1]), [lambda: 1], {"a": {3}}])
def test_n14_anything_else_names_return_type_and_what_to_write(value: Any) -> None:
    with pytest.raises(BadReturn, match=r'`r` is .*write `kind = "object"`'):
        json_value(value, "json", "r")


def test_n14_the_type_is_named() -> None:
    with pytest.raises(BadReturn, match="`s` is of type set"):
        json_value({1}, "json", "s")


def test_n14_keys_of_tables_are_text() -> None:
    with pytest.raises(BadReturn, match='the key 1,.*`kind = "object"`'):
        json_value({"a": 0, 1: 2}, "json", "r")
    with pytest.raises(BadReturn, match="the key None"):
        json_value({None: 2}, "json", "r")


def test_n14_a_value_that_holds_itself_is_refused() -> None:
    value: list[Any] = []
    value += [value, value]
    with pytest.raises(BadReturn, match="deeper"):
        json_value(value, "json", "r")


@pytest.mark.parametrize("value", [math.nan, math.inf, [1, -math.inf], F32(math.nan)])
def test_n15_nan_and_infinity_are_no_return(value: Any) -> None:
    with pytest.raises(BadReturn, match="`r`"):
        json_value(value, "json", "r")


def test_n15_a_metric_that_is_nan_or_inf_reads_as_none_with_a_warning() -> None:
    warnings: list[str] = []
    assert json_value(F32(math.nan), "metric", "loss", warnings) is None
    assert json_value(math.inf, "metric", "loss", warnings) is None
    assert json_value(0.5, "metric", "loss", warnings) == 0.5
    assert len(warnings) == 2 and "`loss` is nan" in warnings[0]


@pytest.mark.parametrize("value", ["0.5", True, [1]])
def test_n15_a_metric_is_a_number(value: Any) -> None:
    with pytest.raises(BadReturn, match="a metric is a number"):
        json_value(value, "metric", "m")


@pytest.mark.parametrize(
    ("value", "spec"),
    [
        (0.5, {"type": "number", "minimum": 0, "maximum": 1}),
        (1, {"type": "number"}),
        ("a", {"type": "text", "enum": ["a", "b"]}),
        ("2026-02-03", {"type": "date", "minimum": "2026-01-01"}),
        (["a"], {"type": "list", "items": {"type": "text"}}),
        ("x1", {"type": "text", "pattern": "[0-9]$"}),
        ("p", {"type": "path"}),
        (True, {}),
    ],
)
def test_types_accept(value: Any, spec: dict[str, Any]) -> None:
    assert check_type(value, spec) is None


@pytest.mark.parametrize(
    ("value", "spec", "why"),
    [
        (1.5, {"type": "number", "maximum": 1}, "1.5 is more than 1"),
        (-1, {"type": "integer", "minimum": 0}, "-1 is less than 0"),
        ("a", {"type": "integer"}, "text 'a' is not an integer"),
        (True, {"type": "integer"}, "true is not an integer"),
        (1.5, {"type": "integer"}, "1.5 is not an integer"),
        ("c", {"enum": ["a", "b"]}, "text 'c' is not one of 'a', 'b'"),
        (True, {"enum": [1]}, "true is not one of 1"),
        ("2025-02-03", {"type": "date", "minimum": "2026-01-01"}, "'2025-02-03' is before 2026-01-01"),
        ("soon", {"type": "date"}, "text 'soon' is not a date"),
        (["a", 1], {"type": "list", "items": {"type": "text"}}, "[1]: 1 is not text"),
        ("x", {"pattern": "^[0-9]+$"}, "text 'x' does not match ^[0-9]+$"),
    ],
)
def test_types_refuse_and_say_why(value: Any, spec: dict[str, Any], why: str) -> None:
    assert check_type(value, spec) == why


def test_values_are_shown_with_their_kind() -> None:
    given: list[Any] = ["True", True, None, 3, 0.5, [1, 2], {"a": 1}, {"$object": {}}]
    assert ", ".join(map(shown, given)) == ("text 'True', true, none, 3, 0.5, a list of 2, a table of 1, an object")

"""$RUNNER_RETURNS and $RUNNER_METRICS, as other hands write them (N15, N16)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from runner.rules.returns import ReturnsError, parse_returns, read_metrics, read_returns
from runner.rules.values import to_text


def texts(data: bytes) -> dict[str, str]:
    return {name: said.text for name, said in read_returns(data).items()}


def values(data: bytes, **kinds: Any) -> dict[str, Any]:
    found, warnings = parse_returns(data, [{"name": name, **spec} for name, spec in kinds.items()])
    assert not warnings
    return {name: entry["json"] for name, entry in found.items()}


def test_n16_the_first_of_equals_and_double_less_decides() -> None:
    assert texts(b"a=x<<y\nb<<c=d\n1=2\nc=d\n") == {"a": "x<<y", "b": "1=2"}


def test_n16_a_text_of_several_lines_keeps_them() -> None:
    assert texts(b"t<<END\n a\n\nb=c\nEND\nn=1\n") == {"t": " a\n\nb=c", "n": "1"}


def test_n16_a_bom_and_a_cr_before_lf_are_dropped_and_the_last_line_needs_no_lf() -> None:
    data = b"\xef\xbb\xbfn=5\r\nt<<END\r\nx\r\nEND\r\nlast=7"
    assert values(data, n={}, t={}, last={}) == {"n": 5, "t": "x", "last": 7}


def test_n16_the_last_line_of_a_name_wins() -> None:
    assert texts(b"a=1\na=2\n") == {"a": "2"}


def test_n16_an_empty_file_gives_nothing() -> None:
    assert texts(b"") == texts(b"\n\r\n") == {}


@pytest.mark.parametrize(
    ("data", "line", "shows"),
    [
        (b"n=1\nAAAA\n", 2, "'AAAA'"),
        (b"n=5\r\ntext<<END\nlast lineEND\n", 2, "'text<<END'"),
        (b"a b=1\n", 1, "'a b=1'"),
        (b"n =1\n", 1, "write `n`"),
        (b"=1\n", 1, "'=1'"),
        (b"n<<\nx\n", 1, "'n<<'"),
        (b"n=1\nt=\xff\n", 2, "0xFF is not UTF-8"),
        (b"n" * 100_000, 1, "..."),
    ],
)
def test_n16_what_is_of_neither_form_is_shown_with_its_line(data: bytes, line: int, shows: str) -> None:
    with pytest.raises(ReturnsError) as error:
        read_returns(data)
    assert error.value.line == line and shows in str(error.value) and len(str(error.value)) < 300


def test_n16_an_unclosed_text_names_its_name_and_its_end() -> None:
    with pytest.raises(ReturnsError, match="the text of `text` has no line `END` at its end"):
        read_returns(b"text<<END\nlast lineEND\n")


def test_n16_a_name_that_is_not_declared_is_a_warning_and_kept_out() -> None:
    found, warnings = parse_returns(b"n=1\nu=2\n", [{"name": "n"}])
    assert list(found) == ["n"] and "`u`" in warnings[0] and "line 2" in warnings[0]


def test_n15_a_declared_type_is_taken_and_else_what_the_text_dumps_to() -> None:
    data = b"a=08\nb=5\nc=5\nd=true\ne=[1]\nf=NaN\ng=\n"
    kinds: dict[str, Any] = {name: {} for name in "abdefg"}
    assert values(data, **kinds, c={"type": "text"}) == {
        "a": "08", "b": 5, "c": "5", "d": True, "e": [1], "f": "NaN", "g": "",
    }  # fmt: skip


def test_n15_text_that_is_not_of_the_declared_type_is_shown_with_its_line() -> None:
    with pytest.raises(ReturnsError, match="line 2 .*`n`: 'x' is not a whole number"):
        parse_returns(b"\nn=x\n", [{"name": "n", "type": "integer"}])


def test_n15_a_metric_that_is_nan_is_none_with_a_warning_and_other_text_an_error() -> None:
    found, warnings = parse_returns(b"m=nan\nk=1e-3\n", [{"name": n, "kind": "metric"} for n in "mk"])
    assert found["m"]["json"] is None and found["k"]["json"] == 0.001 and "`m` is nan" in warnings[0]
    with pytest.raises(ReturnsError, match="`m`: 'high' is not a number"):
        parse_returns(b"m=high\n", [{"name": "m", "kind": "metric"}])


def test_n16_an_object_is_named_by_its_file() -> None:
    found, _ = parse_returns(b"o=out/model.bin\n", [{"name": "o", "kind": "object", "serialiser": "joblib"}])
    assert found["o"] == {"kind": "object", "path": "out/model.bin", "said": True, "serialiser": "joblib"}


value = st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]))


@given(st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True), value, max_size=5))
def test_n16_what_is_written_is_read_back(given: dict[str, str]) -> None:
    data = "".join(f"{name}<<__END__\n{text}\n__END__\n" for name, text in given.items())
    assert texts(data.encode()) == given


@given(st.integers() | st.booleans() | st.lists(st.integers() | value) | st.dictionaries(value, st.integers()))
def test_n16_a_parameter_that_is_given_back_is_the_same_value(given: Any) -> None:
    assert values(f"x={to_text(given)}".encode(), x={}) == {"x": given}


def test_metrics_are_lines_or_json_objects() -> None:
    found, warnings = read_metrics(
        b'\xef\xbb\xbfa=1\r\n\nb=nan\n{"name": "c", "value": 2.5, "at": 3}\nwhat\n{"name": 1}'
    )
    assert [tuple(line) for line in found] == [("a", 1, None), ("b", None, None), ("c", 2.5, 3)]
    assert len(warnings) == 3 and "`b` is nan" in warnings[0] and "line 5" in warnings[1]


def test_metrics_of_no_form_do_not_flood() -> None:
    found, warnings = read_metrics(b"bad\n" * 1000 + b"a=1\n" + b"[" * 100_000)
    assert len(found) == 1 and len(warnings) == 11 and "991 more" in warnings[-1]

"""`${...}` in text: what it becomes, and the mistakes in it (N7, N9)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from runner.resolve.references import condition_to_expr, meant, names, rewrite, text_to_expr
from runner.text.diagnostics import diagnose


def expr(text: str) -> Any:
    found, errors = text_to_expr(text)
    assert not errors
    return found


def mistake(text: str) -> tuple[str, str, str | None]:
    """Code, the words it points at, and the hint of the only mistake in a text."""
    _, [(code, start, end, args)] = text_to_expr(text)
    return code, text[start:end], diagnose(code, None, **args).hint


def test_n9_a_reference_alone_is_the_reference_itself() -> None:
    assert expr("${x}") == ["name", "x", 2, 3]
    assert expr("${steps.train.accuracy}") == ["ref", ["steps", "train", "accuracy"], 2, 22]


def test_n9_inside_text_pieces_stand_in_order() -> None:
    assert expr("a ${x}${y} b") == ["text", ["a ", ["name", "x", 4, 5], ["name", "y", 8, 9], " b"]]


@pytest.mark.parametrize("text", ["", "plain", "$x costs 5$", "$ {x}", "$$x", "}{"])
def test_n9_text_without_a_reference_is_itself(text: str) -> None:
    assert expr(text) == text


def test_n9_two_dollars_make_a_literal() -> None:
    assert expr("a $${x} b") == "a ${x} b"
    assert expr("$${${x}}") == ["text", ["${", ["name", "x", 5, 6], "}"]]
    assert expr("$$${x}") == "$${x}"


@pytest.mark.parametrize(
    ("text", "default"),
    [
        ("0", 0),
        ("", ""),
        ("none", "none"),
        ("08", "08"),
        ("true", True),
        ("a b", "a b"),
        (":-", ":-"),
        ("$${x}", "${x}"),
    ],
)
def test_n9_a_default_is_read_as_text_from_outside(text: str, default: Any) -> None:
    assert expr(f"${{x:-{text}}}") == ["else", ["name", "x", 2, 3], default]


def test_n9_braces_in_a_default_come_in_pairs() -> None:
    assert expr('${x:-{"a":{}}}') == ["else", ["name", "x", 2, 3], ["lit", {"a": {}}]]
    assert expr("${x:-[]}") == ["else", ["name", "x", 2, 3], ["lit", []]]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("${x.key}", ["x", "key"]),
        ("${x[0]}", ["x", 0]),
        ("${x['a b']}", ["x", "a b"]),
        ('${x["a.b"].c[12]}', ["x", "a.b", "c", 12]),
        ("${steps.runtime-a.score}", ["steps", "runtime-a", "score"]),
        ("${run.id}", ["run", "id"]),
        ("${env.HOME}", ["env", "HOME"]),
        ("${loss.learning-rate}", ["loss", "learning-rate"]),
    ],
)
def test_n7_keys_and_indexes_follow_a_name(text: str, parts: list[Any]) -> None:
    assert expr(text) == ["ref", parts, 2, len(text) - 1]


@pytest.mark.parametrize(
    ("text", "code", "at", "hint"),
    [
        ("a ${x", "E401", "${x", "end it with `}`; a literal `${` is `$${`"),
        ("a ${x\nb }", "E401", "${x", "end it with `}`; a literal `${` is `$${`"),
        ("${}", "E402", "${}", "name something: `${NAME}`; a literal `${` is `$${`"),
        ("${ x }", "E402", "${ x }", "write `${x}`"),
        ("${{ x }}", "E402", "${{ x }}", "write `${x}`"),
        ("${x.0}", "E402", "${x.0}", "write `${x[0]}`"),
        ("${x[-1]}", "E402", "${x[-1]}", "an index counts from 0, `[-1]` is none"),
        ("${x-1}", "E402", "${x-1}", "a default is written `${x:-1}`"),
        ("${x:=1}", "E402", "${x:=1}", "a default is written `${x:-1}`"),
        ("${x + 1}", "E402", "${x + 1}", "a reference does not compute: let a step return the result, and name that"),
        ("${len(x)}", "E402", "${len(x)}", "a reference does not compute: let a step return the result, and name that"),
        ("${5}", "E402", "${5}", "write `${NAME}` or `${steps.STEP.NAME}`; a literal `${` is `$${`"),
        ("${true}", "E403", "true", "write `true` without `${}`"),
        ("${steps}", "E403", "steps", "write `steps.STEP.NAME`"),
        ("${run}", "E403", "run", "write `run.id`, `run.name`, `run.date` or `run.scheduled`"),
        ("${x:-${y}}", "E404", "${y}", "hand both values to the step"),
    ],
)
def test_n9_mistakes_are_pointed_at(text: str, code: str, at: str, hint: str) -> None:
    assert mistake(text) == (code, at, hint)


def test_every_mistake_of_a_text_is_told() -> None:
    _, errors = text_to_expr("${} ${x} ${true} ${y")
    assert [code for code, *_ in errors] == ["E402", "E403", "E401"]


@pytest.mark.parametrize(
    ("parts", "better"),
    [(["params", "x"], "x"), (["item", "x", 0, "k"], "x[0].k"), (["x", "y"], None), (["params"], None)],
)
def test_section_5_prefixes_of_other_languages_have_a_better_form(parts: list[Any], better: str | None) -> None:
    assert meant(parts) == better


def test_names_are_the_leaves_from_left_to_right() -> None:
    found, _ = condition_to_expr("a in [b, 1] and not (c.d == len(e) or [1, 2] == f)")
    assert [leaf[1] for leaf in names(found)] == ["a", "b", ["c", "d"], "e", "f"]
    assert [leaf[1] for leaf in names(expr("a${x:-0}${y[0]}"))] == ["x", ["y", 0]]
    assert [leaf[1] for leaf in names(["table", {"k": ["get", ["name", "z", 0, 1], ["key"]]}])] == ["z"]


def test_a_literal_is_no_name_whatever_it_looks_like() -> None:
    literal = ["lit", ["name", "x", 0, 1]]
    assert list(names(literal)) == [] and rewrite(literal, lambda leaf: 0) == literal


def test_leaves_are_replaced_in_a_copy() -> None:
    before = ["and", ["in", ["name", "a", 0, 1], ["lit", ["a"]]], ["text", ["x", ["ref", ["b", 0], 0, 1]]]]
    kept = repr(before)
    after = rewrite(before, lambda leaf: ["param", leaf[1]])
    assert after == ["and", ["in", ["param", "a"], ["lit", ["a"]]], ["text", ["x", ["param", ["b", 0]]]]]
    assert repr(before) == kept
    assert rewrite(["get", ["name", "x", 0, 1], ["name"]], lambda leaf: None) == ["get", None, ["name"]]


def test_deep_expressions_are_walked_without_recursion() -> None:
    deep: Any = ["name", "x", 0, 1]
    for _ in range(20_000):
        deep = ["not", deep]
    assert len(list(names(rewrite(deep, lambda leaf: leaf)))) == 1


@given(st.text(alphabet="${}:-x.[]'0 \n", max_size=30))
def test_n9_whatever_is_written_gives_an_expression_or_mistakes_inside_it(text: str) -> None:
    found, errors = text_to_expr(text)
    assert all(0 <= start < end <= len(text) for _, start, end, _ in errors)
    for code, _, _, args in errors:
        diagnose(code, None, **args)
    if not errors and "${" not in text:
        assert found == text
    for leaf in names(found) if not errors else ():
        assert text[leaf[2] : leaf[3]].startswith("x")


def test_n9_ten_thousand_braces_are_no_trouble() -> None:
    for text in ("${" * 10_000, "${x:-" * 10_000 + "}" * 10_000, "${x" + "[0]" * 10_000 + "}"):
        text_to_expr(text)

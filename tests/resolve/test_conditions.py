"""Conditions as they are written: their grammar, and the mistakes everybody makes in them (N11)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from runner.resolve.conditions import condition_to_expr
from runner.resolve.references import rewrite
from runner.text.diagnostics import diagnose


def tree(text: str) -> Any:
    """The expression with its leaves as plain names."""
    found, errors = condition_to_expr(text)
    assert not errors, errors
    return rewrite(found, lambda leaf: ["param", leaf[1] if leaf[0] == "name" else ".".join(map(str, leaf[1]))])


def told(text: str) -> list[tuple[str, str, str | None]]:
    """Code, the words it points at and the hint of each mistake."""
    _, errors = condition_to_expr(text)
    return [(code, text[start:end], diagnose(code, None, **args).hint) for code, start, end, args in errors]


A, B, C = (["param", name] for name in "abc")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", A),
        ("a or b and c", ["or", A, ["and", B, C]]),
        ("(a or b) and c", ["and", ["or", A, B], C]),
        ("not a == b", ["not", ["==", A, B]]),
        ("not not a", ["not", ["not", A]]),
        ("a and not b or c", ["or", ["and", A, ["not", B]], C]),
        ("a not in b", ["not in", A, B]),
        ("a   not\n in b", ["not in", A, B]),
        ("not a in b", ["not", ["in", A, B]]),
        ("a in [1, 'x', b]", ["in", A, ["list", [1, "x", B]]]),
        ("a in [1, [2.5, true], none,]", ["in", A, ["lit", [1, [2.5, True], None]]]),
        ("a == []", ["==", A, ["lit", []]]),
        ("len(a) >= 2", [">=", ["len", A], 2]),
        ("len ( a ) != 2", ["!=", ["len", A], 2]),
        ("(a == b) == c", ["==", ["==", A, B], C]),
        ("a < -1", ["<", A, -1]),
        ("a<-1.5e3", ["<", A, -1500.0]),
        ("a == 1_000", ["==", A, 1000]),
        ('a == "it\'s"', ["==", A, "it's"]),
        ("steps.run-a.x[0].k == run.name", ["==", ["param", "steps.run-a.x.0.k"], ["param", "run.name"]]),
        ("inner and order and nothing", ["and", ["and", ["param", "inner"], ["param", "order"]], ["param", "nothing"]]),
        ("true", True),
        ("none == a", ["==", None, A]),
    ],
)
def test_n11_the_grammar(text: str, expected: Any) -> None:
    assert tree(text) == expected


def test_n11_offsets_point_into_the_text() -> None:
    assert condition_to_expr("  abc > x.y")[0] == [">", ["name", "abc", 2, 5], ["ref", ["x", "y"], 8, 11]]


@pytest.mark.parametrize(
    ("text", "code", "at", "hint"),
    [
        ("${x} > 1", "E410", "${x}", "write `x`"),
        ("${steps.a.x:-0} > 1", "E410", "${steps.a.x:-0}", "write `steps.a.x`"),
        ("$x > 1", "E410", "$x", "write `x`"),
        ("a == True", "E411", "True", "write `true`"),
        ("False", "E411", "False", "write `false`"),
        ("a != None", "E411", "None", "write `none`"),
        ("a = 1", "E412", "=", "write `==`"),
        ("a === 1", "E412", "===", "write `==`"),
        ("a <> 1", "E412", "<>", "write `!=`"),
        ("a && b", "E412", "&&", "write `and`"),
        ("a || b", "E412", "||", "write `or`"),
        ("!a", "E412", "!", "write `not`"),
        ("a is none", "E412", "is", "write `==`"),
        ("a - 1 > b", "E413", "-", "let a step return the result, and name that"),
        ("a-b", "E413", "-", "let a step return the result, and name that"),
        ("a + b", "E413", "+", "let a step return the result, and name that"),
        ("a * b", "E413", "*", "let a step return the result, and name that"),
        ("a % 2 == 0", "E413", "%", "let a step return the result, and name that"),
        ("-a > 1", "E413", "-", "let a step return the result, and name that"),
        ("0 < a <= 1", "E414", "0 < a <= 1", "write `0 < a and a <= 1`"),
        ("a == 'x", "E415", "'x", "end it with '"),
        ("(a or b", "E416", "(", "end it with `)`"),
        ("a in [1, 2", "E416", "[", "end it with `]`"),
        ("a) or b", "E417", ")", "delete it, or open it before"),
        ("(a]", "E417", "]", "delete it, or open it before"),
        ("a and", "E418", "and", None),
        ("or a", "E418", "or", None),
        ("()", "E418", ")", None),
        ("a b", "E419", "b", None),
        ("a not b", "E419", "not", "write `!=`, or `not in`"),
        ("a in (1, 2)", "E420", ",", "a list stands in `[ ]`"),
        ("a == not b", "E420", "not", "put brackets around it"),
        ("a @ b", "E420", "@", None),
        ("int(a) > 1", "E422", "int", "let a step return it, and name that"),
        ("a.lower() == b", "E422", "a.lower", "let a step return it, and name that"),
        ("a == 007", "E423", "007", "write text in quotes: '...'"),
        ("a == 1e999", "E423", "1e999", "write text in quotes: '...'"),
        ("a == 10GB", "E423", "10GB", "write text in quotes: '...'"),
        ("a:-0 > 1", "E424", ":-0", "what is absent is `none`: compare with that"),
        ("day > 2026-01-31", "E425", "2026-01-31", "write `'2026-01-31'`"),
        ("a[-1] == 1", "E427", "[", "as in `xs[0]` or `table['key']`"),
        ("run == 'x'", "E403", "run", "write `run.id`, `run.name`, `run.date` or `run.scheduled`"),
    ],
)
def test_section_5_mistakes_are_pointed_at_with_the_line_to_write(
    text: str, code: str, at: str, hint: str | None
) -> None:
    assert told(text) == [(code, at, hint)]


def test_n11_an_empty_condition_is_told() -> None:
    assert [code for code, *_ in condition_to_expr("")[1]] == ["E418"]
    assert told(" ")[0][0] == "E418"


def test_n11_mistakes_that_are_understood_are_all_told() -> None:
    assert [code for code, *_ in told("${x} = True && !y")] == ["E410", "E412", "E411", "E412", "E412"]


def test_n11_with_a_mistake_the_expression_is_true() -> None:
    assert condition_to_expr("a = 1")[0] is True


@pytest.mark.parametrize(
    "text", ["(" * 10_000 + "a" + ")" * 10_000, "not " * 10_000 + "a", "[" * 10_000, "len(" * 10_000]
)
def test_n11_ten_thousand_levels_are_a_mistake_and_no_crash(text: str) -> None:
    assert [code for code, *_ in told(text)] == ["E421"]


def test_n11_a_chain_of_ten_thousand_is_shallow() -> None:
    found = tree(" or ".join(f"a == {n}" for n in range(10_000)))
    depth, level = 0, [found]
    while level:
        depth, level = depth + 1, [part for item in level for part in item if isinstance(part, list)]
    assert depth < 20


WORDS = ["a", "b.c", "and", "or", "not", "in", "==", "<", "(", ")", "[", "]", ",", "len("]
WORDS += ["'x'", "1", "true", "${x}", "=", "!", "-", "$", "\n"]


@given(st.lists(st.sampled_from(WORDS), max_size=14))
def test_n11_whatever_is_written_gives_an_expression_or_mistakes_inside_it(words: list[str]) -> None:
    text = " ".join(words)
    _, errors = condition_to_expr(text)
    for code, start, end, args in errors:
        assert 0 <= start < end <= max(1, len(text))
        diagnose(code, None, **args)

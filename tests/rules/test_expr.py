"""What expressions of a plan are worth: references in text, and conditions (N9, N11)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from runner.resolve.references import condition_to_expr, rewrite, text_to_expr
from runner.rules.expr import ABSENT, ExprError, evaluate, truth

VALUES: dict[str, Any] = {
    "yes": True, "no": False, "nothing": None, "n": 3, "x": 3.0, "small": 0.5, "text": "abc", "word": "True",
    "xs": [1, 2.0, "a"], "empty": [], "loss": {"weight": 2, "inner": {"k": [10, 20]}},
    "thing": {"$object": {"sha256": "0"}},
}  # fmt: skip


def look(leaf: list[Any]) -> Any:
    return VALUES.get(leaf[1], ABSENT)


def leaf(item: list[Any]) -> Any:
    if item[0] == "name":
        return ["param", item[1]]
    return ["get", ["param", item[1][0]], item[1][1:]]


def condition(text: str) -> Any:
    expr, errors = condition_to_expr(text)
    assert not errors
    return rewrite(expr, leaf)


def holds(text: str) -> bool:
    return truth(condition(text), look)


def filled(text: str) -> Any:
    expr, errors = text_to_expr(text)
    assert not errors
    return evaluate(rewrite(expr, leaf), look)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("not no", True),
        ("yes and no or yes", True),
        ("n == x", True),
        ("n > small", True),
        ("n >= 3 and n <= 3 and not n < 3", True),
        ("text == 'abc'", True),
        ("text < 'abd'", True),
        ("2 in xs", True),
        ("'b' in xs", False),
        ("true in xs", False),
        ("'b' not in xs", True),
        ("'b' in text", True),
        ("'weight' in loss", True),
        ("len(xs) == 3 and len(text) == 3 and len(loss) == 2", True),
        ("xs == [1, 2, 'a']", True),
        ("xs != [1, true, 'a']", True),
        ("loss.inner.k[1] == 20", True),
        ("loss['weight'] == 2", True),
    ],
)
def test_n11_conditions(text: str, value: bool) -> None:
    assert holds(text) is value


@pytest.mark.parametrize(
    "text",
    [
        "nothing == none",
        "absent == none",
        "n != none",
        "none == none",
        "[] != none",
        "not n == none",
        "absent == nothing",
    ],
)
def test_n11_anything_compares_with_none_and_what_is_absent_is_none(text: str) -> None:
    assert holds(text)


def test_n11_the_second_half_is_not_asked_when_the_first_decides() -> None:
    assert holds("absent != none and absent > 3 or n == 3")
    assert not holds("no and 3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word == true", "`==` can't compare `word`, text 'True', with true"),
        ("xs > 3", "`>` can't compare `xs`, a list of 3, with 3"),
        ("nothing < 3", "`<` can't compare `nothing`, none, with 3"),
        ("yes == 1", "`==` can't compare `yes`, true, with 1"),
        ("yes < no", "`<` can't compare `yes`, true, with `no`, false,"),
        ("xs < xs", "`<` can't compare `xs`, a list of 3, with `xs`, a list of 3,"),
        ("1 in n", "`in` needs a list, text or table on its right, and `n` is 3"),
        ("1 in text", "`in` looks for text in text only, and this is 1"),
        ("len(n) > 1", "`len` needs a list, a table or text, and `n` is 3"),
        ("n and yes", "`and` needs true or false, and `n` is 3"),
        ("not text", "`not` needs true or false, and `text` is text 'abc'"),
        ("thing == 1", "`thing` is an object, which no condition can use"),
        ("loss.height > 1", "`loss` has no key `height`; its keys are `weight`, `inner`"),
        ("loss.inner.k[7] > 1", "`loss.inner.k` has 2 elements, and none at [7] (the first is [0])"),
        ("n.key == 1", "`n` is 3, which has no key `key`"),
    ],
)
def test_n11_unlike_kinds_are_an_error_that_shows_both(text: str, message: str) -> None:
    with pytest.raises(ExprError) as error:
        holds(text)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize(("text", "seen"), [("n", "`n` is 3"), ("absent", "`absent` is none"), ("'x'", "text 'x'")])
def test_n4_a_condition_gives_true_or_false(text: str, seen: str) -> None:
    with pytest.raises(ExprError, match=f"must give true or false, and .*{seen}"):
        holds(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${n}", 3),
        ("${xs}", [1, 2.0, "a"]),
        ("${loss.inner}", {"k": [10, 20]}),
        ("n=${n} x=${x} ${yes}", "n=3 x=3.0 true"),
        ("${xs} ${loss.inner}", '[1,2.0,"a"] {"k":[10,20]}'),
        ("${absent:-0}", 0),
        ("${nothing:-0}", 0),
        ("${n:-0}", 3),
        ("${loss.height:-0}", 0),
        ("${nothing.key:-0}", 0),
        ("${loss.inner.k[7]:-0}", 0),
        ("v${absent:-}", "v"),
        ("$${n}$n", "${n}$n"),
    ],
)
def test_n9_references(text: str, value: Any) -> None:
    found = filled(text)
    assert found == value and type(found) is type(value)


def test_n9_a_reference_to_nothing_is_absent() -> None:
    assert filled("${absent}") is ABSENT
    assert filled("${absent.key}") is ABSENT
    assert filled("${nothing}") is None


@pytest.mark.parametrize("name", ["absent", "nothing"])
def test_n9_none_inside_text_is_an_error_that_shows_the_default(name: str) -> None:
    with pytest.raises(ExprError, match=rf"`{name}` is none.*\$\{{{name}:-0\}}"):
        filled(f"a ${{{name}}}")


def test_n9_a_value_is_never_scanned_again() -> None:
    assert evaluate(["text", ["p=", ["param", "pw"]]], lambda leaf: "a$b${n}$$c") == "p=a$b${n}$$c"


def test_n16_an_object_cannot_stand_in_text() -> None:
    with pytest.raises(ExprError, match="`thing` is an object"):
        filled("a ${thing}")


def test_absent_values_are_none_in_lists_and_tables() -> None:
    assert evaluate(["list", [1, ["param", "absent"]]], look) == [1, None]
    assert evaluate(["table", {"k": ["param", "absent"]}], look) == {"k": None}
    assert evaluate(["lit", ["param", "n"]], look) == ["param", "n"]


def test_values_too_deep_to_walk_are_an_error_and_no_crash() -> None:
    deep: Any = ["param", "yes"]
    for _ in range(20_000):
        deep = ["not", deep]
    with pytest.raises(ExprError, match="nested too deep"):
        truth(deep, look)


NUMBERS = {"i": 2, "j": -3, "f": 2.0, "g": 0.25}
TEXTS = {"s": "a", "t": "ab", "u": ""}
LISTS = {"l": [1, 2, "a"], "m": []}
TRUTHS = {"p": True, "q": False}
NAMES = {**NUMBERS, **TEXTS, **LISTS, **TRUTHS}
ordered = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
number = (
    st.sampled_from(list(NUMBERS)) | st.integers(-3, 3).map(str) | st.sampled_from(["0.25", "2e0", "len(l)", "len(t)"])
)
words = st.sampled_from([*TEXTS, "'a'", '"ab"', "''"])
lists = st.sampled_from([*LISTS, "[]", "[1, 'a']", "['', s]", "[i, 2.0]"])
some = number | words
simple = st.one_of(
    st.sampled_from([*TRUTHS, "true", "false"]),
    st.builds("{} {} {}".format, number, ordered, number),
    st.builds("{} {} {}".format, words, ordered, words),
    st.builds("{} {} {}".format, some, st.sampled_from(["in", "not in"]), lists),
    st.builds("{} {} {}".format, words, st.sampled_from(["in", "not in"]), words),
    st.builds("{} {} {}".format, lists, st.sampled_from(["==", "!="]), lists),
    st.builds("{} {} none".format, some, st.sampled_from(["==", "!="])),
)
compound = st.recursive(
    simple,
    lambda inner: st.one_of(
        st.builds("({})".format, inner),
        st.builds("not {}".format, inner),
        st.builds("{} {} {}".format, inner, st.sampled_from(["and", "or"]), inner),
    ),
    max_leaves=12,
)


@given(compound)
def test_n11_conditions_mean_what_they_mean_in_python(text: str) -> None:
    python: dict[str, Any] = {"true": True, "false": False, "none": None, "len": len, "__builtins__": {}}
    expected = eval(text, python, NAMES)
    assert truth(condition(text), lambda leaf: NAMES[leaf[1]]) is expected


def test_rules_run_on_python_3_9() -> None:
    old = shutil.which("python3.9")
    if old is None or subprocess.run([old, "-c", "pass"], capture_output=True, check=False).returncode:
        pytest.skip("there is no python3.9")
    root = Path(sys.modules["runner.rules.expr"].__file__ or "").parents[2]
    code = (
        "import runner.rules.returns as r, runner.rules.expr as e, runner.rules.values as v\n"
        "assert e.truth(['<', ['param', 'x'], 2], lambda leaf: 1.5)\n"
        "assert e.evaluate(['text', ['a', ['param', 'x']]], lambda leaf: 2e-05) == 'a0.00002'\n"
        "assert r.parse_returns(b'n=[1,2]', [{'name': 'n'}])[0]['n']['json'] == [1, 2]\n"
        "assert v.json_value((1, None)) == [1, None] and v.check_type(1, {'type': 'text'})\n"
    )
    env = {**os.environ, "PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([old, "-W", "error", "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

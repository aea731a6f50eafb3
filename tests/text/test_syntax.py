"""Syntax errors: the sentence, and the caret under exactly what is meant."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings, strategies as st

from runner.text.diagnostics import Diagnostic
from runner.text.snippet import render
from runner.text.syntax import problems


def explained(text: str) -> list[Diagnostic]:
    try:
        tomllib.loads(text)
    except ValueError as error:
        return problems(text, "p.toml", error)
    raise AssertionError("this is TOML")


def pointed(text: str, problem: Diagnostic) -> str:
    """What the caret of a problem stands under; at the end of a line nothing."""
    assert problem.place is not None
    _, line, col, end = problem.place[:4]
    return text.split("\n")[line - 1][col - 1 : end - 1]


CASES = [
    # text, code, under the caret, a part of the hint
    ("a = {b = 1, b = 2}\n", "E111", "b", "keep one"),
    ("[a]\nb = 1\n[a]\n", "E112", "a", "one header"),
    ("a.b = 1\n[a]\n", "E112", "a", "one header"),
    ("a = 1\n[a.b]\n", "E113", "a", ""),
    ("a = 1\na.b = 2\n", "E113", "a", ""),
    ("[[a]]\n[a]\n", "E113", "a", "`[[a]]`"),
    ("a = {}\n[a.b]\n", "E114", "a", "delete the empty `a`"),
    ("a = { x = 1 }\na.b = 2\n", "E114", "a", "`[a]`"),
    ("a = [{ x = 1 }]\n[a.b]\n", "E114", "a", "`[[a]]`"),
    ("[a]\nb = {\n c = 1 }\n", "E115", "{", "`[a.b]`"),
    ("a = { b = 1 # c\n}\n", "E115", "{ b = 1 # c", "`[a]`"),
    ("a = [{ b = 1,\n c = 2 }]\n", "E115", "{ b = 1,", "one line"),
    ("shell = echo hi # there\n", "E116", "echo hi", '`shell = "echo hi"`'),
    ('a = say "hi"\n', "E116", 'say "hi"', "`a = 'say \"hi\"'`"),
    ("a = 30s\n", "E116", "30s", '`a = "30s"`'),
    ("a = 1b = 2\n", "E116", "1b = 2", '`a = "1b = 2"`'),
    ("a = truely\n", "E116", "truely", '`a = "truely"`'),
    ("a = [1, x y, 2]\n", "E116", "x y", '`"x y"`'),
    ("a = [30s, 5]\n", "E116", "30s", '`"30s"`'),
    ("a = { b = x, c = 1 }\n", "E116", "x", '`"x"`'),
    ("a = True\n", "E117", "True", "`true`"),
    ("a = [1, None]\n", "E117", "None", "leave the key out"),
    ("a = off\n", "E117", "off", '`"off"`'),
    ("a = 'x\nb = 'y'\n", "E118", "'x", "'''"),
    ('a = "x', "E118", '"x', "'''"),
    ("'a = 1\n", "E118", "'a = 1", "on this line"),
    ("b = 1\na = '''x\n", "E119", "'''", "'''"),
    ('a = """x\n', "E119", '"""', '"""'),
    ('a = "\\d"\n', "E120", "\\d", "'\\d'"),
    ('a = "\\\\x\\y"\n', "E120", "\\y", "backslash"),
    ('a = "C:\\users"\n', "E120", "\\u", "'C:\\users'"),
    ('a = """\nx \\d\n"""\n', "E120", "\\d", "'''"),
    ('a = """\\ x"""\n', "E120", "\\", "'''"),
    ("a: 1\n", "E121", ":", "`a = 1`"),
    ('a = {"b": x}\n', "E121", ":", '`"b" = "x"`'),
    ("steps:\n  a: 1\n", "E121", ":", "`[steps]`"),
    ("a = “x”\n", "E122", "“", '`"`'),
    ("a = ['x', ‘y’]\n", "E122", "‘", "`'`"),
    ("“a” = 1\n", "E122", "“", '`"`'),
    ("a = [1 2]\n", "E123", "2", "commas"),
    ("a = [\n 'x'\n 'y'\n]\n", "E123", "'y'", "commas"),
    ("a = { b = 1 c = 2 }\n", "E123", "c = 2", "commas"),
    ("a = [1, 2\n\nb = 3\n", "E124", "[", "`]`"),
    ("a = [1,\n[b]\nc = 1\n", "E124", "[", "`]`"),
    ("a = [1,\nb = 1\n", "E124", "[", "`]`"),
    ("a = [1}\n", "E124", "[", "`]`"),
    ("a = {", "E124", "{", "`}`"),
    ("[a.b\n", "E125", "", "`[a.b]`"),
    ("[[a]\n", "E125", "]", "`[[a]]`"),
    ("a =\n", "E126", "", "`a = ...`"),
    ("a = # b\n", "E126", "#", "`a = ...`"),
    ("a\n", "E126", "a", "`a = ...`"),
    ('a "x"\n', "E126", "a", '`a = "x"`'),
    ("a = {b}\n", "E126", "b", "`b = ...`"),
    ("my key = 1\n", "E127", "my key", '`"my key"`'),
    ("größe = 1\n", "E127", "größe", '`"größe"`'),
    ("[a.b c]\n", "E127", "b c", '`"b c"`'),
    ("a.ü = 1\n", "E127", "ü", '`"ü"`'),
    ("a = 03\n", "E128", "03", "`3`"),
    ("a = .5\n", "E128", ".5", "`0.5`"),
    ("a = 5.\n", "E128", "5.", "`5.0`"),
    ("a = 1.2.3\n", "E128", "1.2.3", "quotes"),
    ("a = 2026-02-30\n", "E128", "2026-02-30", ""),
    ("a = 2026-13-01\n", "E128", "2026-13-01", ""),
    ("a = 'x\x01'\n", "E129", "\x01", "delete"),
    ("# \x00\n", "E129", "\x00", "delete"),
    ("a = 1\rb = 2\n", "E129", "\r", "delete"),
    ("a =\u00a01\n", "E129", "\u00a0", "plain space"),
    ("a\u200b = 1\n", "E129", "\u200b", "delete"),
    ("a = 'it's'\n", "E130", "s'", '`"it\'s"`'),
    ("a = 1,\n", "E130", ",", "`,`"),
    ("a = 1 b = 2\n", "E130", "b = 2", "line of its own"),
    ("[a] b = 1\n", "E130", "b = 1", "line for itself"),
    ("a = [1]]\n", "E130", "]", "`]`"),
    ("// x\n", "E130", "// x", "`#`"),
    ("a = '''x'''y\n", "E130", "y", "'''"),
    ("a = 1\n[[a]]\n", "E131", "a", ""),
    ("a = 1\n=======\nb = 2\n", "E133", "=======", "resolve"),
    ("a = 1\n>>>>>>> x\n", "E133", ">>>>>>> x", "resolve"),
    ("a = { b = 1, }\n", "E134", ",", "delete"),
    ("a = [,1]\n", "E135", ",", ""),
    ("a = { b = }\n", "E135", "}", ""),
    ("= 1\n", "E136", "=", ""),
    ("[]\n", "E137", "]", ""),
    ("[a..b]\n", "E137", ".", ""),
    ("[a.b]\n[a]\nb = 1\n", "E138", "b", ""),
    ("[a.b]\n[a]\nb.c = 1\n", "E139", "b", "`[a.b]`"),
    ("a = '''\n'''\nrm -rf x\n'''\n", "E140", "rm -rf x", "'''"),
    ("- a\n", "E110", "- a", "lists"),
    ('{"a": 1}', "E110", "{", "braces"),
]


@pytest.mark.parametrize(("text", "code", "under", "hint"), CASES, ids=[case[0][:20] for case in CASES])
def test_a_mistake_is_named_and_pointed_at(text: str, code: str, under: str, hint: str) -> None:
    problem = explained(text)[0]
    assert (problem.code, pointed(text, problem)) == (code, under)
    assert hint in (problem.hint or "")


def test_a_double_name_shows_where_the_first_one_stands() -> None:
    text = "[a]\nb = 1\nc = 2\nb = [1,\n 2]\n"
    (problem,) = explained(text)
    ((first, words),) = problem.related
    assert (problem.place.line if problem.place else 0, first.line, words) == (4, 2, "first set here")


def test_all_mistakes_that_stand_alone_are_told_at_once() -> None:
    text = "a = yes\nb: 'x'\nc = 1\nc = 2\nd = 5h\n[e]\nf\n"
    assert [problem.code for problem in explained(text)] == ["E117", "E121", "E111", "E116", "E126"]


def test_after_a_mistake_without_a_clear_end_nothing_is_guessed() -> None:
    assert len(explained("a = [x,\n y]\nb = True\n")) == 1
    assert len(explained("a = 'x\nb = 'y'\nc = True\n")) == 1


def test_not_more_than_ten_are_told() -> None:
    assert len(explained("".join(f"a{n} = True\n" for n in range(50)))) == 10


SIGNS = (*"[]{}=.,#\"'\\\n :-“é\x00\r", "'''", '"""')
WORDS = ("a", "b", "1", "\\u", "[a]", "[[a]]", "a = ", "true", "<<<<<<< x", "1979-05-27", "a.b = 1\n", "x = {a = 1}\n")
PIECES = st.sampled_from(SIGNS + WORDS)


@settings(max_examples=600, deadline=None)
@given(st.lists(PIECES, max_size=14).map("".join))
def test_whatever_is_wrong_there_is_a_problem_with_a_place_in_the_text(text: str) -> None:
    try:
        tomllib.loads(text)
    except ValueError as error:
        found = problems(text.replace("\r\n", "\n"), "p.toml", error)
        lines = text.replace("\r\n", "\n").split("\n")
        assert found
        for problem in found:
            assert problem.place is not None and problem.place.line <= len(lines)
            assert 1 <= problem.place.col <= len(lines[problem.place.line - 1]) + 1
            assert problem.place.end > problem.place.col
        assert render(found, lambda name: text)

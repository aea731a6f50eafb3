"""Problems: sentences from the catalogue, families of codes, near words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from runner.text import catalogue
from runner.text.catalogue import CODES
from runner.text.diagnostics import Diagnostic, Place, Refused, diagnose, exit_code
from runner.text.near import near


def test_a_problem_takes_sentence_and_hint_from_the_catalogue() -> None:
    place = Place("p.toml", 1, 2, 3)
    assert diagnose("E101", place, path="a", near="b") == Diagnostic(
        "E101", place, "there is no file `a`", "did you mean `b`?"
    )


def test_a_hint_that_lacks_an_argument_is_left_out() -> None:
    assert diagnose("E101", None, path="a").hint is None
    assert diagnose("E101", None, path="a", near=None).hint is None
    assert diagnose("E101", None, path="a", near="b", hint="look there").hint == "look there"


def test_an_unknown_code_is_our_fault() -> None:
    with pytest.raises(KeyError):
        diagnose("E000", None)


def test_braces_in_an_argument_stay() -> None:
    assert diagnose("E101", None, path="${x} {y}").message == "there is no file `${x} {y}`"


def test_the_code_says_how_bad_it_is() -> None:
    assert (Diagnostic("E101", None, "").severity, Diagnostic("W101", None, "").severity) == ("error", "warning")


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ("", 0),
        ("W101", 0),
        ("E101", 3),
        ("E601", 3),
        ("E701", 4),
        ("E801", 5),
        ("E901", 2),
        ("E701 E203", 3),
        ("W101 E901 E701", 2),
    ],
)
def test_the_exit_code_is_that_of_the_family(codes: str, expected: int) -> None:
    assert exit_code(Diagnostic(code, None, "") for code in codes.split()) == expected


def test_a_refusal_is_never_a_success() -> None:
    refused = Refused([Diagnostic("W101", None, "odd")])
    assert (refused.exit_code, str(refused)) == (3, "W101: odd")


def test_no_code_is_given_twice() -> None:
    files = sorted(Path(catalogue.__file__).parent.glob("*.py"))
    keys = [
        key.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    ]
    assert sorted(keys) == sorted(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_sentence_is_written_like_the_others(code: str) -> None:
    sentence, hint = CODES[code]
    assert re.fullmatch(r"[EW]\d{3}", code)
    assert sentence == sentence.strip() and not sentence.endswith(".")
    fields = dict.fromkeys(re.findall(r"(?<!\{)\{(\w+)\}", f"{sentence} {hint}"), "x")
    assert sentence.format(**fields)
    assert hint is None or hint.format(**fields)


@pytest.mark.parametrize(
    ("word", "known", "expected"),
    [
        ("prepair", "prepare train", "prepare"),
        ("needz", "needs when", "needs"),
        ("run_log", "run-log", "run-log"),
        ("Train", "train", "train"),
        ("tarin", "train", "train"),
        ("rtain", "train", "train"),
        ("train", "evaluate", None),
        ("a", "b", None),
        ("ab", "ac", "ac"),
        ("max-paralel", "max-parallel", "max-parallel"),
        ("step-0451", "step-0001 step-0450 step-9999", "step-0450"),
        ("", "a", None),
        ("shel", "shell shelf", "shell"),
        ("timeout", "", None),
    ],
)
def test_the_word_that_was_meant(word: str, known: str, expected: str | None) -> None:
    assert near(word, known.split()) == expected
